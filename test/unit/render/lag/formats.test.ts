import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { adviseOnLag } from '../../../../src/diagnosis/lag/advice.ts'
import { checkAll } from '../../../../src/diagnosis/lag/check.ts'
import type { MasterReport, ReplicaReport } from '../../../../src/diagnosis/lag/lag.ts'
import { bytesText, timeText } from '../../../../src/diagnosis/lag/words.ts'
import { ReplError } from '../../../../src/errors.ts'
import { behind, replica, report } from '../../../helpers/lag-report.ts'

const NO_LIMITS = { requireLink: false }

describe('the words for a lag', () => {
  const time = (...bounds: [low: number, high?: number]) => timeText({ lag: behind(5, ...bounds) })

  test('show a bound as a bound, rounded away from the truth, and zero only if the replica has every byte', () => {
    assert.equal(time(0, 0), '0 ms')
    assert.equal(time(0, 20.2), '< 21 ms')
    assert.equal(time(40, 60), '50 ± 10 ms')
    assert.equal(time(1900), '> 1.90 s')
    assert.equal(time(12_349), '> 12.3 s')
    assert.equal(time(0, 12_301), '< 12.4 s')
    assert.equal(time(65_900), '> 65 s')
    assert.equal(time(0), 'unknown', 'there is no bound at all')
    assert.equal(timeText({}), '')
  })

  test('show the quantiles of a measured stream, and its maximum where there are too few samples for a p99', () => {
    const lag = { count: 12, min: 0.5, average: 2, p50: 1, max: 5 }
    const arrivals = { lag, histogram: [], comparedBytes: 1, skippedBytes: 0 }
    assert.equal(timeText({ lag: behind(5, 40, 60), arrivals }), 'p50 1.0 ms, max 5.0 ms')
    assert.equal(timeText({ arrivals: { ...arrivals, lag: { ...lag, count: 100, p99: 4 } } }), 'p50 1.0 ms, p99 4.0 ms')
  })

  test('show a number of bytes as a bound too', () => {
    assert.equal(bytesText({ ...behind(0, 0, 20), mostBytes: 300 }), '< 300 B')
    assert.equal(bytesText(behind(0, 0, 0)), '0 B')
  })
})

describe('a check', () => {
  test('takes the upper bound, and fails where there is none', () => {
    const within = { ...NO_LIMITS, maxSeconds: 1 }
    assert.equal(checkAll([report([replica('r', { lag: behind(5, 900, 1000) })])], within).isOk, true)
    assert.equal(checkAll([report([replica('r', { lag: behind(5, 900, 1001) })])], within).isOk, false)
    assert.match(
      checkAll([report([replica('r', { lag: behind(5, 900) })])], within).reason,
      /at least 900 ms behind; the sample is too short/,
    )
  })

  test('fails on what is not known, and on a master that cannot be asked', () => {
    assert.match(
      checkAll([report([replica('r', { state: 'syncing', unknown: 'SYNCING' })])], { ...NO_LIMITS, maxBytes: 1 }).reason,
      /unknown, because it is receiving a full resync/,
    )
    const failure = new ReplError('CONNECTION_REFUSED', { endpoint: '10.0.0.1:6379', errno: 'ECONNREFUSED' })
    assert.match(checkAll([report([], { failure })], { ...NO_LIMITS, minReplicas: 0 }).reason, /refused the connection/)
  })

  test('counts replicas with their link, by their master’s word where they cannot be asked', () => {
    const listed = (ackAgeSeconds: number) => ({ host: 'r', port: 1, state: 'online', ackOffset: 5, ackAgeSeconds })
    const replicas = [
      replica('a'),
      replica('b', { state: 'unreachable', listed: listed(1) }),
      replica('c', { state: 'unreachable', listed: listed(30) }),
      replica('d', { state: 'tool' }),
    ]
    assert.equal(checkAll([report(replicas)], { ...NO_LIMITS, minReplicas: 2 }).isOk, true)
    assert.equal(checkAll([report(replicas)], { ...NO_LIMITS, minReplicas: 3 }).isOk, false)
    assert.match(checkAll([report(replicas)], { requireLink: true }).reason, /^c: unreachable/)
  })

  test('counts no link without a fresh ACK, and none to a master of another history', () => {
    const listed = { host: 'r', port: 1, state: 'online', ackOffset: 5 }
    const mute = replica('m', { state: 'unreachable', listed })
    assert.match(checkAll([report([mute])], { requireLink: true }).reason, /^m: unreachable/)
    const foreign = replica('f', { state: 'online', unknown: 'OTHER_HISTORY' })
    assert.match(checkAll([report([foreign])], { requireLink: true }).reason, /^f: another history/)
    assert.equal(checkAll([report([mute, foreign])], { ...NO_LIMITS, minReplicas: 1 }).isOk, false)
  })

  test('holds for no replica that is counted and not listed, but for enough of those that are listed', () => {
    const unlisted = report([replica('a', { lag: behind(0, 0, 0) })], { unlisted: 1 })
    assert.equal(checkAll([unlisted], { ...NO_LIMITS, maxBytes: 1 }).reason, '10.0.0.1:6379 counts 1 replica that it does not list')
    assert.equal(checkAll([unlisted], { requireLink: true }).isOk, false)
    assert.equal(checkAll([unlisted], { ...NO_LIMITS, minReplicas: 1 }).isOk, true)
  })

  test('says how many links were not confirmed, if no limit asks for them', () => {
    const cut = replica('a', { state: 'link-down', lag: behind(0, 0, 0) })
    const { isOk, reason } = checkAll([report([cut])], { ...NO_LIMITS, maxBytes: 1 })
    assert.deepEqual([isOk, reason], [true, '1 replica (1 without a confirmed link), caught up'])
  })
})

describe('advice on the settings', () => {
  const codes = (settings: Record<string, string>, more: Partial<MasterReport> = {}, replicas: ReplicaReport[] = []) =>
    adviseOnLag(report(replicas, more), new Map(Object.entries(settings)), 60).map(({ code }) => code)

  test('is a larger backlog where it does not cover the cut, with the figures of the measurement', () => {
    const [advice] = adviseOnLag(report([]), new Map(), 60)
    assert.equal(advice?.code, 'BACKLOG_SHORT')
    assert.match(advice?.text ?? '', /1\.05 MB lasts 10\.5 s at 100 kB\/s.*5\.2 s at p99, 3\.5 s at the peak of 300 kB\/s/)
    assert.deepEqual([advice?.remedy?.server, advice?.remedy?.commands], ['10.0.0.1:6379', ['CONFIG SET repl-backlog-size 9mb']])
    assert.deepEqual(codes({}, { backlog: { size: 10_000_000, histlen: 1 } }), ['BACKLOG_COVERS'])
    assert.deepEqual(codes({}, { writes: { average: 0, p99: 0, peak: 0, overMs: 2000 } }), ['BACKLOG_COVERS'])
  })

  test('predicts a resync loop from the time that a full resync takes', () => {
    const limit = { 'client-output-buffer-limit': 'slave 2000000 0 0' }
    assert.deepEqual(codes(limit, { bgsaveSeconds: 30 }), ['BACKLOG_SHORT', 'BUFFER_LOOP'])
    assert.deepEqual(codes(limit, { bgsaveSeconds: 10 }), ['BACKLOG_SHORT'])
    assert.deepEqual(codes({ 'client-output-buffer-limit': 'slave 0 500000 10' }, { bgsaveSeconds: 30 }), ['BACKLOG_SHORT', 'BUFFER_LOOP'])
  })

  test('predicts no resync loop for replicas that receive RDB and stream on two connections', () => {
    const limit = { 'client-output-buffer-limit': 'slave 2000000 0 0' }
    const loopOn = (flavour: string, version: string, settings: Record<string, string>) => {
      const identity = { flavour, version, mode: 'standalone' }
      const advice = adviseOnLag(report([], { bgsaveSeconds: 30, identity }), new Map(Object.entries({ ...limit, ...settings })), 60)
      const found = advice.find(({ code }) => code === 'BUFFER_LOOP')
      return [found?.isWarning, found?.remedy !== undefined]
    }
    assert.deepEqual(loopOn('redis', '8.6.3', { 'repl-rdb-channel': 'yes' }), [false, false])
    assert.deepEqual(loopOn('valkey', '8.1.4', { 'dual-channel-replication-enabled': 'yes' }), [false, false])
    assert.deepEqual(loopOn('redis', '8.6.3', { 'repl-rdb-channel': 'no' }), [true, true])
    assert.deepEqual(loopOn('redis', '7.4.1', { 'repl-rdb-channel': 'yes' }), [true, true])
  })

  test('sees a buffer that is smaller than the backlog on servers that do not raise it', () => {
    const identity = { flavour: 'redis', version: '6.2.16', mode: 'standalone' }
    const settings = { 'client-output-buffer-limit': 'slave 500000 0 0', 'repl-backlog-size': '1048576' }
    assert.deepEqual(codes(settings, { identity }), ['BACKLOG_SHORT', 'BUFFER_BELOW_BACKLOG'])
    assert.deepEqual(codes(settings), ['BACKLOG_SHORT'])
  })

  test('sees rare PINGs, a backlog that is freed too soon, and writes that are refused', () => {
    assert.deepEqual(codes({ 'repl-timeout': '20', 'repl-ping-replica-period': '10' }), ['BACKLOG_SHORT', 'PING_TIMEOUT'])
    assert.deepEqual(codes({ 'repl-timeout': '60', 'repl-ping-slave-period': '10' }), ['BACKLOG_SHORT'])
    assert.deepEqual(codes({ 'repl-backlog-ttl': '30' }), ['BACKLOG_SHORT', 'BACKLOG_TTL'])
    assert.deepEqual(codes({ 'repl-backlog-ttl': '0' }), ['BACKLOG_SHORT'])
    const wanted = { 'min-replicas-to-write': '2', 'min-replicas-max-lag': '10' }
    assert.deepEqual(codes(wanted, { goodReplicas: 1 }), ['BACKLOG_SHORT', 'WRITES_REFUSED'])
    assert.deepEqual(codes(wanted, { goodReplicas: 2 }), ['BACKLOG_SHORT', 'LAST_GOOD_REPLICA'])
    assert.deepEqual(codes(wanted, { goodReplicas: 3 }), ['BACKLOG_SHORT'])
  })

  test('sees a replica that accepts writes, and says when no settings could be read', () => {
    const link = { host: 'm', port: 1, isUp: true, isReadOnly: false }
    assert.deepEqual(codes({}, {}, [replica('r', { link })]), ['BACKLOG_SHORT', 'WRITABLE_REPLICA'])
    assert.deepEqual(
      adviseOnLag(report([]), undefined, 60).map(({ code }) => code),
      ['BACKLOG_SHORT', 'NO_CONFIG'],
    )
  })

  test('calls a right missing only if CONFIG itself was refused', () => {
    const why = (failure: ReplError) => adviseOnLag(report([]), failure, 60).at(-1)?.text ?? ''
    assert.match(why(new ReplError('NOPERM', { command: 'CONFIG', reply: 'NOPERM' })), /\(\+config\|get\)/)
    const others = [
      new ReplError('MAX_CLIENTS', { command: 'CLIENT', reply: 'ERR max number of clients reached' }),
      new ReplError('UNKNOWN_COMMAND', { command: 'CONFIG', reply: "ERR unknown command 'CONFIG'" }),
      new ReplError('CLOSED', { command: 'CONFIG' }),
    ]
    for (const failure of others) {
      assert.match(why(failure), /^The settings were not checked, because CONFIG GET failed: ./)
      assert.doesNotMatch(why(failure), /\+config|may not run/)
    }
  })
})
