/** What would have allowed a partial resync, or what keeps it possible, with the command that sets it. */
import { type History, type Position, requestOffset } from '../../protocol/history.ts'
import { atLeast } from '../../protocol/info/identity.ts'
import { isPingsOnly } from '../lag/write-rate.ts'
import { largerBacklog } from '../resync/backlog-size.ts'
import { duration, exact } from '../units.ts'
import { answerOf, type PsyncFacts } from './answer.ts'
import { bytesToLive } from './forecast.ts'

type AdviceCode = 'STAYS_GOOD' | 'BACKLOG_SIZE' | 'BACKLOG_YOUNG' | 'BACKLOG_TTL' | 'BACKLOG_FIRST' | 'SAVE_ON_SHUTDOWN' | 'DATA_DIFFERS'

export interface Advice {
  readonly code: AdviceCode
  readonly text: string
  readonly command?: string
}

/** An outage that a backlog should outlast: a server restart, a switch reboot. */
const CUT_SECONDS = 60

export function adviseOn(facts: PsyncFacts): Advice[] {
  const { forecast } = facts
  const { answer } = answerOf(facts)
  if (answer === 'partial') return adviseMargin(facts)
  if (forecast?.kind !== 'full' || answer !== 'full') return []
  switch (forecast.reason) {
    case 'TOO_OLD':
      return [adviseSize(facts)]
    case 'PAST_FORK':
    case 'AHEAD':
      return [{ code: 'DATA_DIFFERS', text: DATA_DIFFERS }]
    case 'OTHER_HISTORY':
      return [...adviseTtl(facts), ...adviseSave(facts)]
    case 'NO_BACKLOG':
      return [...adviseTtl(facts), { code: 'BACKLOG_FIRST', text: BACKLOG_FIRST }]
    case 'REQUESTED':
      return []
  }
}

const DATA_DIFFERS =
  'No setting saves this one: its data differs from this server’s, and a full resync drops what is more. WAIT and min-replicas-to-write keep that little.'

const BACKLOG_YOUNG =
  'The backlog is large enough for this; it is younger than the position: a restart, repl-backlog-ttl, or on 6.2 and older a new size began it anew.'

const LENT = 'It is served only while the output buffer of another replica keeps more than repl-backlog-size.'

const BACKLOG_FIRST = 'The first replica that attaches makes the server keep a backlog; from then on others can resync partially.'

/** Write rate, without the PINGs of an idle master; undefined if it was not measured. */
export function bytesPerSecond({ rate }: PsyncFacts): number | undefined {
  if (!rate || rate.overMs <= 0) return undefined
  return isPingsOnly(rate.bytes, rate.overMs) ? 0 : (rate.bytes / rate.overMs) * 1000
}

/** How long the position can be served at the measured rate: Infinity if nothing is written, undefined if it is unknown. */
export function secondsToLive(facts: PsyncFacts): number | undefined {
  const perSecond = bytesPerSecond(facts)
  if (perSecond === undefined || !facts.history?.backlog || !facts.position || answerOf(facts).answer !== 'partial') return undefined
  return bytesToLive(facts.history, facts.position) / perSecond
}

function adviseMargin(facts: PsyncFacts): Advice[] {
  const { history, position, rate } = facts
  const perSecond = bytesPerSecond(facts)
  const seconds = secondsToLive(facts)
  if (!history || !position || !rate || perSecond === undefined || seconds === undefined) return []
  const left = bytesToLive(history, position)
  if (left === 0) return [{ code: 'STAYS_GOOD', text: LENT }]
  const room = `${exact(left)} bytes can still be written before the backlog drops it`
  const over = `over ${duration(rate.overMs)}`
  if (perSecond === 0) return [{ code: 'STAYS_GOOD', text: `${room}; nothing was written ${over}.` }]
  const text = `${room}: at ${exact(Math.round(perSecond))} bytes/s, as measured ${over}, in ${duration(seconds * 1000)}.`
  const good: Advice = { code: 'STAYS_GOOD', text }
  return seconds >= CUT_SECONDS
    ? [good]
    : [good, sized(facts, gap(history, position) + perSecond * CUT_SECONDS, `To outlast ${CUT_SECONDS} s at this rate`)]
}

function adviseSize(facts: PsyncFacts): Advice {
  const { history, position } = facts
  const missing = history && position ? gap(history, position) : 0
  if (missing <= (history?.backlog?.size ?? 0)) return { code: 'BACKLOG_YOUNG', text: BACKLOG_YOUNG }
  return sized(facts, missing, `A backlog of ${exact(missing)} bytes would still hold it; with room to spare`)
}

function gap(history: History, position: Position): number {
  return history.offset + 1 - requestOffset(position)
}

/** A backlog size for that many bytes plus headroom. @param why begins the text */
function sized({ identity, history }: PsyncFacts, bytes: number, why: string): Advice {
  const [command = ''] = largerBacklog('', identity, bytes, history?.backlog?.size).commands
  const emptiesBacklog = identity?.flavour === 'redis' && identity.version !== '' && !atLeast(identity.version, 7)
  // Up to 6.2 a resize allocates a new, empty buffer (replication.c, resizeReplicationBacklog).
  const trap = emptiesBacklog ? ' Set it while all replicas are connected: on this version it empties the backlog.' : ''
  return { code: 'BACKLOG_SIZE', text: `${why}:${trap}`, command }
}

/** Only a master without replicas frees its backlog. */
function adviseTtl({ history, settings }: PsyncFacts): Advice[] {
  const ttl = settings?.get('repl-backlog-ttl')
  if (history?.backlog || ttl === '0') return []
  const text = `A backlog is freed ${ttl ? `${ttl} s` : 'repl-backlog-ttl'} after the last replica left, and the history ends with it; to keep it for ever:`
  return [{ code: 'BACKLOG_TTL', text, command: 'CONFIG SET repl-backlog-ttl 0' }]
}

/** Since 7.0 a master resumes its history from the RDB that it loads at startup (server.c, loadDataFromDisk). */
function adviseSave({ identity }: PsyncFacts): Advice[] {
  if (!identity || !atLeast(identity.version, 7)) return []
  return [
    {
      code: 'SAVE_ON_SHUTDOWN',
      text: 'A restart keeps the history when the server saves an RDB as it goes down and loads that one (no AOF):',
      command: 'SHUTDOWN SAVE',
    },
  ]
}
