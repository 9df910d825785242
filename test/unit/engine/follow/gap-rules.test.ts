/** What a follower does when a server does not go on with its history. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Forecast } from '../../../../src/diagnosis/psync/forecast.ts'
import type { StopReason } from '../../../../src/diagnosis/psync/verdict.ts'
import { type FailedLink, GapRules } from '../../../../src/engine/follow/gap-rules.ts'
import { resumeAt, type Start } from '../../../../src/engine/follow/start.ts'
import { ReplError } from '../../../../src/errors.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const RECEIVED = { replid: REPLID, offset: 1000 }
const NOW: Start = { kind: 'now' }

function unserved(forecast?: Forecast, fields: Partial<FailedLink> = {}): FailedLink {
  const history = { replid: OTHER_REPLID, offset: 900, replid2: REPLID, secondOffset: 801 }
  return {
    stopped: undefined,
    forecast: forecast && { type: 'forecast', at: 0, history, position: RECEIVED, forecast },
    noInfo: undefined,
    start: resumeAt(RECEIVED),
    received: RECEIVED,
    ...fields,
  }
}

const TOO_OLD: Forecast = { kind: 'full', reason: 'TOO_OLD', bytes: 70 }
const AHEAD: Forecast = { kind: 'full', reason: 'AHEAD', bytes: 100 }
const PAST_FORK: Forecast = { kind: 'full', reason: 'PAST_FORK', bytes: 200 }

function failure(of: () => unknown): Record<string, unknown> {
  try {
    of()
  } catch (error) {
    assert.ok(error instanceof ReplError)
    return { code: error.code, ...error.details }
  }
  return assert.fail('nothing was thrown')
}

test('a gap ends it, with how many bytes are missing and behind what, unless it may be gone over', () => {
  const link = unserved(TOO_OLD)
  const expected = { code: 'GAP', reason: 'TOO_OLD', offset: 1000, replid: REPLID, distanceBytes: 70, onGap: 'fail' }
  assert.deepEqual(
    failure(() => new GapRules({ onGap: 'fail' }).next(link)),
    expected,
  )
  assert.deepEqual(new GapRules({ onGap: 'skip' }).next(link), { kind: 'restart', start: NOW })
  assert.deepEqual(new GapRules({ onGap: 'resync' }).next(link), { kind: 'restart', start: { kind: 'snapshot' } })
})

test('what is missing begins where it was lost first, until there is a stream; behind the live end there is nothing more to try', () => {
  const rules = new GapRules({ onGap: 'skip' })
  rules.next(unserved(TOO_OLD))
  rules.next(unserved(TOO_OLD, { received: { replid: REPLID, offset: 2000 } }))
  assert.deepEqual(rules.gap, { reason: 'LOST', from: RECEIVED })
  assert.equal(failure(() => rules.next(unserved(undefined, { start: NOW }))).offset, 1000)
  assert.deepEqual(rules.attached(), { reason: 'LOST', from: RECEIVED })
  assert.equal(rules.gap, undefined)
})

test('a position that was lost on the way is asked for eight times more, and of a backlog always a younger one', () => {
  for (const stopped of ['NEAR_EDGE', 'WOULD_FORK'] as const) {
    const rules = new GapRules({ onGap: 'skip' })
    const steps = Array.from({ length: 9 }, (): string => rules.next(unserved(TOO_OLD, { stopped })).kind)
    assert.deepEqual(steps, [...Array(8).fill('again'), 'restart'])
    assert.equal(rules.room, 0)
  }
  const rules = new GapRules({ onGap: 'fail' })
  const rooms = Array.from({ length: 3 }, () => {
    assert.equal(rules.next(unserved(TOO_OLD, { start: { kind: 'backlog' }, received: undefined })).kind, 'again')
    return rules.room
  })
  assert.deepEqual(rooms, [64 * 1024, 128 * 1024, 256 * 1024])
  rules.attached()
  assert.equal(rules.room, 0)
})

test('behind a fork it is stepped back to the fork, and where that comes too late the gap says so', () => {
  const link = unserved(PAST_FORK)
  const rules = new GapRules({ onGap: 'skip' })
  assert.deepEqual(rules.next(link), { kind: 'rewind', replid: REPLID, fork: 800 })
  const fork = { replid: REPLID, offset: 800 }
  assert.deepEqual(rules.lost(link, 'DIVERGED', fork), { kind: 'restart', start: resumeAt(fork) })
  assert.equal(failure(() => new GapRules({ onGap: 'fail' }).lost(link, 'DIVERGED', fork)).reason, 'DIVERGED')
})

test('a server that is behind us is given ten seconds from the first time on', (context) => {
  let clock = 50_000
  context.mock.method(performance, 'now', () => clock)
  const rules = new GapRules({ onGap: 'skip' })
  const step = () => {
    const next = rules.next(unserved(AHEAD))
    return next.kind === 'later' ? next.error.details.reason : next.kind
  }
  assert.equal(step(), 'BEHIND_US')
  clock += 10_000
  assert.equal(step(), 'BEHIND_US')
  clock += 1
  assert.equal(step(), 'restart')
  // Who has received nothing has nothing to wait with.
  assert.equal(new GapRules({ onGap: 'skip' }).next(unserved(AHEAD, { received: undefined })).kind, 'restart')
})

test('whatever may pass is left for later, and what no attempt changes ends it', () => {
  const rules = new GapRules({ onGap: 'skip', renamed: { psync: 'MYSYNC' } })
  const later = rules.next(unserved({ kind: 'later', reason: 'LOADING' }))
  assert.equal(later.kind === 'later' && later.error.code, 'TRY_LATER')
  const noInfo = new ReplError('NOPERM', { reply: 'NOPERM' })
  assert.deepEqual(rules.next(unserved(undefined, { stopped: 'NO_INFO', noInfo })), { kind: 'later', error: noInfo })
  for (const stopped of ['NO_BACKLOG', 'RENAMED', 'AS_SYNC'] satisfies StopReason[]) {
    const { code, reason, command } = failure(() => rules.next(unserved(undefined, { stopped })))
    assert.deepEqual(
      [code, reason, command],
      [stopped === 'NO_BACKLOG' ? 'FORK_NEEDED' : 'NOT_SUPPORTED', stopped, stopped === 'NO_BACKLOG' ? undefined : 'MYSYNC'],
    )
  }
})
