import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAlertRange } from '../../../../src/diagnosis/lag/alert-range.ts'
import { checkAll } from '../../../../src/diagnosis/lag/check.ts'
import { ReplError } from '../../../../src/errors.ts'
import { nagiosFailure, nagiosOutput } from '../../../../src/render/lag/nagios.ts'
import { behind, replica, report } from '../../../helpers/lag-report.ts'

describe('the output of a monitoring plugin', () => {
  const ranges = (warning?: string, critical?: string) => {
    const [warn, crit] = [warning, critical].map((text) => (text === undefined ? undefined : parseAlertRange(text)))
    return { ...(warn && { warning: warn }), ...(crit && { critical: crit }) }
  }

  test('has the status of the worst, summed up with its performance data in the first line and every finding below it', () => {
    const two = report([replica('a:1', { lag: behind(5, 40, 60) }), replica('b:2', { lag: behind(9, 3000, 3010) })])
    const { text, status } = nagiosOutput([two], ranges('1', '5'), undefined)
    assert.equal(status, 1)
    assert.deepEqual(text.split('\n'), [
      "REPLICATION WARNING - b:2 online, up to 3.010 s and 9 bytes behind | 'a:1_seconds'=0.060s;1;5;0 'a:1_bytes'=5B;;;0 'b:2_seconds'=3.010s;1;5;0 'b:2_bytes'=9B;;;0",
      'WARNING: b:2 online, up to 3.010 s and 9 bytes behind',
      'OK: a:1 online, up to 0.060 s and 5 bytes behind',
      '',
    ])
  })

  test('puts the worst first: critical, unknown, warning, OK, and within each the one with the most lag', () => {
    const replicas = [
      replica('fine', { lag: behind(0, 0, 10) }),
      replica('late', { lag: behind(5, 1900, 2000) }),
      replica('mute', { state: 'unreachable', unknown: 'NO_ACK' }),
      replica('far', { lag: behind(50, 6000, 6100) }),
      replica('farther', { lag: behind(90, 7000, 7100) }),
    ]
    const [first, ...others] = nagiosOutput([report(replicas)], ranges('1', '5'), undefined)
      .text.trimEnd()
      .split('\n')
    assert.match(first ?? '', /^REPLICATION CRITICAL - farther online, up to 7\.100 s and 90 bytes behind; and 1 more \| 'fine_seconds'/)
    assert.deepEqual(
      others.map((line) => line.split(' ').slice(0, 2).join(' ')),
      ['CRITICAL: farther', 'CRITICAL: far', 'UNKNOWN: mute', 'WARNING: late', 'OK: fine'],
    )
  })

  test('says once what the check and the master both say, and names the master before its replicas', () => {
    const failure = new ReplError('CONNECTION_REFUSED', { endpoint: '10.0.0.1:6379', errno: 'ECONNREFUSED' })
    const lost = report([replica('a', { unknown: 'MASTER_UNKNOWN' })], { failure })
    const checked = checkAll([lost], { requireLink: false, maxBytes: 1 })
    const { text, status } = nagiosOutput([lost], {}, checked)
    assert.equal(status, 2)
    assert.deepEqual(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ').slice(0, 3).join(' ')),
      ['REPLICATION CRITICAL -', 'CRITICAL: 10.0.0.1:6379 refused', 'UNKNOWN: a online,'],
    )
  })

  test('has one line for one finding', () => {
    assert.match(nagiosOutput([report([])], {}, undefined).text, /^REPLICATION OK - 10\.0\.0\.1:6379 has no replicas\n$/)
  })

  test('says in its long text what a failure means and what to do', () => {
    const text = nagiosFailure({ what: 'It refused.', meaning: 'Nothing | listens.', next: 'Start it.' }, 2)
    assert.equal(text, 'REPLICATION CRITICAL - It refused.\nNothing / listens.\nStart it.\n')
  })

  test('is critical by a lower bound already, and unknown by less', () => {
    assert.equal(nagiosOutput([report([replica('a', { lag: behind(5, 6000) })])], ranges('1', '5'), undefined).status, 2)
    assert.equal(nagiosOutput([report([replica('a', { lag: behind(5, 2000) })])], ranges('1', '5'), undefined).status, 3)
    assert.equal(nagiosOutput([report([replica('a', { state: 'syncing', unknown: 'SYNCING' })])], {}, undefined).status, 3)
    assert.equal(nagiosOutput([report([], { failure: new ReplError('SILENCE', { limitMs: 5000 }) })], {}, undefined).status, 2)
  })

  test('is a warning for a replica without its link, which may have every byte', () => {
    const cut = replica('a', { state: 'link-down', lag: behind(0, 0, 0) })
    assert.deepEqual(
      [nagiosOutput([report([cut])], {}, undefined).status, nagiosOutput([report([cut])], ranges('1', '5'), undefined).status],
      [1, 1],
    )
  })

  test('is unknown for replicas that are counted and not listed', () => {
    const { status, text } = nagiosOutput([report([], { unlisted: 2 })], {}, undefined)
    assert.equal(status, 3)
    assert.match(text, /^REPLICATION UNKNOWN - 10\.0\.0\.1:6379 counts 2 replicas that it does not list$/m)
  })

  test('begins performance data by the one bar only', () => {
    const { text } = nagiosOutput([report([replica("a|b'=", { lag: behind(5, 40, 60) })])], {}, undefined)
    assert.equal(text.split('|').length, 2)
    assert.match(text, /'a\/b___seconds'=/)
  })
})
