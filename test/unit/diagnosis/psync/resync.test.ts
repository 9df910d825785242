import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeResync, type ResyncFigures, resyncCode } from '../../../../src/diagnosis/psync/resync.ts'
import { largerLimitCommand, replicaBufferLimit } from '../../../../src/diagnosis/resync/buffer-limit.ts'

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
  test(`a buffer at ${rule} is ${risk}, with a setting where one helps, and a failure where a replica never gets in sync`, () => {
    const judgement = judgeResync(seen, 'm:1')
    assert.equal(judgement.risk, risk)
    assert.equal(resyncCode(judgement), risk === 'LOOP' || risk === 'BEHIND' ? 'EXPECTATION_FAILED' : undefined)
    assert.equal(judgement.remedy?.commands.length ?? 0, risk === 'CLOSE' || risk === 'LOOP' ? 1 : 0)
  })
}

test('a full resync that was not seen to its end is not safe, and a buffer that overflowed stays a loop', () => {
  const { catchUp: _, ...unseen } = figures(100, 0)
  const judgement = judgeResync(unseen, 'm:1')
  assert.equal(judgement.risk, 'UNKNOWN')
  assert.match(judgement.text, /INFO did not show the offset .*\(\+info\)\.$/)
  assert.equal(judgeResync({ ...unseen, buffer: { peakBytes: 1000, samples: 30, aboveSoftMs: 0, scope: 'ours' } }, 'm:1').risk, 'LOOP')
})

test('a buffer that was not watched to the end is not safe', () => {
  const { risk, text } = judgeResync(figures(100, 0, { lost: 'It closed the connection.' }), 'm:1')
  assert.equal(risk, 'UNKNOWN')
  assert.match(text, /because the connection .* was lost\. It closed the connection\./)
})

test('without the buffer or its limit the answer is unknown', () => {
  const { buffer: _, ...withoutBuffer } = figures(0, 0)
  const { limit: __, ...withoutLimit } = figures(0, 0)
  assert.deepEqual([judgeResync(withoutBuffer, 'm:1').risk, judgeResync(withoutLimit, 'm:1').risk], ['UNKNOWN', 'UNKNOWN'])
})

const MEGABYTE = 1024 * 1024
const limit = (hard: number, soft: number, softSeconds: number) => ({ hardBytes: hard * MEGABYTE, softBytes: soft * MEGABYTE, softSeconds })

test('the advice doubles what the buffer needs, and is never less than the default or the present limit', () => {
  const cases = [
    [300, limit(256, 0, 0), 'replica 1024mb 1024mb 60'],
    [1, limit(1, 1, 1), 'replica 256mb 256mb 60'],
    [1, limit(2048, 64, 300), 'replica 2048mb 2048mb 300'],
    [200, limit(0, 100, 60), 'replica 0 512mb 60'],
    [1, undefined, 'replica 256mb 256mb 60'],
  ] as const
  for (const [megabytes, present, wanted] of cases) {
    assert.equal(largerLimitCommand(megabytes * MEGABYTE, present), `CONFIG SET client-output-buffer-limit "${wanted}"`)
  }
})

test('psync --full sizes the buffer by the write rate and the time of the payload, as lag does', () => {
  // 100 MB/s were written for three seconds, and the payload took three.
  const busy = figures(260 * MEGABYTE, 0, { endOffset: 100 + 300 * MEGABYTE, limit: limit(256, 0, 0) })
  assert.deepEqual(judgeResync(busy, 'm:1').remedy?.commands, [largerLimitCommand(300 * MEGABYTE, limit(256, 0, 0))])
})

test('the time without the replica and the time left for loading are named', () => {
  const [away, buffer] = judgeResync(figures(100, 0), 'm:1').reasons
  assert.match(away ?? '', /unavailable for 4\.0 s/)
  // 300 bytes in 3 s, and 900 bytes to go.
  assert.match(buffer ?? '', /100 bytes of 1,000 \(10\.0 %\)\. It would be full after 9\.0 s more of loading/)
})

test('a few writes and PINGs predict nothing about the time that is left', () => {
  const ofAMaster = { limit: limit(256, 0, 0), snapshotOffset: 100 }
  const seen = [
    figures(14, 0, { ...ofAMaster, endOffset: 114, spanMs: 2 }),
    figures(28, 0, { ...ofAMaster, endOffset: 128, spanMs: 2000 }),
    figures(200, 0, { ...ofAMaster, endOffset: 300, spanMs: 4000 }),
    figures(14, 0, { endOffset: 114 }),
  ]
  for (const one of seen) assert.doesNotMatch(judgeResync(one, 'm:1').reasons.join(' '), /It would be full/)
})
