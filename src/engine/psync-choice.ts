/** Which PSYNC a goal sends, from what is known of the server, and why none is sent. */
import { bytesToLive, forecastPsync } from '../diagnosis/psync/forecast.ts'
import type { StopReason } from '../diagnosis/psync/verdict.ts'
import { canProbePermission, type Guard, isHarmless, NO_GUARD } from '../handshake/guard.ts'
import type { PsyncRequest } from '../handshake/plan.ts'
import { now } from '../io/clock.ts'
import { type History, type Position, requestOffset } from '../protocol/history.ts'
import type { ServerIdentity } from '../protocol/info/identity.ts'
import type { ServerInfo } from '../protocol/info/server-info.ts'
import { missingIn, STOPS } from './ask/no-position.ts'
import type { ForecastEvent } from './events.ts'
import { type AttachOptions, forksOnPurpose, mayFork, wantedPosition } from './goal.ts'

/** Smallest margin for what a master may write between INFO and PSYNC; at most half of the backlog. */
const EDGE_BYTES = 64 * 1024
/** The margin is also this many times what the master wrote between the two INFOs, several round trips apart. */
const EDGE_FACTOR = 4

export interface Known {
  readonly identity?: ServerIdentity | undefined
  /** Absent when the goal is a full resync. */
  readonly guard?: Guard | undefined
  /** What INFO showed first; the bytes written since then are the write rate. */
  readonly before?: ServerInfo | undefined
}

export interface PsyncChoice {
  readonly request: PsyncRequest
  /** Why no sync is requested; absent when one is. */
  readonly stopReason?: StopReason
  /** The reply as predicted from INFO; absent without INFO. */
  readonly forecast?: ForecastEvent
}

/** @param info the newest INFO */
export function choosePsync({ goal, renamed }: AttachOptions, known: Known, info: ServerInfo | undefined): PsyncChoice {
  const history = info?.history
  const position = wantedPosition(goal, history)
  const stop = (reason: StopReason) => stopped(reason, known)
  if (forksOnPurpose(goal)) return { request: { kind: 'anything' } }
  if (goal.kind === 'verdict' && goal.stopBeforePsync) return stop('ASKED_TO')
  const isRenamed = renamed?.psync !== undefined && !renamed.isProven
  if (isRenamed && !mayFork(goal)) return { ...stop('RENAMED'), ...(history && { forecast: predict(history, position) }) }
  if (history) return fromHistory({ goal, known, history, position })
  // Without a history a refusal cannot be ruled out, so we send nothing that could fork.
  if (mayFork(goal)) return { request: positionRequest(position) }
  return stop(info ? STOPS[missingIn(info)] : 'NO_INFO')
}

/** Whether the server certainly grants what the goal requests, so that the refusal needs no guard. */
export function isCertainlyGranted({ goal }: AttachOptions, before: ServerInfo): boolean {
  const { history } = before
  if (!history) return false
  const position = wantedPosition(goal, history)
  const { forecast, position: wanted } = predict(history, position)
  return forecast.kind === 'continue' && !mayBeLost(history, wanted, { position, before })
}

interface Case {
  readonly goal: AttachOptions['goal']
  readonly known: Known
  readonly history: History
  /** To request instead of the live end. */
  readonly position: Position | undefined
}

function fromHistory(given: Case): PsyncChoice {
  const { goal, known, history, position } = given
  const event = predict(history, position)
  const { forecast, position: wanted } = event
  const send = (at: Position | undefined) => ({ request: positionRequest(at), forecast: event })
  const stop = (reason: StopReason) => ({ ...stopped(reason, known), forecast: event })
  if (forecast.kind === 'continue') {
    const isRisk = mayBeLost(history, wanted, { position, before: known.before }) && objection(given, wanted) !== undefined
    return isRisk ? stop('NEAR_EDGE') : send(wanted)
  }
  if (forecast.kind === 'later') {
    if (canProbePermission(known.identity) || goal.kind === 'stream') return stop('PUT_OFF')
    if (!position) return send(wanted)
  }
  // The server no longer has this position, so there is no stream to follow.
  if (position && goal.kind === 'stream') return stop('LOST')
  const reason = objection(given, position)
  return reason ? stop(reason) : send(position)
}

function predict(history: History, position: Position | undefined): ForecastEvent {
  const wanted = position ?? { replid: history.replid, offset: history.offset }
  const { forecast, decided } = forecastPsync(history, wanted)
  return { type: 'forecast', at: now(), position: wanted, history, forecast, ...(decided && { decided }) }
}

/** At the live end only the write rate counts: a small backlog of an idle master is safe. */
function mayBeLost(history: History, wanted: Position, { position, before }: Pick<Case, 'position'> & Pick<Known, 'before'>): boolean {
  const written = before?.history ? history.offset - before.history.offset : 0
  const atLeast = position ? Math.min(EDGE_BYTES, (history.backlog?.size ?? 0) / 2) : 0
  return bytesToLive(history, wanted) < Math.max(atLeast, EDGE_FACTOR * written)
}

/** Why we must not send a PSYNC that would be refused; undefined when it is harmless or allowed. */
function objection({ goal, known: { guard = NO_GUARD }, history }: Case, position: Position | undefined): StopReason | undefined {
  if (mayFork(goal)) return undefined
  if (!position) return 'NO_BACKLOG'
  if (position.replid === '?') return 'CERTAIN'
  if (!guard.isCertain) return 'GUARD_UNKNOWN'
  if (isHarmless(guard, history.backlog !== undefined)) return undefined
  return guard.name === 'none' || guard.name === 'empty-rdb' ? 'NO_GUARD' : 'NEW_REPLID'
}

/** Requests no sync, but still checks the PSYNC permission where that is safe. */
function stopped(stopReason: StopReason, { identity }: Known): PsyncChoice {
  const mayProbe = !['ASKED_TO', 'LOST', 'RENAMED'].includes(stopReason) && canProbePermission(identity)
  return { request: { kind: mayProbe ? 'permission' : 'nothing' }, stopReason }
}

function positionRequest(position: Position | undefined): PsyncRequest {
  if (!position || position.replid === '?') return { kind: 'anything' }
  return { kind: 'position', replid: position.replid, requestOffset: requestOffset(position) }
}
