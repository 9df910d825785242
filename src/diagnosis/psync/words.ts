/** The answer of `psync` in words: the headline, the reasons, and what was not sent. */

import { type History, isSameReplid, type Position, requestOffset } from '../../protocol/history.ts'
import { suspicionText } from '../resync/loop-words.ts'
import { duration, exact } from '../units.ts'
import { answerOf, isAsForecast, type PsyncFacts, type Subject, verdictAnswer } from './answer.ts'
import type { Forecast } from './forecast.ts'
import { describeDownLink } from './master-answer.ts'
import { describeStop, mayHaveForked, type StopReason } from './verdict.ts'

/** The owner of the position. */
export function headline(facts: PsyncFacts, subject: Subject): string {
  return facts.stopped === 'RENAMED' ? `${summarise(facts, subject)} That is if the name is not SYNC to it.` : summarise(facts, subject)
}

function summarise(facts: PsyncFacts, subject: Subject): string {
  const who = subjectText(subject, facts.position)
  const { answer } = answerOf(facts)
  if (answer === 'no-link') return `Replica ${subject.kind === 'replica' ? subject.name : ''}: ${linkSentences(subject)[0] ?? ''}`
  if (answer === 'later') return `${who} would be put off: ${LATER[facts.history?.obstacle ?? 'LOADING']}`
  if (answer === 'unknown') return `${who}: ${whyUnknown(facts)}`
  if (isAsForecast(facts) === false || !facts.forecast) return `${who} ${facts.verdict ? 'got' : 'would get'} a ${NAMES[answer]}.`
  if (facts.forecast.kind === 'continue') return `${who} would get a partial resync: ${toSend(facts.forecast.bytes)}`
  return `${who} would get a full resync: ${shortReason(facts.forecast)}.`
}

function whyUnknown({ stopped }: PsyncFacts): string {
  const isMissing = stopped === 'NO_POSITION' || stopped === 'NO_REPLID' || stopped === 'NO_OFFSET'
  return isMissing ? describeStop(stopped) : 'not known from INFO, and nothing was asked that could fork.'
}

const NAMES = { partial: 'partial resync', full: 'full resync' } as const

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

/** The deciding condition in the server's numbers, and the present link of a real replica; one sentence per element. */
export function because(facts: PsyncFacts, subject: Subject): string[] {
  if (answerOf(facts).answer === 'no-link') return linkSentences(subject).slice(1)
  const suspicion = facts.suspicion ? [suspicionText(facts.suspicion)] : []
  return [...reasons(facts, subject), ...describeListed(subject), ...describeLink(subject), ...suspicion]
}

/** Why its link is down. */
function linkSentences(subject: Subject): string[] {
  if (subject.kind !== 'replica' || !subject.follows || !subject.master) return []
  return describeDownLink(subject.follows, subject.downSeconds ?? -1, subject.master)
}

function describeListed(subject: Subject): string[] {
  if (subject.kind !== 'replica' || !subject.listed) return []
  const { by, state, ackAgeSeconds, failure } = subject.listed
  const age = ackAgeSeconds === undefined ? '' : `, last ACK ${ackAgeSeconds} s ago`
  return [
    `Warning: the replica does not answer us (${failure}). This is its position in the list of ${by} (${state}${age}): it may have more by now.`,
  ]
}

function describeLink(subject: Subject): string[] {
  if (subject.kind !== 'replica' || !subject.follows) return []
  const { follows, downSeconds, master, listed } = subject
  if (listed) return []
  const [first = '', ...rest] = master ? linkSentences(subject) : []
  if (master) return [`It follows ${follows}: ${first}`, ...rest]
  if (downSeconds === undefined) return [`It follows ${follows} now.`]
  return [`It follows ${follows}, and its link ${downSeconds < 0 ? 'was never up' : `has been down for ${duration(downSeconds * 1000)}`}.`]
}

function reasons(facts: PsyncFacts, subject: Subject): string[] {
  const { forecast, history, position, verdict, stopped } = facts
  if (verdict?.kind === 'legacy' || stopped === 'AS_SYNC') return [AS_SYNC]
  if (isAsForecast(facts) === false) return contradiction(facts)
  if (!forecast || !history || !position) return []
  const requested = exact(requestOffset(position))
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
        `It asks for byte ${requested}; the backlog begins at byte ${exact(backlog?.firstByteOffset ?? 0)} and holds ${exact(backlog?.histlen ?? 0)} bytes (repl-backlog-size ${exact(backlog?.size ?? 0)}).`,
      ]
    case 'AHEAD':
      return [
        `It asks for byte ${requested}; the next one that this server will write is ${exact(history.offset + 1)}. Whoever is ahead has bytes which this server never had, or lost.`,
      ]
  }
}

/** PSYNC was answered otherwise than INFO foretold. */
function contradiction(facts: PsyncFacts): string[] {
  if (verdictAnswer(facts.verdict) === 'partial') return ['INFO foretold otherwise right before. What PSYNC answered counts.']
  const causes =
    'This server serves no partial resyncs, INFO and PSYNC reached different servers, or the position was lost between the two.'
  const isKnownHarmless = facts.stopped === 'WOULD_FORK' && !mayHaveForked(facts)
  const again = isKnownHarmless
    ? 'The guard keeps the server from forking for it, so it can be asked again.'
    : 'The server may have forked for it, and may fork again each time it is asked: look at its log first.'
  return [`INFO and PSYNC disagree: INFO did not foretell a full resync. ${causes}`, `We disconnected at once. ${again}`]
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

/** A restart, a failover or the loss of the backlog ends a replid. Returns what INFO and CONFIG show about each. */
function causes({ uptimeSeconds, history, settings }: PsyncFacts, subject: Subject): string[] {
  const sentences: string[] = []
  const downSeconds = subject.kind === 'replica' ? subject.downSeconds : undefined
  if (uptimeSeconds !== undefined) {
    const wasRestarted = downSeconds !== undefined && uptimeSeconds <= downSeconds
    const evidence = wasRestarted ? `, and the replica lost its link ${duration(downSeconds * 1000)} ago: it was restarted` : ''
    sentences.push(`This server has been up for ${duration(uptimeSeconds * 1000)}${evidence}.`)
  }
  if (!history?.backlog) {
    const ttl = settings?.get('repl-backlog-ttl')
    const after = ttl ? ` (${ttl} s)` : ''
    sentences.push(`It keeps no backlog: where one is freed, repl-backlog-ttl${after} after the last replica left, the replid changes too.`)
  }
  return sentences
}

/** Why PSYNC was not sent; undefined if it was sent or the reason is unknown. */
export function notSent({ stopped }: PsyncFacts): { reason: StopReason; text: string } | undefined {
  // At the live end NO_BACKLOG implies NEW_REPLID.
  const reason = stopped === 'NO_BACKLOG' ? 'NEW_REPLID' : stopped
  return reason && reason !== 'WOULD_FORK' && reason !== 'AS_SYNC' ? { reason, text: describeStop(reason) } : undefined
}
