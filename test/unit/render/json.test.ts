/** JSON of outcomes that no server at hand produces on demand: its units, and its agreement with the schemas. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PsyncFacts, Subject } from '../../../src/diagnosis/psync/answer.ts'
import { forecastPsync } from '../../../src/diagnosis/psync/forecast.ts'
import { judgeResync } from '../../../src/diagnosis/psync/resync.ts'
import type { ResyncLoop } from '../../../src/diagnosis/resync/loop.ts'
import { Visit } from '../../../src/engine/visit.ts'
import { jsonLine } from '../../../src/render/base/json-line.ts'
import { psyncFullJson } from '../../../src/render/psync/full-json.ts'
import { psyncJson } from '../../../src/render/psync/json.ts'
import { costJson } from '../../../src/render/trace/json.ts'
import { resyncFigures } from '../../helpers/resync-figures.ts'
import { assertSchema } from '../../helpers/schema.ts'
import { REPLID } from '../../helpers/wire.ts'

const ABOUT = { tool: { name: 'redis-repl', version: '1.2.3' }, target: 'm:1', startedAt: new Date(0), elapsedMs: () => 12.345678 }

function visitWith(rows: readonly { field: string; before?: string; after?: string }[] | undefined): Visit {
  const visit = new Visit()
  visit.add({ type: 'counters', at: 0, ...(rows && { rows }) })
  return visit
}

describe('the cost', () => {
  it('is numbers in milliseconds, and a replid of digits stays a replid', () => {
    const replid = '1'.repeat(40)
    const rows = [
      { field: 'master_replid', before: replid, after: replid },
      { field: 'total_forks', before: '2', after: '3' },
      { field: 'latest_fork_usec', before: '413', after: '1500' },
      { field: 'sync_full', after: '1' },
    ]
    assert.deepEqual(costJson(visitWith(rows)).cost, {
      masterReplid: { before: replid, after: replid },
      totalForks: { before: 2, after: 3 },
      latestForkMs: { before: 0.413, after: 1.5 },
      syncFull: { before: null, after: 1 },
    })
  })

  it('is null without INFO, and not an object of zeros', () => {
    assert.deepEqual(costJson(visitWith(undefined)), { cost: null })
    assert.deepEqual(costJson(new Visit()), { cost: null })
  })
})

const HISTORY = { replid: REPLID, offset: 1000, backlog: { firstByteOffset: 1, histlen: 1000, size: 1_048_576 } }
const POSITION = { replid: REPLID, offset: 1000 }
const FACTS: PsyncFacts = { server: 'm:1', history: HISTORY, position: POSITION, ...forecastPsync(HISTORY, POSITION) }

function psyncReport(facts: PsyncFacts, subject: Subject, code?: 'EXPECTATION_FAILED') {
  const report = psyncJson(ABOUT, visitWith([]), { facts, subject, at: new Date(0), expected: undefined, code })
  return assertSchema(jsonLine(report), 'psync')
}

describe('psync --json', () => {
  for (const [link, downSeconds, isLinkUp, downMs] of [
    ['a link that is up', undefined, true, null],
    ['a link that has been down for 90 s', 90, false, 90_000],
    ['a link that was never up', -1, false, null],
  ] as const) {
    it(`shows ${link}`, () => {
      const replica = { kind: 'replica', name: 'r:1', role: 'replica', follows: 'm:1', ...(downSeconds && { downSeconds }) } as const
      assert.deepEqual(psyncReport(FACTS, replica).subject, {
        kind: 'replica',
        name: 'r:1',
        role: 'replica',
        follows: 'm:1',
        isLinkUp,
        downMs,
      })
    })
  }

  it('names the forecast as it names the answer, and the time that is left in milliseconds', () => {
    // The live end is lost when a whole backlog, 1,048,576 bytes, has been written after it: at 1000 bytes in 500 ms.
    const report = psyncReport({ ...FACTS, rate: { bytes: 1000, overMs: 500 } }, { kind: 'live end' })
    assert.deepEqual([report.forecast, report.staysGoodMs], [{ kind: 'partial', bytes: 0, replid: REPLID }, 524_288])
  })

  it('is a loop with its answer beside it where a resync loop was seen', () => {
    const loop: ResyncLoop = {
      master: 'm:1',
      version: 'redis 8.6.3',
      replicas: ['r:1'],
      fullResyncs: 3,
      overMs: 9000,
      cause: 'timeout',
      timeoutSeconds: 2,
      limit: { hardBytes: 0, softBytes: 100, softSeconds: 60 },
      writesBytesPerSecond: 10,
      payloadSeconds: 1.5,
      neededBytes: 0,
      missingRights: [],
      otherVersions: [],
    } as unknown as ResyncLoop
    const report = psyncReport({ ...FACTS, loop }, { kind: 'live end' }, 'EXPECTATION_FAILED')
    const { verdict, resyncLoop, ok, exitStatus } = report as unknown as {
      verdict: { kind: string; answer: string }
      resyncLoop: { timeoutMs: number; payloadMs: number; limit: object }
      ok: boolean
      exitStatus: number
    }
    assert.deepEqual([verdict.kind, verdict.answer, ok, exitStatus], ['loop', 'partial', false, 1])
    const { timeoutMs, payloadMs, limit } = resyncLoop
    assert.deepEqual([timeoutMs, payloadMs, limit], [2000, 1500, { hardBytes: 0, softBytes: 100, softMs: 60_000 }])
  })
})

it('psync --full --json of a resync loop ends with 1, and its figures are in milliseconds', () => {
  const figures = resyncFigures({ transferMs: 2000.12345 })
  const judged = { figures, judgement: judgeResync(figures, 'm:1'), shard: undefined }
  const report = assertSchema(jsonLine(psyncFullJson(ABOUT, visitWith([]), judged)), 'psync-full')
  assert.deepEqual([report.ok, report.exitStatus, report.durationMs], [false, 1, 12.346])
  assert.deepEqual((report.verdict as { kind: string }).kind, 'loop')
  assert.deepEqual((report.remedy as { server: string }).server, 'm:1')
  assert.deepEqual(report.figures, {
    framing: 'eof-mark',
    waitMs: 5012,
    transferMs: 2000.123,
    payloadBytes: 52_428_800,
    checksum: 'verified',
    snapshotOffset: 100,
    endOffset: 300_000_100,
    spanMs: 7512,
    buffer: { peakBytes: 268_435_456, samples: 30, aboveSoftMs: 0, scope: 'ours' },
    hasChannel: false,
    delayMs: 5000,
    forkMs: 0.413,
    catchUp: { tookMs: 500, bytes: 300_000_000, isMet: true, bytesBehind: 0 },
    limit: { hardBytes: 268_435_456, softBytes: 67_108_864, softMs: 60_000 },
  })
})
