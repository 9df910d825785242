import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeResync, type ResyncFigures, replicaBufferLimit } from '../../../../src/diagnosis/psync/resync.ts'

const SETTING = 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60'

const LIMITS: readonly (readonly [rule: string, flavour: string, version: string, line: string, backlog: string, hard: number])[] = [
  ['as it is set', 'redis', '8.6.3', SETTING, '1048576', 268_435_456],
  ['also where the class is called replica', 'valkey', '9.1.2', SETTING.replace('slave', 'replica'), '1048576', 268_435_456],
  ['raised to the backlog since 7.0', 'redis', '7.0.15', SETTING, '536870912', 536_870_912],
  ['raised to the backlog on Valkey', 'valkey', '8.0.1', SETTING, '536870912', 536_870_912],
  ['not raised up to 6.2', 'redis', '6.2.16', SETTING, '536870912', 268_435_456],
  ['not raised on KeyDB, which is as 6.2', 'keydb', '6.3.4', SETTING, '536870912', 268_435_456],
  ['none where it is 0', 'redis', '8.6.3', SETTING.replace('268435456', '0'), '536870912', 0],
]

for (const [rule, flavour, version, line, backlog, hardBytes] of LIMITS) {
  test(`the hard limit of a replica's buffer is taken ${rule}`, () => {
    const settings = new Map([
      ['client-output-buffer-limit', line],
      ['repl-backlog-size', backlog],
    ])
    const limit = replicaBufferLimit(settings, { flavour, version, mode: 'standalone' })
    assert.deepEqual(limit, { hardBytes, softBytes: 67_108_864, softSeconds: 60 })
  })
}

test('a setting that was not seen is no limit of 0', () => assert.equal(replicaBufferLimit(new Map(), undefined), undefined))

const LIMIT = { hardBytes: 1000, softBytes: 400, softSeconds: 2 }

function figures(peakBytes: number, aboveSoftMs: number, more: Partial<ResyncFigures> = {}): ResyncFigures {
  return {
    framing: 'eof-mark',
    waitMs: 1000,
    transferMs: 2000,
    payloadBytes: 5000,
    catchUp: { ms: 1000, bytes: 300, isMet: true, behind: 0 },
    snapshotOffset: 100,
    endOffset: 400,
    spanMs: 3000,
    buffer: { peakBytes, samples: 30, aboveSoftMs, scope: 'ours' },
    limit: LIMIT,
    hasChannel: false,
    ...more,
  }
}

const RISKS: readonly (readonly [rule: string, figures: ResyncFigures, risk: string])[] = [
  ['well below both limits', figures(100, 0), 'SAFE'],
  ['half of the hard limit', figures(500, 0, { limit: { ...LIMIT, softBytes: 0 } }), 'CLOSE'],
  ['less than half of it', figures(499, 0, { limit: { ...LIMIT, softBytes: 0 } }), 'SAFE'],
  ['above the soft limit for a moment', figures(401, 1999), 'CLOSE'],
  ['above the soft limit for its time', figures(401, 2000), 'LOOP'],
  ['the hard limit', figures(1000, 0), 'LOOP'],
  ['no limits', figures(10_000, 0, { limit: { hardBytes: 0, softBytes: 0, softSeconds: 0 } }), 'SAFE'],
  ['a stream that outruns us', figures(100, 0, { catchUp: { ms: 60_000, bytes: 9, isMet: false, behind: 77 } }), 'BEHIND'],
]

for (const [rule, seen, risk] of RISKS) {
  test(`a buffer at ${rule} is ${risk}, with a setting where one helps`, () => {
    const judgement = judgeResync(seen)
    assert.equal(judgement.risk, risk)
    assert.equal(judgement.commands.length, risk === 'CLOSE' || risk === 'LOOP' ? 1 : 0)
  })
}

test('without the buffer or its limit nothing is promised', () => {
  const { buffer: _, ...withoutBuffer } = figures(0, 0)
  const { limit: __, ...withoutLimit } = figures(0, 0)
  assert.deepEqual([judgeResync(withoutBuffer).risk, judgeResync(withoutLimit).risk], ['UNKNOWN', 'UNKNOWN'])
})

test('the advice doubles the larger of peak and limit, in megabytes', () => {
  const megabytes = 1024 * 1024
  const { commands } = judgeResync(figures(300 * megabytes, 0, { limit: { hardBytes: 256 * megabytes, softBytes: 0, softSeconds: 0 } }))
  assert.deepEqual(commands, ['CONFIG SET client-output-buffer-limit "replica 600mb 600mb 0"'])
})

test('the time away and the room that is left for loading are told', () => {
  const [away, buffer] = judgeResync(figures(100, 0)).sentences
  assert.match(away ?? '', /away for 4\.0 s/)
  // 300 bytes in 3 s, and 900 bytes to go.
  assert.match(buffer ?? '', /100 bytes of 1,000 \(10\.0 %\)\. Loading may take 9\.0 s more/)
})
