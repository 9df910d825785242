import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviseOn, secondsToLive } from '../../../../src/diagnosis/psync/advice.ts'
import { answerOf, isAsForecast, type PsyncFacts } from '../../../../src/diagnosis/psync/answer.ts'
import { forecastPsync } from '../../../../src/diagnosis/psync/forecast.ts'
import { because, headline, notSent } from '../../../../src/diagnosis/psync/words.ts'
import type { History } from '../../../../src/protocol/history.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const MEGABYTE = 1024 * 1024
const REDIS_8 = { flavour: 'redis', version: '8.6.3', mode: 'standalone' }
const GIVEN = { kind: 'given' } as const
/** The last megabyte of four. */
const HISTORY: History = {
  replid: REPLID,
  offset: 4 * MEGABYTE,
  backlog: { firstByteOffset: 3 * MEGABYTE + 1, histlen: MEGABYTE, size: MEGABYTE },
}

function facts(offset: number, more: Partial<PsyncFacts> = {}, replid = REPLID): PsyncFacts {
  const history = more.history ?? HISTORY
  const position = { replid, offset }
  return { server: 'm:1', identity: REDIS_8, history, position, ...forecastPsync(history, position), ...more }
}

test('a gap of three megabytes is covered by one and a half times as much', () => {
  const [advice, ...more] = adviseOn(facts(MEGABYTE))
  assert.deepEqual(advice?.remedy?.commands, ['CONFIG SET repl-backlog-size 5mb']) // 3 × 1.5 = 4.5
  assert.equal(advice?.remedy?.server, 'm:1')
  assert.match(advice?.text ?? '', /3,145,728 bytes/)
  assert.doesNotMatch(advice?.remedy?.cost ?? '', /empties/)
  assert.deepEqual(more, [])
})

test('a backlog that is large enough, but began after the offset, is not made smaller', () => {
  const young = { ...HISTORY, backlog: { firstByteOffset: HISTORY.offset + 1, histlen: 0, size: 100 * MEGABYTE } }
  const [advice, ...more] = adviseOn(facts(HISTORY.offset - 100, { history: young }))
  assert.deepEqual([advice?.code, advice?.remedy, more], ['BACKLOG_YOUNG', undefined, []])
})

test('a position that only the buffer of a slow replica still holds is not promised any time', () => {
  const lent = { ...HISTORY, backlog: { firstByteOffset: 1, histlen: 4 * MEGABYTE, size: MEGABYTE } }
  const [advice, ...more] = adviseOn(facts(MEGABYTE, { history: lent, rate: { bytes: 1000, overMs: 1000 } }))
  assert.match(advice?.text ?? '', /only while the output buffer of another replica/)
  assert.deepEqual(more, [])
})

test('up to 6.2 a new size empties the backlog, and the advice says so', () => {
  const [advice] = adviseOn(facts(MEGABYTE, { identity: { ...REDIS_8, version: '6.2.16' } }))
  assert.match(advice?.remedy?.cost ?? '', /empties the backlog/)
})

test('a position stays good for as long as the master needs to overwrite it at the measured rate', () => {
  const half = facts(3.5 * MEGABYTE, { rate: { bytes: 1000, overMs: 2000 } })
  assert.equal(secondsToLive(half), (0.5 * MEGABYTE) / 500)
  const [advice, ...more] = adviseOn(half)
  assert.match(advice?.text ?? '', /after 524,288 more bytes: in 17 min 29 s, at the 500 bytes\/s measured/)
  assert.deepEqual(more, [])
})

test('a position that is lost in less than a minute comes with the size that would outlast one', () => {
  const [, advice] = adviseOn(facts(3.5 * MEGABYTE, { rate: { bytes: MEGABYTE, overMs: 1000 } }))
  // Half a megabyte is missing, and sixty more are written in a minute: 60.5 × 1.5 = 90.75.
  assert.deepEqual(advice?.remedy?.commands, ['CONFIG SET repl-backlog-size 91mb'])
})

test('while nothing is written a position stays good, without a figure of infinity', () => {
  const [advice] = adviseOn(facts(4 * MEGABYTE, { rate: { bytes: 0, overMs: 1000 } }))
  assert.match(advice?.text ?? '', /Nothing was written/)
  assert.doesNotMatch(advice?.text ?? '', /Infinity|NaN/)
})

test('without a measured rate there is no time', () => {
  assert.deepEqual([adviseOn(facts(4 * MEGABYTE)), secondsToLive(facts(4 * MEGABYTE))], [[], undefined])
})

test('a backlog that is freed can be kept, unless it is kept already', () => {
  const { backlog: _, ...history } = HISTORY
  const codes = (ttl: string) => adviseOn(facts(5, { history, settings: new Map([['repl-backlog-ttl', ttl]]) })).map(({ code }) => code)
  assert.deepEqual(codes('3600'), ['BACKLOG_TTL', 'BACKLOG_FIRST'])
  assert.deepEqual(codes('0'), ['BACKLOG_FIRST'])
})

test('another history is kept over a restart by an RDB since 7.0, and by nothing before', () => {
  const codes = (version: string) => adviseOn(facts(5, { identity: { ...REDIS_8, version } }, OTHER_REPLID)).map(({ code }) => code)
  assert.deepEqual([codes('7.0.15'), codes('6.2.16')], [['SAVE_ON_SHUTDOWN'], []])
})

test('no setting brings back a position that the server never had', () => {
  assert.deepEqual(
    adviseOn(facts(4 * MEGABYTE + 1)).map(({ code }) => code),
    ['DATA_DIFFERS'],
  )
})

test('the reply to PSYNC takes precedence over INFO, and a difference is reported', () => {
  const promised = facts(4 * MEGABYTE)
  assert.deepEqual(answerOf(promised), { answer: 'partial', basis: 'info' })
  const refused = { ...promised, verdict: { kind: 'channel' } as const }
  assert.deepEqual(answerOf(refused), { answer: 'full', basis: 'psync' })
  assert.equal(isAsForecast(refused), false)
  assert.match(because(refused, GIVEN).join(' '), /INFO and PSYNC disagree/)
  assert.deepEqual(adviseOn(refused), [])
})

for (const kind of ['would-fork', 'channel', 'legacy'] as const) {
  test(`the verdict ${kind} is a full resync`, () => assert.equal(answerOf({ verdict: { kind } }).answer, 'full'))
}

for (const kind of ['none', 'permitted'] as const) {
  test(`the verdict ${kind} leaves the answer to INFO, or unknown`, () => {
    assert.equal(answerOf({ ...facts(0), verdict: { kind } }).answer, 'full')
    assert.deepEqual(answerOf({ verdict: { kind } }), { answer: 'unknown', basis: 'info' })
  })
}

const WORDS: readonly (readonly [rule: string, facts: PsyncFacts, headline: RegExp, because: RegExp])[] = [
  ['too old', facts(MEGABYTE), /2,097,152 bytes older than the backlog/, /requests byte 1048577\. The backlog begins at byte 3145729/],
  ['ahead', facts(4 * MEGABYTE + 7), /7 bytes ahead/, /requests byte 4194312\. The next byte .* is 4194305/],
  [
    'past the fork point',
    facts(600, { history: { ...HISTORY, replid2: OTHER_REPLID, secondOffset: 501 } }, OTHER_REPLID),
    /100 bytes past the fork point/,
    new RegExp(`promoted or restarted at offset 500 of replid ${OTHER_REPLID}`),
  ],
  [
    'another history',
    facts(5, { uptimeSeconds: 61 }, OTHER_REPLID),
    /does not know its replid/,
    new RegExp(`${OTHER_REPLID}.*${REPLID}.*1 min 1 s`),
  ],
  ['partial', facts(4 * MEGABYTE - 10), /partial resync: 10 bytes of history to send/, /^$/],
]

for (const [rule, known, first, then] of WORDS) {
  test(`the numbers that decide are named: ${rule}`, () => {
    assert.match(headline(known, GIVEN), first)
    assert.match(because(known, GIVEN).join(' '), then)
  })
}

test('a master that was restarted while its replica was away is the cause', () => {
  const replica = { kind: 'replica', name: 'r:1', role: 'replica', downSeconds: 90 } as const
  assert.match(because(facts(5, { uptimeSeconds: 60 }, OTHER_REPLID), replica).join(' '), /it was restarted/)
  assert.doesNotMatch(because(facts(5, { uptimeSeconds: 600 }, OTHER_REPLID), replica).join(' '), /it was restarted/)
})

for (const [rule, downSeconds, words] of [
  ['is up', undefined, 'It replicates from m:2 now.'],
  ['is down', 90, 'It replicates from m:2, and its link has been down for 1 min 30 s.'],
  ['was never up', -1, 'It replicates from m:2, and its link was never up.'],
] as const) {
  test(`the master of a replica is named, and that its link ${rule}`, () => {
    const replica = { kind: 'replica', name: 'r:1', role: 'replica', follows: 'm:2', ...(downSeconds && { downSeconds }) } as const
    assert.equal(because(facts(4 * MEGABYTE), replica).at(-1), words)
  })
}

test('at the live end of a server without a backlog, asking would change its replid', () => {
  assert.equal(notSent({ stopped: 'NO_BACKLOG' })?.reason, 'NEW_REPLID')
  assert.equal(notSent({}), undefined)
})
