/** The answer to "would this replica get a partial resync?", and why, in the server's own numbers. */

import type { Guard } from '../../handshake/guard.ts'
import type { Verdict } from '../../handshake/machine.ts'
import { type History, isSameReplid, type Position, requestOffset } from '../../protocol/history.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { Settings } from '../../protocol/settings.ts'
import { duration, exact } from '../units.ts'
import type { ConditionName, Forecast } from './forecast.ts'
import { describeStop, type StopReason } from './verdict.ts'

/** Whose position it is. */
export type Subject =
  | { readonly kind: 'live end' }
  | { readonly kind: 'given' }
  /** A real replica, or a master asked as if it became one. `downSeconds` since it lost its link. */
  | { readonly kind: 'replica'; readonly name: string; readonly role: string; readonly follows?: string; readonly downSeconds?: number }

/** What a run has found out; what it could not is absent. */
export interface PsyncFacts {
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
}

/** later: nothing is served now. unknown: INFO cannot be had, and nothing was asked. */
export type Answer = 'continue' | 'full' | 'later' | 'unknown'

/** What the server itself answered, in two words; undefined where it was not asked. */
function verdictAnswer(verdict: Verdict | undefined): 'continue' | 'full' | undefined {
  if (!verdict || verdict.kind === 'none' || verdict.kind === 'permitted') return undefined
  return verdict.kind === 'continue' ? 'continue' : 'full'
}

/** The server's word goes before its INFO. */
export function answerOf({ verdict, forecast }: PsyncFacts): { answer: Answer; basis: 'psync' | 'info' } {
  const asked = verdictAnswer(verdict)
  return asked ? { answer: asked, basis: 'psync' } : { answer: forecast?.kind ?? 'unknown', basis: 'info' }
}

/** Whether PSYNC answered as INFO had promised a moment before; undefined where one of the two is missing. */
export function isAsForecast({ verdict, forecast }: PsyncFacts): boolean | undefined {
  const asked = verdictAnswer(verdict)
  return asked && forecast ? asked === forecast.kind : undefined
}

export function headline(facts: PsyncFacts, subject: Subject): string {
  return facts.stopped === 'RENAMED' ? `${inShort(facts, subject)} That is if the name is not SYNC to it.` : inShort(facts, subject)
}

function inShort(facts: PsyncFacts, subject: Subject): string {
  const who = subjectText(subject, facts.position)
  const { answer } = answerOf(facts)
  if (answer === 'later') return `${who} would be put off: ${LATER[facts.history?.obstacle ?? 'LOADING']}`
  if (answer === 'unknown') return `${who}: not known from INFO, and nothing was asked that could fork.`
  if (isAsForecast(facts) === false || !facts.forecast) return `${who} ${facts.verdict ? 'got' : 'would get'} a ${NAMES[answer]}.`
  if (facts.forecast.kind === 'continue') return `${who} would get a partial resync: ${toSend(facts.forecast.bytes)}`
  return `${who} would get a full resync: ${shortReason(facts.forecast)}.`
}

const NAMES = { continue: 'partial resync', full: 'full resync' } as const

const LATER = {
  LOADING: 'this server is loading its data.',
  FAILOVER: 'this server is handing over to one of its replicas (FAILOVER).',
  NOMASTERLINK: 'this server is a replica itself, and its own link to its master is down.',
} as const

function subjectText(subject: Subject, position: Position | undefined): string {
  const at = position ? ` (byte ${exact(position.offset)})` : ''
  if (subject.kind === 'live end') return `A replica at the live end${at}`
  if (subject.kind === 'given') return `A replica with the history up to byte ${exact(position?.offset ?? 0)}`
  if (position?.replid === '?') return `${subject.name}, which has no position,`
  return subject.role === 'master'
    ? `${subject.name}, made a replica of this server now${at},`
    : `Replica ${subject.name}, reconnecting now${at},`
}

function toSend(bytes: number): string {
  return bytes === 0 ? 'it has everything.' : `${exact(bytes)} bytes of history to send.`
}

function shortReason(forecast: Forecast): string {
  if (forecast.kind !== 'full') return ''
  const by = exact(forecast.bytes ?? 0)
  switch (forecast.reason) {
    case 'REQUESTED':
      return 'there is no position to go on from'
    case 'OTHER_HISTORY':
      return 'it has another history'
    case 'PAST_FORK':
      return `it is ${by} bytes past the point where this server’s history branched off`
    case 'NO_BACKLOG':
      return 'this server keeps no backlog'
    case 'TOO_OLD':
      return `it is ${by} bytes too old`
    case 'AHEAD':
      return `it is ${by} bytes ahead of this server`
  }
}

/** The deciding condition in the server's numbers, sentence by sentence, and where a real replica stands now. */
export function because(facts: PsyncFacts, subject: Subject): string[] {
  return [...reasons(facts, subject), ...standing(subject)]
}

function standing(subject: Subject): string[] {
  if (subject.kind !== 'replica' || !subject.follows) return []
  const { follows, downSeconds } = subject
  if (downSeconds === undefined) return [`It follows ${follows} now.`]
  return [`It follows ${follows}, and its link ${downSeconds < 0 ? 'was never up' : `has been down for ${duration(downSeconds * 1000)}`}.`]
}

function reasons(facts: PsyncFacts, subject: Subject): string[] {
  const { forecast, history, position, verdict, stopped } = facts
  if (verdict?.kind === 'legacy' || stopped === 'AS_SYNC') return [AS_SYNC]
  if (isAsForecast(facts) === false) return ['INFO had promised otherwise a moment before: the history moved in between. Ask again.']
  if (!forecast || !history || !position) return []
  const asked = exact(requestOffset(position))
  const { backlog } = history
  if (forecast.kind === 'continue') return newReplid(history, position)
  if (forecast.kind === 'later') return []
  switch (forecast.reason) {
    case 'REQUESTED':
      return ['It has no history of its own: PSYNC ? -1.']
    case 'OTHER_HISTORY':
      return [`It asks for ${position.replid}; this server has ${history.replid}${earlier(history)}.`, ...causes(facts, subject)]
    case 'PAST_FORK':
      return [
        `This server went on from ${history.replid2} at byte ${exact((history.secondOffset ?? 0) - 1)}, when it was promoted or restarted; whoever has more than that has bytes which this server never had.`,
      ]
    case 'NO_BACKLOG':
      return ['No replica has been here since its start, or its backlog was freed repl-backlog-ttl after the last one left.']
    case 'TOO_OLD':
      return [
        `It asks for byte ${asked}; the backlog begins at byte ${exact(backlog?.firstByteOffset ?? 0)} and holds ${exact(backlog?.histlen ?? 0)} bytes (repl-backlog-size ${exact(backlog?.size ?? 0)}).`,
      ]
    case 'AHEAD':
      return [
        `It asks for byte ${asked}; the next one that this server will write is ${exact(history.offset + 1)}. Whoever is ahead has bytes which this server never had, or lost.`,
      ]
  }
}

const AS_SYNC =
  'Under this name PSYNC is SYNC to the server: it forks and sends an RDB without a position, whatever is asked and whatever INFO promises.'

function newReplid(history: History, position: Position): string[] {
  if (isSameReplid(position.replid, history.replid)) return []
  return [`It goes on under a new replid, ${history.replid}: it began at byte ${exact((history.secondOffset ?? 0) - 1)}.`]
}

function earlier({ replid2, secondOffset }: History): string {
  if (!replid2) return ', and remembers none before it'
  return `, and remembers ${replid2} up to byte ${exact((secondOffset ?? 0) - 1)} from before that`
}

/** A replid ends by restart, by failover, or with the backlog; what INFO and CONFIG show of each. */
function causes({ uptimeSeconds, history, settings }: PsyncFacts, subject: Subject): string[] {
  const sentences: string[] = []
  const downSeconds = subject.kind === 'replica' ? subject.downSeconds : undefined
  if (uptimeSeconds !== undefined) {
    const wasRestarted = downSeconds !== undefined && uptimeSeconds <= downSeconds
    const sure = wasRestarted ? `, and the replica lost its link ${duration(downSeconds * 1000)} ago: it was restarted` : ''
    sentences.push(`This server has been up for ${duration(uptimeSeconds * 1000)}${sure}.`)
  }
  if (!history?.backlog) {
    const ttl = settings?.get('repl-backlog-ttl')
    const after = ttl ? ` (${ttl} s)` : ''
    sentences.push(`It keeps no backlog: where one is freed, repl-backlog-ttl${after} after the last replica left, the replid changes too.`)
  }
  return sentences
}

/** Why the server was not asked, where it was to be. */
export function notSent({ stopped }: PsyncFacts): { reason: StopReason; text: string } | undefined {
  // At the live end the one follows from the other.
  const reason = stopped === 'NO_BACKLOG' ? 'NEW_REPLID' : stopped
  return reason && reason !== 'WOULD_FORK' && reason !== 'AS_SYNC' ? { reason, text: describeStop(reason) } : undefined
}
