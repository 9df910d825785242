/** The answer of `psync` in words: the headline, the reasons, and why PSYNC was not sent. */

import { type History, isSameReplid, type Position, requestOffset } from '../../protocol/history.ts'
import { suspicionText } from '../resync/loop-words.ts'
import { duration, exact } from '../units.ts'
import { answerOf, isAsForecast, type PsyncFacts, type Subject, verdictAnswer } from './answer.ts'
import type { Forecast } from './forecast.ts'
import { describeDownLink } from './master-answer.ts'
import { describeStop, mayHaveForked, type StopReason } from './verdict.ts'

/** The first line of the answer, without its mark. */
export function headline(facts: PsyncFacts, subject: Subject): string {
  return facts.stopped === 'RENAMED'
    ? `${summarise(facts, subject)} This assumes that the renamed command is PSYNC, not SYNC.`
    : summarise(facts, subject)
}

function summarise(facts: PsyncFacts, subject: Subject): string {
  const who = subjectText(subject, facts.position)
  const { answer } = answerOf(facts)
  if (answer === 'no-link') return `Replica ${subject.kind === 'replica' ? subject.name : ''}: ${linkSentences(subject)[0] ?? ''}`
  if (answer === 'later') return `${who} would have to wait: ${LATER[facts.history?.obstacle ?? 'LOADING']}`
  if (answer === 'unknown') return `${who}: ${whyUnknown(facts)}`
  if (isAsForecast(facts) === false || !facts.forecast) return `${who} ${facts.verdict ? 'got' : 'would get'} a ${NAMES[answer]}.`
  if (facts.forecast.kind === 'continue') return `${who} would get a partial resync: ${toSend(facts.forecast.bytes)}`
  return `${who} would get a full resync: ${shortReason(facts.forecast)}.`
}

function whyUnknown({ stopped }: PsyncFacts): string {
  const isMissing = stopped === 'NO_POSITION' || stopped === 'NO_REPLID' || stopped === 'NO_OFFSET'
  return isMissing ? describeStop(stopped) : 'INFO does not show the answer, and no PSYNC was sent, because it could fork the server.'
}

const NAMES = { partial: 'partial resync', full: 'full resync' } as const

const LATER = {
  LOADING: 'this server is loading its data.',
  FAILOVER: 'a FAILOVER of this server to one of its replicas is in progress.',
  NOMASTERLINK: 'this server is a replica whose own link to its master is down, and it cannot serve replicas until that link is back.',
} as const

function subjectText(subject: Subject, position: Position | undefined): string {
  const at = position ? ` (offset ${position.offset})` : ''
  if (subject.kind === 'live end') return `A replica at the live end${at}`
  if (subject.kind === 'given') return `A replica at offset ${position?.offset ?? 0}`
  if (position?.replid === '?') return `${subject.name}, which has no replication offset,`
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
      return 'it has no offset to resume from'
    case 'OTHER_HISTORY':
      return 'this server does not know its replid'
    case 'PAST_FORK':
      return `it is ${by} bytes past the fork point of this server`
    case 'NO_BACKLOG':
      return 'this server has no backlog'
    case 'TOO_OLD':
      return `it is ${by} bytes older than the backlog`
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
    `Warning: the replica does not answer us (${failure}). This is the offset that ${by} lists for it (${state}${age}). It may have more by now.`,
  ]
}

function describeLink(subject: Subject): string[] {
  if (subject.kind !== 'replica' || !subject.follows) return []
  const { follows, downSeconds, master, listed } = subject
  if (listed) return []
  const [first = '', ...rest] = master ? linkSentences(subject) : []
  if (master) return [`It replicates from ${follows}: ${first}`, ...rest]
  if (downSeconds === undefined) return [`It replicates from ${follows} now.`]
  return [
    `It replicates from ${follows}, and its link ${downSeconds < 0 ? 'was never up' : `has been down for ${duration(downSeconds * 1000)}`}.`,
  ]
}

function reasons(facts: PsyncFacts, subject: Subject): string[] {
  const { forecast, history, position, verdict, stopped } = facts
  if (verdict?.kind === 'legacy' || stopped === 'AS_SYNC') return [AS_SYNC]
  if (isAsForecast(facts) === false) return contradiction(facts)
  if (!forecast || !history || !position) return []
  const requested = requestOffset(position)
  const { backlog } = history
  if (forecast.kind === 'continue') return newReplid(history, position)
  if (forecast.kind === 'later') return []
  switch (forecast.reason) {
    case 'REQUESTED':
      return ['It would send PSYNC ? -1.']
    case 'OTHER_HISTORY':
      return [`It requests replid ${position.replid}. This server has ${history.replid}${earlier(history)}.`, ...causes(facts, subject)]
    case 'PAST_FORK':
      return [
        `This server was promoted or restarted at offset ${(history.secondOffset ?? 0) - 1} of replid ${history.replid2}. It never had the bytes after that offset.`,
      ]
    case 'NO_BACKLOG':
      return ['No replica has attached since it started, or it freed its backlog repl-backlog-ttl after the last replica left.']
    case 'TOO_OLD':
      return [
        `It requests byte ${requested}. The backlog begins at byte ${backlog?.firstByteOffset ?? 0} and holds ${exact(backlog?.histlen ?? 0)} bytes (repl-backlog-size ${exact(backlog?.size ?? 0)}).`,
      ]
    case 'AHEAD':
      return [
        `It requests byte ${requested}. The next byte that this server will write is ${history.offset + 1}, so the replica has bytes that this server never had, or lost.`,
      ]
  }
}

/** The reply to PSYNC differs from the forecast. */
function contradiction(facts: PsyncFacts): string[] {
  if (verdictAnswer(facts.verdict) === 'partial')
    return ['A moment before, INFO did not promise a partial resync. The reply to PSYNC counts.']
  const causes =
    'Either this server serves no partial resyncs, or INFO and PSYNC reached different servers, or the backlog lost the position in between.'
  const isKnownHarmless = facts.stopped === 'WOULD_FORK' && !mayHaveForked(facts)
  const again = isKnownHarmless
    ? 'It is safe to ask again: a refusal does not fork this server.'
    : 'The server may have forked, and may fork each time it is asked. Check its log first.'
  return [`INFO and PSYNC disagree: INFO did not predict a full resync. ${causes}`, `We disconnected at once. ${again}`]
}

const AS_SYNC = 'The server treats PSYNC under this name as SYNC: it always forks and sends an RDB without an offset.'

function newReplid(history: History, position: Position): string[] {
  if (isSameReplid(position.replid, history.replid)) return []
  return [`It continues under a new replid, ${history.replid}, which began after offset ${(history.secondOffset ?? 0) - 1}.`]
}

function earlier({ replid2, secondOffset }: History): string {
  if (!replid2) return ' and no earlier replid'
  return `, and before that ${replid2} up to offset ${(secondOffset ?? 0) - 1}`
}

/** A restart, a failover or the loss of the backlog ends a replid. Returns what INFO and CONFIG show about each. */
function causes({ uptimeSeconds, history, settings }: PsyncFacts, subject: Subject): string[] {
  const sentences: string[] = []
  const downSeconds = subject.kind === 'replica' ? subject.downSeconds : undefined
  if (uptimeSeconds !== undefined) {
    const wasRestarted = downSeconds !== undefined && uptimeSeconds <= downSeconds
    const evidence = wasRestarted ? `, and the link of the replica broke ${duration(downSeconds * 1000)} ago: it was restarted` : ''
    sentences.push(`This server has been up for ${duration(uptimeSeconds * 1000)}${evidence}.`)
  }
  if (!history?.backlog) {
    const ttl = settings?.get('repl-backlog-ttl')
    const after = ttl ? ` (${ttl} s)` : ''
    sentences.push(
      `It has no backlog. A server frees it repl-backlog-ttl${after} after the last replica left, and changes its replid then.`,
    )
  }
  return sentences
}

/** Why PSYNC was not sent; undefined if it was sent or the reason is unknown. */
export function notSent({ stopped }: PsyncFacts): { reason: StopReason; text: string } | undefined {
  // At the live end NO_BACKLOG implies NEW_REPLID.
  const reason = stopped === 'NO_BACKLOG' ? 'NEW_REPLID' : stopped
  return reason && reason !== 'WOULD_FORK' && reason !== 'AS_SYNC' ? { reason, text: describeStop(reason) } : undefined
}
