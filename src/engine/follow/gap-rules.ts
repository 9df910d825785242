/** Decides what to do when a server cannot resume our history: retry, wait, rewind, or report a gap. */

import type { FullReason } from '../../diagnosis/psync/forecast.ts'
import { mayHaveForked, type StopReason } from '../../diagnosis/psync/verdict.ts'
import { type Failure, fromFailure, ReplError } from '../../errors.ts'
import type { Guard } from '../../handshake/guard.ts'
import type { Verdict } from '../../handshake/machine.ts'
import type { Renamed } from '../../handshake/plan.ts'
import { now } from '../../io/clock.ts'
import type { Position } from '../../protocol/history.ts'
import { missingAt } from '../ask/no-position.ts'
import type { ForecastEvent } from '../events.ts'
import type { GapReason } from './events.ts'
import { resumeAt, type Start } from './start.ts'

export interface GapOptions {
  /** When the history cannot be resumed: fail with GAP, skip to the live end, or take a full resync. */
  readonly onGap: 'fail' | 'skip' | 'resync'
  readonly renamed?: Renamed
  /** The user's command line with permission to fork. */
  readonly forkCommand?: string | undefined
}

/** A link that ended without a stream: PSYNC was not sent, or its reply was not usable. */
export interface FailedLink {
  readonly stopped: StopReason | undefined
  readonly verdict: Verdict | undefined
  /** What was expected to keep a refused PSYNC from forking the server. */
  readonly guard: Guard | undefined
  readonly forecast: ForecastEvent | undefined
  /** Why there is no INFO. */
  readonly noInfo: Failure | undefined
  readonly start: Start
  /** The last byte received. */
  readonly received: Position | undefined
}

/** A gap that is not reported yet. */
export interface Gap {
  readonly reason: GapReason
  readonly from: Position
}

/**
 * again: retry at once. later: retry after a delay, if the error is transient. restart: start again after a gap.
 * rewind: resume at the point where the histories diverge, if nothing after it has been shown.
 */
export type Step = { readonly kind: 'again' } | { readonly kind: 'later'; readonly error: ReplError } | Rewind | Restart

export interface Rewind {
  readonly kind: 'rewind'
  readonly replid: string
  readonly fork: number
}

export interface Restart {
  readonly kind: 'restart'
  readonly start: Start
}

/** How many retries a race between INFO and PSYNC gets. Each of them must be known not to fork the server. */
const RACES = 8
const FIRST_ROOM_BYTES = 64 * 1024
/** How long to wait for a server of the same history whose offset is below ours. */
const AHEAD_PATIENCE_MS = 10_000

/** `next` is called once per link without a stream. Keeps the retries so far, and the gap. */
export class GapRules {
  readonly #options: GapOptions
  #races = 0
  #room = 0
  #aheadSince: number | undefined
  #gap: Gap | undefined

  constructor(options: GapOptions) {
    this.#options = options
  }

  /** How many bytes after the oldest one to start, when the backlog has just dropped the oldest. */
  get room(): number {
    return this.#room
  }

  get gap(): Gap | undefined {
    return this.#gap
  }

  /** Call when a stream begins. @returns the gap before it */
  attached(): Gap | undefined {
    const gap = this.#gap
    this.#races = this.#room = 0
    this.#aheadSince = this.#gap = undefined
    return gap
  }

  /** @throws ReplError GAP, or why there is no stream */
  next(link: FailedLink): Step {
    if (mayHaveForked({ ...link, history: link.forecast?.history })) return this.#contradicted(link)
    const { stopped, noInfo, start } = link
    const forecast = link.forecast?.forecast
    if (forecast?.kind === 'later') return later(new ReplError('NOT_SERVING', { obstacle: forecast.reason }))
    const missing = missingAt(stopped)
    if (missing) return later(missing)
    if (stopped === 'NO_INFO') return later(noInfo ? fromFailure(noInfo) : new ReplError('NO_POSITION'))
    this.#refuse(stopped)
    // The position was lost, or almost, between INFO and PSYNC. Here PSYNC was not sent, or its refusal did no harm.
    const isRace = stopped === 'NEAR_EDGE' || stopped === 'WOULD_FORK' || start.kind === 'backlog'
    if (isRace && this.#races < RACES) return this.#again(start)
    if (forecast?.kind === 'full' && forecast.reason === 'PAST_FORK') return rewind(link)
    if (forecast?.kind === 'full' && forecast.reason === 'AHEAD' && link.received) return this.#waitForCatchUp(link)
    return this.lost(link, 'LOST')
  }

  /** @throws ReplError FORK_NEEDED if only a fork would help */
  #refuse(stopped: StopReason | undefined): void {
    const { forkCommand } = this.#options
    if (stopped === 'NO_BACKLOG') throw new ReplError(stopped, forkCommand === undefined ? {} : { forkCommand })
    if (stopped === 'RENAMED') throw new ReplError(stopped, { command: this.#options.renamed?.psync ?? 'PSYNC' })
  }

  /**
   * INFO granted the position, and PSYNC was answered by a full resync, which may have forked the server. PSYNC is not sent
   * again, not even for another position: only a full resync that the user asked for may follow.
   * @throws ReplError GAP (CONTRADICTED) if we were to resume, otherwise NOT_SUPPORTED (NOT_GRANTED, AS_SYNC). PROTOCOL
   *   (PSYNC_VERDICT) if PSYNC asked for no position, only whether it is permitted
   */
  #contradicted(link: FailedLink): Restart {
    const { start, received, stopped, forecast, verdict } = link
    if (stopped === 'AS_SYNC') throw new ReplError(stopped, { command: this.#options.renamed?.psync ?? 'PSYNC' })
    if (forecast?.forecast.kind !== 'continue') throw new ReplError('PSYNC_VERDICT', { verdict: verdict?.kind ?? '' })
    const from = this.#gap?.from ?? received ?? ('position' in start ? start.position : undefined)
    const { replid, offset } = from ?? lastKnown(link)
    if (!from) throw new ReplError('NOT_GRANTED', { replid, offset })
    if (this.#options.onGap === 'resync') return this.lost(link, 'LOST')
    throw new ReplError('CONTRADICTED', { replid, offset, onGap: this.#options.onGap })
  }

  #again(start: Start): Step {
    this.#races += 1
    if (start.kind === 'backlog') this.#room = Math.max(FIRST_ROOM_BYTES, this.#room * 2)
    return { kind: 'again' }
  }

  /** A replica of the same history whose offset is below ours may catch up. */
  #waitForCatchUp(link: FailedLink): Step {
    this.#aheadSince ??= now()
    if (now() - this.#aheadSince > AHEAD_PATIENCE_MS) return this.lost(link, 'LOST')
    return later(new ReplError('REPLICA_LAGS'))
  }

  /** @param to where the histories diverge, when known @throws ReplError GAP */
  lost(link: FailedLink, reason: GapReason, to?: Position): Restart {
    // After a gap only the live end remains, and this link could not serve it.
    const isHopeless = this.#gap !== undefined && link.start.kind === 'now'
    if (this.#options.onGap === 'fail' || isHopeless) throw this.error(link, reason)
    this.#gap ??= { reason, from: lastKnown(link) }
    this.#races = 0
    if (this.#options.onGap === 'resync') return { kind: 'restart', start: { kind: 'snapshot' } }
    return { kind: 'restart', start: to ? resumeAt(to) : { kind: 'now' } }
  }

  /** The error that ends the run when it must not skip the gap. */
  error(link: FailedLink, reason: GapReason): ReplError {
    const forecast = link.forecast?.forecast
    const { replid, offset } = this.#gap?.from ?? lastKnown(link)
    const cause = forecast?.kind === 'full' ? forecast : undefined
    return new ReplError(reason === 'DIVERGED' ? 'DIVERGED' : gapCause(cause?.reason), {
      offset,
      replid,
      ...(cause?.bytes !== undefined && { distanceBytes: cause.bytes }),
      onGap: this.#options.onGap,
    })
  }
}

function later(error: ReplError): Step {
  return { kind: 'later', error }
}

/** The cause of the gap, from the forecast of a full resync. */
function gapCause(reason: FullReason | undefined) {
  if (reason === undefined || reason === 'REQUESTED') return 'LOST'
  return reason === 'NO_BACKLOG' ? 'BACKLOG_GONE' : reason
}

/** A promoted replica has fewer bytes than we received: those not yet shown can still be dropped. */
function rewind(link: FailedLink): Rewind {
  return { kind: 'rewind', replid: lastKnown(link).replid, fork: (link.forecast?.history.secondOffset ?? 0) - 1 }
}

function lastKnown({ received, forecast }: FailedLink): Position {
  return received ?? forecast?.position ?? { replid: '', offset: 0 }
}
