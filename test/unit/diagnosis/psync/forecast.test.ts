import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkedConditions } from '../../../../src/diagnosis/psync/conditions.ts'
import { bytesToLive, type ConditionName, type Forecast, forecastPsync } from '../../../../src/diagnosis/psync/forecast.ts'
import type { History } from '../../../../src/protocol/history.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

/** Bytes 201 to 1000 are retained; the earlier history may be asked for up to offset 501. */
const HISTORY: History = {
  replid: REPLID,
  offset: 1000,
  replid2: OTHER_REPLID,
  secondOffset: 501,
  backlog: { firstByteOffset: 201, histlen: 800, size: 1024 },
}
const NOBODY = 'f'.repeat(40)
const { backlog: _, ...WITHOUT_BACKLOG } = HISTORY

/** PSYNC asks for the offset behind the one that one has. */
const CASES: readonly [rule: string, history: History, replid: string, offset: number, forecast: Forecast, decided?: ConditionName][] = [
  ['the live end has everything', HISTORY, REPLID, 1000, { kind: 'continue', bytes: 0, replid: REPLID }],
  ['one past the live end is ahead by one', HISTORY, REPLID, 1001, { kind: 'full', reason: 'AHEAD', bytes: 1 }, 'LIVE_END'],
  ['the first byte of the backlog is served', HISTORY, REPLID, 200, { kind: 'continue', bytes: 800, replid: REPLID }],
  ['the byte before it is too old by one', HISTORY, REPLID, 199, { kind: 'full', reason: 'TOO_OLD', bytes: 1 }, 'OLD_END'],
  ['replids are compared without case', HISTORY, REPLID.toUpperCase(), 1000, { kind: 'continue', bytes: 0, replid: REPLID }],
  ['the earlier history is served up to its fork point', HISTORY, OTHER_REPLID, 500, { kind: 'continue', bytes: 500, replid: REPLID }],
  ['one past the fork point is past it by one', HISTORY, OTHER_REPLID, 501, { kind: 'full', reason: 'PAST_FORK', bytes: 1 }, 'FORK_POINT'],
  ['a history that is neither is another one', HISTORY, NOBODY, 1000, { kind: 'full', reason: 'OTHER_HISTORY' }, 'HISTORY'],
  ['nothing is served without a backlog', WITHOUT_BACKLOG, REPLID, 1000, { kind: 'full', reason: 'NO_BACKLOG' }, 'BACKLOG'],
  ['no position is a request for everything', HISTORY, '?', -1, { kind: 'full', reason: 'REQUESTED' }, 'POSITION'],
  ['the history is asked before the backlog', WITHOUT_BACKLOG, NOBODY, 5, { kind: 'full', reason: 'OTHER_HISTORY' }, 'HISTORY'],
  [
    'the fork point is asked before the backlog',
    WITHOUT_BACKLOG,
    OTHER_REPLID,
    501,
    { kind: 'full', reason: 'PAST_FORK', bytes: 1 },
    'FORK_POINT',
  ],
  [
    'whoever serves nobody now puts off the live end too',
    { ...HISTORY, obstacle: 'LOADING' },
    REPLID,
    1000,
    { kind: 'later', reason: 'LOADING' },
    'SERVING',
  ],
]

for (const [rule, history, replid, offset, forecast, decided] of CASES) {
  test(`forecastPsync: ${rule}`, () => {
    assert.deepEqual(forecastPsync(history, { replid, offset }), { forecast, ...(decided && { decided }) })
  })
}

test('the conditions hold up to the one that decides, and later ones were not checked', () => {
  const position = { replid: REPLID, offset: 199 }
  const checked = checkedConditions({ history: HISTORY, position, ...forecastPsync(HISTORY, position) })
  assert.deepEqual(
    checked.map(({ holds }) => holds),
    [true, true, true, true, true, false, undefined],
  )
  assert.equal(checked[5]?.numbers, '200 ≥ 201')
  assert.equal(checked[6]?.numbers, '')
})

test('all conditions hold for a partial resync', () => {
  const position = { replid: REPLID, offset: 1000 }
  const checked = checkedConditions({ history: HISTORY, position, ...forecastPsync(HISTORY, position) })
  assert.ok(checked.length === 7 && checked.every(({ holds }) => holds === true))
})

test('a position lives until the free part of the backlog and everything before it are overwritten', () => {
  // 224 bytes are free, and bytes 201 to 700 go first.
  assert.equal(bytesToLive(HISTORY, { replid: REPLID, offset: 700 }), 724)
  // Since 7.0 it may hold more than its size, lent by a replica's buffer.
  const longer = { ...HISTORY, backlog: { firstByteOffset: 201, histlen: 800, size: 512 } }
  assert.equal(bytesToLive(longer, { replid: REPLID, offset: 700 }), 212)
  assert.equal(bytesToLive(longer, { replid: REPLID, offset: 300 }), 0)
})
