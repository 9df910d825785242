/** What to do where a server does not continue what was followed: ask again, wait, step back, or report what is missing. */
import type { FullReason } from '../../diagnosis/psync/forecast.ts'
import type { StopReason } from '../../diagnosis/psync/verdict.ts'
import { errorOf, type Failure, ReplError } from '../../errors.ts'
import type { Renamed } from '../../handshake/plan.ts'
import { now } from '../../io/clock.ts'
import type { Position } from '../../protocol/history.ts'
import type { ForecastEvent } from '../events.ts'
import type { GapReason } from './events.ts'
import { resumeAt, type Start } from './start.ts'

export interface GapOptions {
  /** When the history cannot be continued: end with GAP, go on at the live end, or take a full resync. */
  readonly onGap: 'fail' | 'skip' | 'resync'
  readonly renamed?: Renamed
}

/** A link that ended without a stream: PSYNC was not sent, or its answer was not the one we wanted. */
export interface Unserved {
  readonly stopped: StopReason | undefined
  readonly forecast: ForecastEvent | undefined
  /** Why there is no INFO. */
  readonly noInfo: Failure | undefined
  /** What was asked for. */
  readonly start: Start
  /** The last byte that we have. */
  readonly received: Position | undefined
}

/** What is missing, until it is reported. */
export interface Gap {
  readonly reason: GapReason
  readonly from: Position
}

/**
 * again: at once. later: after a while, if the error is a passing one. elsewhere: after a gap.
 * rewind: from the fork point on, if nothing after it has been shown.
 */
export type Step = { readonly kind: 'again' } | { readonly kind: 'later'; readonly error: ReplError } | Rewind | Elsewhere

export interface Rewind {
  readonly kind: 'rewind'
  readonly replid: string
  readonly fork: number
}

export interface Elsewhere {
  readonly kind: 'elsewhere'
  readonly start: Start
}

/** The position was lost, or all but lost, between INFO and PSYNC. */
const RACED: readonly (StopReason | undefined)[] = ['NEAR_EDGE', 'WOULD_FORK']
/** How often to ask again then. */
const RACES = 8
const FIRST_ROOM_BYTES = 64 * 1024
/** How long to wait for a server of the same history that has less of it than we have. */
const AHEAD_PATIENCE_MS = 10_000

/** Called once for each link that brought no stream; remembers what it has tried, and what is missing. */
export class GapRules {
  readonly #options: GapOptions
  #races = 0
  #room = 0
  #aheadSince: number | undefined
  #gap: Gap | undefined

  constructor(options: GapOptions) {
    this.#options = options
  }

  /** How much younger than the oldest byte to ask for, when the oldest was lost a moment ago. */
  get room(): number {
    return this.#room
  }

  get gap(): Gap | undefined {
    return this.#gap
  }

  /** There is a stream. @returns what is missing before it */
  attached(): Gap | undefined {
    const gap = this.#gap
    this.#races = this.#room = 0
    this.#aheadSince = this.#gap = undefined
    return gap
  }

  /** @throws ReplError GAP, or why there is nothing to follow */
  next(link: Unserved): Step {
    const { stopped, noInfo, start } = link
    const forecast = link.forecast?.forecast
    if (forecast?.kind === 'later') return later(new ReplError('NOT_SERVING', { obstacle: forecast.reason }))
    if (stopped === 'NO_INFO' || stopped === 'NO_POSITION') {
      return later(noInfo ? errorOf(noInfo) : new ReplError('NO_POSITION'))
    }
    this.#refuse(stopped)
    const isRace = RACED.includes(stopped) || start.kind === 'backlog'
    if (isRace && this.#races < RACES) return this.#again(start)
    if (forecast?.kind === 'full' && forecast.reason === 'PAST_FORK') return rewind(link)
    if (forecast?.kind === 'full' && forecast.reason === 'AHEAD' && link.received) return this.#waitForIt(link)
    return this.lost(link, 'LOST')
  }

  /** @throws ReplError NOT_SUPPORTED for what no other attempt changes */
  #refuse(stopped: StopReason | undefined): void {
    if (stopped === 'NO_BACKLOG') throw new ReplError(stopped)
    if (stopped === 'RENAMED' || stopped === 'AS_SYNC') {
      throw new ReplError(stopped, { command: this.#options.renamed?.psync ?? 'PSYNC' })
    }
  }

  #again(start: Start): Step {
    this.#races += 1
    if (start.kind === 'backlog') this.#room = Math.max(FIRST_ROOM_BYTES, this.#room * 2)
    return { kind: 'again' }
  }

  /** A replica that serves the same history and has less of it than we: it may catch up. */
  #waitForIt(link: Unserved): Step {
    this.#aheadSince ??= now()
    if (now() - this.#aheadSince > AHEAD_PATIENCE_MS) return this.lost(link, 'LOST')
    return later(new ReplError('BEHIND_US'))
  }

  /** @param to where the new history took over, when that is known @throws ReplError GAP */
  lost(link: Unserved, reason: GapReason, to?: Position): Elsewhere {
    // After a gap the live end is all that is left to ask for.
    const isHopeless = this.#gap !== undefined && link.start.kind === 'now'
    if (this.#options.onGap === 'fail' || isHopeless) throw this.error(link, reason)
    this.#gap ??= { reason, from: lastKnown(link) }
    this.#races = 0
    if (this.#options.onGap === 'resync') return { kind: 'elsewhere', start: { kind: 'snapshot' } }
    return { kind: 'elsewhere', start: to ? resumeAt(to) : { kind: 'now' } }
  }

  /** What it ends with where it may not go on. */
  error(link: Unserved, reason: GapReason): ReplError {
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

/** What the forecast of a full resync says of the history that was followed. */
function gapCause(reason: FullReason | undefined) {
  if (reason === undefined || reason === 'REQUESTED') return 'LOST'
  return reason === 'NO_BACKLOG' ? 'BACKLOG_GONE' : reason
}

/** A promoted replica had received less than we have: what has not been shown can still be dropped. */
function rewind(link: Unserved): Rewind {
  return { kind: 'rewind', replid: lastKnown(link).replid, fork: (link.forecast?.history.secondOffset ?? 0) - 1 }
}

function lastKnown({ received, forecast }: Unserved): Position {
  return received ?? forecast?.position ?? { replid: '', offset: 0 }
}
