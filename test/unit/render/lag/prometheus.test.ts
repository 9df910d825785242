import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ReplError } from '../../../../src/errors.ts'
import { type Measurement, prometheusText } from '../../../../src/render/lag/prometheus.ts'
import { behind, replica, report } from '../../../helpers/lag-report.ts'

const refused = new ReplError('CONNECTION_REFUSED', { endpoint: '10.0.0.1:6379', errno: 'ECONNREFUSED' })
const listed = { host: '10.0.0.2', port: 6380, state: 'online', ackOffset: 5, ackAgeSeconds: 1 }
const one = replica('10.0.0.2:6380', { lag: behind(5, 40, 60), listed })
const lost = replica('we"ird\\\n:1', { state: 'unreachable', unknown: 'NO_ACK' })

function textOf(reports: readonly ReturnType<typeof report>[], more: Partial<Measurement> = {}): string {
  const views = reports.map((one) => ({ report: one }))
  return prometheusText({ target: '10.0.0.1:6379', views, checked: undefined, durationMs: 1500, ...more })
}

/** By the suffix that Prometheus reserves for counters. */
function typeOf(name: string): string {
  return name.endsWith('_total') ? 'counter' : 'gauge'
}

describe('the text exposition format', () => {
  const counters = { connectedReplicas: 2, resyncCounters: { full: 3, partialOk: 4, partialErr: 0 } }
  const text = textOf([report([one, lost], counters)], { checked: { isOk: false, reason: 'x' } })

  test('has one HELP and one TYPE before all samples of a metric', () => {
    const seen = new Set<string>()
    let current = ''
    for (const line of text.trimEnd().split('\n')) {
      const [, kind, name] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? []
      if (kind === 'HELP') {
        assert.ok(name && !seen.has(name), line)
        assert.match(line, /^# HELP [a-z][a-z0-9_]* [A-Z0-9].*\.$/)
        seen.add(name)
        current = name
      } else if (kind === 'TYPE') assert.equal(line, `# TYPE ${current} ${typeOf(current)}`)
      else assert.match(line, new RegExp(`^${current}\\{(?:[a-z]+="(?:[^"\\\\\\n]|\\\\["\\\\n])*",?)+\\} (?:[-+0-9.e]+|\\+Inf)$`))
    }
    for (const name of seen) {
      assert.match(name, /^redis_repl_[a-z0-9_]+$/)
      // Base units only, and no suffix that belongs to histograms.
      assert.doesNotMatch(name, /_(count|sum|bucket|ms|milliseconds|kilobytes|minutes)$/)
    }
  })

  test('leaves out what is not known, and escapes labels', () => {
    assert.match(text, /redis_repl_replica_lag_bytes\{[^}]*replica="10\.0\.0\.2:6380"[^}]*\} 5\n/)
    assert.equal(text.match(/^redis_repl_replica_lag_bytes/gm)?.length, 1)
    assert.ok(text.includes(String.raw`replica="we\"ird\\\\n:1"`), 'a line feed is shown as one before its backslash is escaped')
    assert.match(text, /^redis_repl_check_ok\{.*\} 0$/m)
    assert.match(text, /^redis_repl_replica_lag_seconds\{.*\} 0\.05$/m)
  })

  test('counts the resyncs and the replicas of the master, and the seconds that the measurement took', () => {
    assert.match(text, /^redis_repl_sync_full_total\{master="10\.0\.0\.1:6379"\} 3$/m)
    assert.match(text, /^redis_repl_sync_partial_ok_total\{.*\} 4$/m)
    assert.match(text, /^redis_repl_sync_partial_err_total\{.*\} 0$/m)
    assert.match(text, /^redis_repl_connected_replicas\{.*\} 2$/m)
    assert.match(text, /^redis_repl_scrape_duration_seconds\{target="10\.0\.0\.1:6379"\} 1\.5$/m)
    assert.doesNotMatch(textOf([report([one])]), /_total|connected_replicas/, 'INFO did not show them')
  })

  test('says that nothing is up where nothing was measured, and that the limits do not hold', () => {
    const none = textOf([], { checked: { isOk: false, reason: 'nothing was measured' } })
    const samples = none.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.deepEqual(samples, [
      'redis_repl_up{target="10.0.0.1:6379"} 0',
      'redis_repl_master_up{master="10.0.0.1:6379"} 0',
      'redis_repl_check_ok{target="10.0.0.1:6379"} 0',
      'redis_repl_scrape_duration_seconds{target="10.0.0.1:6379"} 1.5',
    ])
  })

  test('keeps no figure of a master that is gone, while a replica still answers', () => {
    const cut = replica('10.0.0.2:6380', { state: 'link-down', unknown: 'MASTER_UNKNOWN' })
    const gone = textOf([report([cut], { failure: refused, ...counters })])
    assert.match(gone, /^redis_repl_up\{.*\} 1$/m)
    assert.match(gone, /^redis_repl_master_up\{.*\} 0$/m)
    assert.match(gone, /^redis_repl_replica_link_up\{.*\} 0$/m)
    assert.doesNotMatch(gone, /_total|backlog|offset|write_bytes|connected_replicas/)
    assert.match(textOf([report([lost], { failure: refused })]), /^redis_repl_up\{.*\} 0$/m)
  })

  test('takes nothing from the list of a server that is gone', () => {
    const near = replica('10.0.0.2:6380', { state: 'unreachable', listed })
    const far = replica('10.0.0.3:6380', { state: 'unreachable', listed, upstream: near.name })
    const ages = (more: Parameters<typeof report>[1]) =>
      textOf([report([near, far], more)])
        .split('\n')
        .filter((line) => /^redis_repl_replica_(ack_age_seconds|link_up)/.test(line))
        .map((line) => line.replace(/\{.*replica="([^"]*)".*\}/, ' $1').replace('redis_repl_replica_', ''))
    assert.deepEqual(ages({}), ['link_up 10.0.0.2:6380 1', 'link_up 10.0.0.3:6380 0', 'ack_age_seconds 10.0.0.2:6380 1'])
    assert.deepEqual(ages({ failure: refused }), ['link_up 10.0.0.2:6380 0', 'link_up 10.0.0.3:6380 0'])
  })

  test('tells a master that hangs or loads its data from one that hides its offset', () => {
    const upOf = (master: Parameters<typeof report>[1]) => {
      const exposed = textOf([report([], master)])
      return ['up', 'master_up'].map((name) => new RegExp(`^redis_repl_${name}\\{.*\\} (.)$`, 'm').exec(exposed)?.[1]).join()
    }
    assert.equal(upOf({}), '1,1')
    assert.equal(upOf({ silentMs: 5000 }), '0,0')
    assert.equal(upOf({ loading: {} }), '1,0')
    assert.equal(upOf({ isReplica: true }), '1,0')
    const { offset: _, ...hidden } = report([]).master
    const exposed = textOf([{ ...report([]), master: hidden }])
    assert.match(exposed, /^redis_repl_master_up\{.*\} 1$/m)
    assert.doesNotMatch(exposed, /offset_bytes/)
  })

  test('names the shard of each tree, and which of them does not answer', () => {
    const master = { name: '10.0.0.9:6379', silentMs: 0, isReplica: false, failure: refused }
    const trees = [
      { report: report([one]), shard: { node: 'a'.repeat(40), slots: [[0, 8191]] as const } },
      { report: { ...report([]), master }, shard: { node: 'b'.repeat(40), slots: [[8192, 16_383]] as const } },
    ]
    const exposed = textOf([], { views: trees })
    assert.match(exposed, /^redis_repl_up\{target="10\.0\.0\.1:6379",shard="0-8191"\} 1$/m)
    assert.match(exposed, /^redis_repl_up\{target="10\.0\.0\.1:6379",shard="8192-16383"\} 0$/m)
    assert.match(exposed, /^redis_repl_master_up\{master="10\.0\.0\.9:6379",shard="8192-16383"\} 0$/m)
    assert.match(exposed, /^redis_repl_replica_lag_bytes\{.*shard="0-8191"\} 5$/m)
    assert.equal(exposed.match(/^# TYPE redis_repl_up /gm)?.length, 1)
  })
})
