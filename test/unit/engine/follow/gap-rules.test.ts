/** What a follower does when a server does not go on with its history. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Forecast } from '../../../../src/diagnosis/psync/forecast.ts'
import type { StopReason } from '../../../../src/diagnosis/psync/verdict.ts'
import { type FailedLink, GapRules } from '../../../../src/engine/follow/gap-rules.ts'
import { resumeAt, type Start } from '../../../../src/engine/follow/start.ts'
import { ReplError } from '../../../../src/errors.ts'
import type { Guard } from '../../../../src/handshake/guard.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const RECEIVED = { replid: REPLID, offset: 1000 }
const NOW: Start = { kind: 'now' }

function unserved(forecast?: Forecast, fields: Partial<FailedLink> = {}): FailedLink {
  const history = { replid: OTHER_REPLID, offset: 900, replid2: REPLID, secondOffset: 801 }
  return {
    stopped: undefined,
    verdict: undefined,
    guard: undefined,
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

test('a gap ends the run and names its offset and the missing bytes, unless --on-gap allows it', () => {
  const link = unserved(TOO_OLD)
  const expected = { code: 'GAP', reason: 'TOO_OLD', offset: 1000, replid: REPLID, distanceBytes: 70, onGap: 'fail' }
  assert.deepEqual(
    failure(() => new GapRules({ onGap: 'fail' }).next(link)),
    expected,
  )
  assert.deepEqual(new GapRules({ onGap: 'skip' }).next(link), { kind: 'restart', start: NOW })
  assert.deepEqual(new GapRules({ onGap: 'resync' }).next(link), { kind: 'restart', start: { kind: 'snapshot' } })
})

test('a gap begins where the history was lost first; after the live end there is nothing more to try', () => {
  const rules = new GapRules({ onGap: 'skip' })
  rules.next(unserved(TOO_OLD))
  rules.next(unserved(TOO_OLD, { received: { replid: REPLID, offset: 2000 } }))
  assert.deepEqual(rules.gap, { reason: 'LOST', from: RECEIVED })
  assert.equal(failure(() => rules.next(unserved(undefined, { start: NOW }))).offset, 1000)
  assert.deepEqual(rules.attached(), { reason: 'LOST', from: RECEIVED })
  assert.equal(rules.gap, undefined)
})

const BACKLOG = { firstByteOffset: 1, histlen: 900, size: 1000 }
const DELAY: Guard = { name: 'diskless-delay', isCertain: true, capabilities: [], emptyRdb: true }

/** A link whose PSYNC was granted by INFO and answered by a full resync of this kind. */
function refused(kind: 'full' | 'would-fork' | 'channel', guard: Guard | undefined, fields: Partial<FailedLink> = {}): FailedLink {
  const verdict = kind === 'full' ? { kind, replid: OTHER_REPLID, offset: 1 } : { kind }
  const history = { replid: REPLID, offset: 900, backlog: BACKLOG }
  const forecast = {
    type: 'forecast',
    at: 0,
    history,
    position: RECEIVED,
    forecast: { kind: 'continue', bytes: 0, replid: REPLID },
  } as const
  return { ...unserved(undefined, { stopped: 'WOULD_FORK', verdict, guard }), forecast, ...fields }
}

test('a position that was lost before PSYNC was sent, or harmlessly, gets eight retries, and of a backlog always a younger one', () => {
  const races = [unserved(TOO_OLD, { stopped: 'NEAR_EDGE' }), refused('would-fork', DELAY), refused('channel', undefined)]
  for (const link of races) {
    const rules = new GapRules({ onGap: 'skip' })
    const steps = Array.from({ length: 9 }, (): string => rules.next(link).kind)
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

test('a full resync that may have forked the server ends it at the first time, whatever the start and whatever --on-gap', () => {
  const forking = [
    refused('full', DELAY),
    refused('full', undefined),
    refused('would-fork', undefined),
    refused('would-fork', { ...DELAY, isCertain: false }),
    refused('would-fork', { ...DELAY, name: 'empty-rdb' }),
  ]
  for (const link of forking) {
    const resuming = failure(() => new GapRules({ onGap: 'skip' }).next(link))
    assert.deepEqual([resuming.code, resuming.reason, resuming.offset], ['GAP', 'CONTRADICTED', 1000])
    for (const start of [NOW, { kind: 'backlog' }] as const) {
      const fresh = failure(() => new GapRules({ onGap: 'skip' }).next({ ...link, start, received: undefined }))
      assert.deepEqual([fresh.code, fresh.reason], ['NOT_SUPPORTED', 'NOT_GRANTED'])
    }
  }
  const given: Start = { kind: 'after', position: { replid: REPLID, offset: 55 } }
  const after = failure(() => new GapRules({ onGap: 'resync' }).next(refused('channel', DELAY, { start: given, stopped: 'AS_SYNC' })))
  assert.equal(after.reason, 'AS_SYNC')
  assert.equal(
    failure(() => new GapRules({ onGap: 'fail' }).next(refused('full', DELAY, { start: given, received: undefined }))).offset,
    55,
  )
})

test('after an unwanted full resync, only one that the user requested may follow', () => {
  assert.deepEqual(new GapRules({ onGap: 'resync' }).next(refused('full', undefined)), { kind: 'restart', start: { kind: 'snapshot' } })
  const putOff = unserved({ kind: 'later', reason: 'LOADING' }, { stopped: 'WOULD_FORK', verdict: { kind: 'would-fork' } })
  assert.equal(failure(() => new GapRules({ onGap: 'resync' }).next(putOff)).reason, 'PSYNC_VERDICT')
})

test('after a failover it steps back to the offset where the histories part; too late, it is a gap', () => {
  const link = unserved(PAST_FORK)
  const rules = new GapRules({ onGap: 'skip' })
  assert.deepEqual(rules.next(link), { kind: 'rewind', replid: REPLID, fork: 800 })
  const fork = { replid: REPLID, offset: 800 }
  assert.deepEqual(rules.lost(link, 'DIVERGED', fork), { kind: 'restart', start: resumeAt(fork) })
  assert.equal(failure(() => new GapRules({ onGap: 'fail' }).lost(link, 'DIVERGED', fork)).reason, 'DIVERGED')
})

test('a server with fewer bytes than we have gets ten seconds to catch up', (context) => {
  let clock = 50_000
  context.mock.method(performance, 'now', () => clock)
  const rules = new GapRules({ onGap: 'skip' })
  const step = () => {
    const next = rules.next(unserved(AHEAD))
    return next.kind === 'later' ? next.error.details.reason : next.kind
  }
  assert.equal(step(), 'REPLICA_LAGS')
  clock += 10_000
  assert.equal(step(), 'REPLICA_LAGS')
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
      [stopped === 'AS_SYNC' ? 'NOT_SUPPORTED' : 'FORK_NEEDED', stopped, stopped === 'NO_BACKLOG' ? undefined : 'MYSYNC'],
    )
  }
})
