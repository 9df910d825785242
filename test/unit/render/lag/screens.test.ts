/** The screens of `lag`, as text: every figure in them follows from the reports below. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LagReport, ReplicaReport } from '../../../../src/diagnosis/lag/lag.ts'
import { screenOf } from '../../../../src/render/base/screen.ts'
import { type LagDetail, lagText } from '../../../../src/render/lag/text.ts'
import type { LagLook, LagView } from '../../../../src/render/lag/view.ts'
import { LagWatch } from '../../../../src/render/lag/watch.ts'

const MASTER = '10.0.0.1:6379'
const REPLID = 'a'.repeat(40)
const BRIEF: LagDetail = { isQuiet: false, isWide: false, isVerbose: false }
const UTF8 = { LANG: 'C.UTF-8' }

const terminal = (columns: number, env: Record<string, string> = UTF8) => screenOf({ isTTY: true, columns }, 'never', env)

function replica(name: string, more: Partial<ReplicaReport> = {}): ReplicaReport {
  return { name, upstream: MASTER, depth: 1, state: 'online', silentMs: 0, ...more }
}

const lag = (bytes: number, low: number, high?: number) => ({
  method: 'info' as const,
  bytes,
  mostBytes: bytes,
  bounds: { low, ...(high !== undefined && { high }) },
})
const partial = (secondsLeft: number) => ({ forecast: { kind: 'continue' as const, bytes: 0, replid: REPLID }, bytesLeft: 1, secondsLeft })
const listed = (ackAgeSeconds: number) => ({ host: 'r', port: 1, state: 'online', ackOffset: 5, ackAgeSeconds })

function view(replicas: readonly ReplicaReport[], more: Partial<LagView> = {}): LagView {
  const report: LagReport = {
    at: new Date(0),
    master: {
      name: MASTER,
      silentMs: 0,
      identity: { flavour: 'redis', version: '8.6.3', mode: 'standalone' },
      role: 'master',
      replid: REPLID,
      offset: 1,
      resyncCounters: { full: 2 },
      writes: { average: 100_000, overMs: 2000 },
      isReplica: false,
    },
    replicas,
    isNewHistory: false,
  }
  return { report, advice: [], markerCost: undefined, checked: undefined, ...more }
}

const look = (...views: LagView[]): LagLook => ({ views, checked: views[0]?.checked })
const lines = (text: string) => text.split('\n')

const HEALTHY = replica('10.0.0.2:6379', {
  lag: lag(0, 0, 20.2),
  trend: { kind: 'even' },
  resync: partial(90),
  listed: listed(0),
})
const CHAINED = replica('10.0.0.3:6379', { depth: 2, upstream: '10.0.0.2:6379', lag: lag(700, 40, 60), listed: listed(1) })
const LONG = (index: number) => `redis-replica-${index}.redis-headless.production.svc.cluster.local:6379`
const DOWN = replica(LONG(1), {
  state: 'link-down',
  link: { host: 'm', port: 1, isUp: false, isReadOnly: true, downSeconds: 3723, appliedOffset: 12 },
  lag: lag(1_050_000, 123_000),
  trend: { kind: 'falling-behind', bytesPerSecond: 100_000 },
  resync: { forecast: { kind: 'full', reason: 'TOO_OLD' } },
})
const SLOW = replica(LONG(2), {
  lag: lag(5_000_000, 3000, 3040),
  trend: { kind: 'catching-up', bytesPerSecond: 100_000, seconds: 64.2 },
  resync: partial(3723),
  listed: listed(120),
})

describe('the screen of lag', () => {
  test('begins with the verdict, and has the same columns at every run, with a dash where there is nothing', () => {
    assert.deepEqual(lines(lagText(look(view([HEALTHY, CHAINED])), terminal(120), BRIEF)), [
      'OK: 2 replicas, up to 60 ms and 700 bytes behind',
      `10.0.0.1:6379: master, redis 8.6.3, offset 1, replid ${REPLID}, 100 kB/s written in 2.0 s`,
      '',
      'REPLICA           STATE   LAG    LAG TIME    MEASURED BY  TREND   RECONNECT WOULD BE  LAST ACK',
      '10.0.0.2:6379     online  0 B    < 21 ms     INFO         steady  partial, 90 s       0 s',
      '└─ 10.0.0.3:6379  online  700 B  50 ± 10 ms  INFO         -       -                   1 s',
      '',
    ])
  })

  test('fits 80 columns: heads and figures are broken, names are cut in the middle and listed in full below', () => {
    const text = lagText(look(view([HEALTHY, DOWN, SLOW])), terminal(80), BRIEF)
    const rows = lines(text)
    const from = rows.findIndex((row) => row.startsWith('REPLICA'))
    assert.deepEqual(rows.slice(from, from + 13), [
      'REPLICA          STATE       LAG     LAG     MEASURED TREND      RECONNECT LAST',
      '                                     TIME    BY                  WOULD BE  ACK',
      '10.0.0.2:6379    online      0 B     < 21 ms INFO     steady     partial,  0 s',
      '                                                                 90 s',
      'redis-re…al:6379 ! link down 1.05 MB > 2 min INFO     +100 kB/s  full      -',
      '                 62 min',
      'redis-re…al:6379 online      5.00 MB 3.0 s   INFO     in sync in partial,  120 s',
      '                                     ± 20 ms          65 s       62 min',
      '',
      'Full names, in this order:',
      `  ${LONG(1)}`,
      `  ${LONG(2)}`,
      '',
    ])
    for (const row of rows) assert.ok(row.length <= 80, row)
  })

  test('is plain ASCII in a locale without UTF-8', () => {
    const text = lagText(look(view([HEALTHY, CHAINED, DOWN, SLOW])), terminal(80, { LC_ALL: 'C' }), { ...BRIEF, isVerbose: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is checked
    assert.doesNotMatch(text, /[^\x00-\x7f]/)
    assert.match(text, /^`- 10.*online/m)
    for (const row of lines(text)) assert.ok(row.length <= 80, row)
  })

  test('shows whole names in one line each in a pipe, and with --wide all columns', () => {
    const text = lagText(look(view([DOWN, SLOW])), screenOf({}, 'auto', UTF8), BRIEF)
    assert.match(text, new RegExp(`^${LONG(2)} +online +5\\.00 MB +3\\.0 s ± 20 ms +INFO +in sync in 65 s +partial, 62 min +120 s$`, 'm'))
    const wide = lagText(look(view([DOWN])), terminal(80), { ...BRIEF, isWide: true })
    assert.match(wide, /^REPLICA .* LAST ACK +LAST I\/O +APPLIES +OFFSET +SERVER$/m)
    assert.match(wide, new RegExp(`^${LONG(1)} .* - +- +- +12 +-$`, 'm'))
  })

  test('names the cause right after the verdict, and marks the cell that decides it', () => {
    const [verdict, cause] = lines(lagText(look(view([HEALTHY, { ...DOWN, name: 'r:1' }])), terminal(80), BRIEF))
    assert.equal(verdict, 'DOWN: 1 of 2 replicas has no link to its master: r:1 (link down 62 min)')
    assert.equal(cause, '  r:1 has had no link to its master for 3723 s and stays at offset 12.')
    const broken = { isOk: false, reason: 'r:1 is behind', fault: { replica: 'r:1', cell: 'time' as const } }
    const text = lagText(look(view([HEALTHY, { ...SLOW, name: 'r:1' }], { checked: broken })), terminal(120), BRIEF)
    assert.match(text, /^FAILED: r:1 is behind\n/)
    assert.match(text, /^r:1 +online +5\.00 MB +! 3\.0 s ± 20 ms /m)
    assert.equal(text.match(/! /g)?.length, 1)
  })

  test('is green for a confirmed link and a verdict of OK only', () => {
    const coloured = screenOf({ isTTY: true, columns: 120 }, 'always', UTF8)
    const green = (text: string) => lines(text).filter((row) => row.includes('\u001b[32m'))
    assert.equal(green(lagText(look(view([HEALTHY, CHAINED])), coloured, BRIEF)).length, 3)
    const lost = [DOWN, replica('b:1', { state: 'silent', silentMs: 3000 }), replica('c:1', { state: 'unreachable', unknown: 'NO_ACK' })]
    assert.deepEqual(green(lagText(look(view(lost)), coloured, BRIEF)), [])
  })

  test('shows quantiles of the stream in the table, and the histogram with -v only', () => {
    const measured = { count: 120, min: 0.2, average: 1, p50: 0.8, p95: 2, p99: 2.1, max: 4 }
    const histogram = [{ below: 1, count: 100 }, { below: 2, count: 0 }, { below: 5, count: 20 }, { count: 0 }]
    const attached = { ...HEALTHY, arrivals: { lag: measured, histogram, comparedBytes: 5000, skippedBytes: 0 } }
    const brief = lagText(look(view([attached])), terminal(120), BRIEF)
    assert.match(brief, /^10\.0\.0\.2:6379 +online +0 B +p50 0\.8 ms, p99 2\.1 ms +stream +steady /m)
    assert.doesNotMatch(brief, /█|samples/)
    const verbose = lines(lagText(look(view([attached])), terminal(120), { ...BRIEF, isVerbose: true }))
    assert.ok(verbose.includes(`      < 1 ms      100 ${'█'.repeat(40)}`), verbose.join('\n'))
    assert.ok(verbose.includes(`      < 5 ms       20 ${'█'.repeat(8)}`), 'a fifth of the most')
    assert.ok(verbose.some((row) => row.includes('p95 2.0 ms')))
  })

  test('ends with the count of shards, each with its word', () => {
    const shard = (from: number, replicas: readonly ReplicaReport[]) => view(replicas, { shard: { node: 'n', slots: [[from, from + 1]] } })
    const both = lines(lagText(look(shard(0, [HEALTHY]), shard(2, [{ ...DOWN, name: 'r:1' }])), terminal(80), BRIEF))
    assert.match(both[0] ?? '', /^DOWN: 2 shards, 1 of 2 replicas has no link/)
    assert.ok(both.includes('slots 0-1  OK') && both.includes('slots 2-3  DOWN'))
    assert.equal(both.at(-2), '1 of 2 shards OK')
    assert.equal(lines(lagText(look(shard(0, [HEALTHY])), terminal(80), BRIEF)).at(-2), '1 of 1 shards OK')
  })
})

describe('lag --watch', () => {
  function watch(screen: ReturnType<typeof terminal>, count = 2, detail = BRIEF) {
    const printed: string[] = []
    const shown = new LagWatch(screen, { print: (text) => printed.push(text), rows: () => 24, count, detail })
    return { shown, printed }
  }

  test('writes a line of key=value per replica where stdout is no terminal, with the date first', () => {
    const { shown, printed } = watch(screenOf({}, 'auto', UTF8))
    shown.show(look(view([HEALTHY, { ...DOWN, name: 'r:1' }])))
    const at = '1970-01-01T00:00:00.000Z'
    assert.deepEqual(lines(printed.join('')), [
      `${at} master=${MASTER} replica=10.0.0.2:6379 state=online link=up lag_bytes=0 lag_ms=10.1 lag_min_ms=0 lag_max_ms=20.2 measured_by=info p50_ms=- p99_ms=- trend=even reconnect=partial last_ack_s=0`,
      `${at} master=${MASTER} replica=r:1 state=link-down link=down lag_bytes=1050000 lag_ms=- lag_min_ms=123000 lag_max_ms=- measured_by=info p50_ms=- p99_ms=- trend=falling-behind reconnect=full last_ack_s=-`,
      `${at} verdict=down text="1 of 2 replicas has no link to its master: r:1 (link down 62 min)"`,
      '',
    ])
  })

  test('writes the verdict only with -q', () => {
    const { shown, printed } = watch(screenOf({}, 'auto', UTF8), 2, { ...BRIEF, isQuiet: true })
    shown.show(look(view([HEALTHY])))
    assert.deepEqual(printed, ['1970-01-01T00:00:00.000Z verdict=ok text="1 replica, up to 21 ms behind"\n'])
  })

  test('shows on a terminal what it is now, which look it is, and what has happened since the start', () => {
    const { shown, printed } = watch(terminal(80), 3)
    const after = (replicas: readonly ReplicaReport[], full: number) => {
      const now = view(replicas)
      shown.show(look({ ...now, report: { ...now.report, master: { ...now.report.master, resyncCounters: { full } } } }))
      // Before it the last screen is erased.
      return lines(printed.findLast((text) => text.includes('look ')) ?? '')
    }
    assert.deepEqual(after([HEALTHY], 2).slice(0, 2), [
      'OK: 1 replica, up to 21 ms behind',
      '1970-01-01T00:00:00Z, look 1 of 3; since the start: 0 flaps, 0 full resyncs',
    ])
    // It is no longer listed, and has lost its link with that.
    assert.match(after([], 2)[1] ?? '', /look 2 of 3; since the start: 1 flap, 0 full resyncs$/)
    assert.match(after([HEALTHY], 3)[1] ?? '', /look 3 of 3; since the start: 1 flap, 1 full resync$/)
  })

  test('is never taller than the terminal', () => {
    const { shown, printed } = watch(terminal(80))
    shown.show(look(view(Array.from({ length: 50 }, (_, index) => replica(`r:${index}`, { lag: lag(0, 0, 1) })))))
    const screen = lines(printed.join(''))
    assert.ok(screen.length <= 24, String(screen.length))
    assert.match(screen.at(-2) ?? '', /^\d+ more lines$/)
  })
})
