/** Answers "would this replica get a partial resync?" from the reply to PSYNC or from INFO. */

import type { ErrorCode } from '../../errors.ts'
import type { Guard } from '../../handshake/guard.ts'
import type { Verdict } from '../../handshake/machine.ts'
import type { History, Position } from '../../protocol/history.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { Settings } from '../../protocol/settings.ts'
import type { ResyncLoop } from '../resync/loop.ts'
import type { ResyncSuspicion } from '../resync/report.ts'
import type { ConditionName, Forecast } from './forecast.ts'
import type { MasterAnswer } from './master-answer.ts'
import type { StopReason } from './verdict.ts'

/** The owner of the position. */
export type Subject =
  | { readonly kind: 'live end' }
  | { readonly kind: 'given' }
  /** A real replica, or a master as a future replica. `downSeconds` counts since its link broke; negative if it was never up. */
  | {
      readonly kind: 'replica'
      readonly name: string
      readonly role: string
      readonly follows?: string
      readonly downSeconds?: number
      /** Present if its link is down and no full resync is in progress. */
      readonly master?: MasterAnswer
      /** It does not answer us: the position is the last ACK that its master lists. */
      readonly listed?: ListedPosition
    }

export interface ListedPosition {
  /** The server that lists it. */
  readonly by: string
  readonly state: string
  readonly ackAgeSeconds?: number
  /** The code of the failure to ask the replica itself. */
  readonly failure: string
}

/** What a run found out. Unknown facts are absent. */
export interface PsyncFacts {
  /** The server that was asked, by its address. */
  readonly server?: string
  readonly identity?: ServerIdentity
  readonly uptimeSeconds?: number
  readonly settings?: Settings
  readonly guard?: Guard
  readonly position?: Position
  readonly history?: History
  readonly forecast?: Forecast
  readonly decided?: ConditionName
  readonly verdict?: Verdict
  readonly stopped?: StopReason
  readonly rate?: { readonly bytes: number; readonly overMs: number }
  /** A replica of this server never finishes a full resync. */
  readonly loop?: ResyncLoop
  /** Its counters look like a loop that was not seen. */
  readonly suspicion?: ResyncSuspicion
  /** The replica is configured to follow this server, but its link never came up, so it never sends PSYNC. */
  readonly isLinkless?: boolean
}

/** later: the server serves no replica now. no-link: the replica never sends PSYNC. unknown: there is no INFO, and no PSYNC was sent. */
export type Answer = 'partial' | 'full' | 'later' | 'no-link' | 'unknown'

/** The answer of a real PSYNC. Undefined if none was sent, or only one that checks the permission. */
export function verdictAnswer(verdict: Verdict | undefined): 'partial' | 'full' | undefined {
  if (!verdict || verdict.kind === 'none' || verdict.kind === 'permitted') return undefined
  return verdict.kind === 'continue' ? 'partial' : 'full'
}

/** The answer that INFO promises. */
export function forecastAnswer({ kind }: Forecast): Answer {
  return kind === 'continue' ? 'partial' : kind
}

/** A reply to PSYNC takes precedence over INFO. */
export function answerOf({ verdict, forecast, isLinkless }: PsyncFacts): { answer: Answer; basis: 'psync' | 'info' } {
  if (isLinkless) return { answer: 'no-link', basis: 'info' }
  const psyncAnswer = verdictAnswer(verdict)
  return psyncAnswer ? { answer: psyncAnswer, basis: 'psync' } : { answer: forecast ? forecastAnswer(forecast) : 'unknown', basis: 'info' }
}

const MARKS: Record<Answer, string> = { partial: 'PARTIAL', full: 'FULL', later: 'LATER', 'no-link': 'NO LINK', unknown: 'UNKNOWN' }

/** The answer as the first word of its line. */
export function markOf(facts: PsyncFacts): string {
  return MARKS[answerOf(facts).answer]
}

/** The class of an answer that leaves the question open. Undefined if a resync was predicted or granted. */
export function openAnswer(facts: PsyncFacts): ErrorCode | undefined {
  const { answer } = answerOf(facts)
  if (answer === 'unknown') return 'FORK_NEEDED'
  return answer === 'later' ? 'TRY_LATER' : undefined
}

/** Whether PSYNC confirmed the forecast from INFO; undefined if either is missing. */
export function isAsForecast({ verdict, forecast }: PsyncFacts): boolean | undefined {
  const psyncAnswer = verdictAnswer(verdict)
  return psyncAnswer && forecast ? psyncAnswer === forecastAnswer(forecast) : undefined
}
