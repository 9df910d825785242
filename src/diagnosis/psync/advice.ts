/** What would have allowed a partial resync, or what keeps it possible. */
import { type History, type Position, requestOffset } from '../../protocol/history.ts'
import { atLeast } from '../../protocol/info/identity.ts'
import { isPingsOnly } from '../lag/write-rate.ts'
import { type Remedy, settingRemedy } from '../remedy.ts'
import { largerBacklog } from '../resync/backlog-size.ts'
import { duration, exact } from '../units.ts'
import { answerOf, type PsyncFacts } from './answer.ts'
import { bytesToLive } from './forecast.ts'

type AdviceCode = 'STAYS_GOOD' | 'BACKLOG_SIZE' | 'BACKLOG_YOUNG' | 'BACKLOG_TTL' | 'BACKLOG_FIRST' | 'SAVE_ON_SHUTDOWN' | 'DATA_DIFFERS'

export interface Advice {
  readonly code: AdviceCode
  readonly text: string
  readonly remedy?: Remedy
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
  'No setting avoids this: the replica has writes that this server never got, and a full resync discards them. WAIT and min-replicas-to-write limit that.'

const BACKLOG_YOUNG =
  'The backlog is large enough, but it began after this offset: the server was restarted, repl-backlog-ttl freed it, or (up to 6.2) a new size emptied it.'

const LENT = 'The server has these bytes only while the output buffer of another replica holds more than repl-backlog-size.'

const BACKLOG_FIRST = 'The first replica that attaches makes the server create a backlog. From then on replicas can resync partially.'

/** The write rate, without the PINGs of an idle master; undefined if it was not measured. */
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
  const room = `The backlog drops this offset after ${exact(left)} more bytes`
  const over = `in ${duration(rate.overMs)}`
  if (perSecond === 0) return [{ code: 'STAYS_GOOD', text: `${room}. Nothing was written ${over}.` }]
  const text = `${room}: in ${duration(seconds * 1000)}, at the ${exact(Math.round(perSecond))} bytes/s measured ${over}.`
  const good: Advice = { code: 'STAYS_GOOD', text }
  return seconds >= CUT_SECONDS
    ? [good]
    : [
        good,
        sized(
          facts,
          gap(history, position) + perSecond * CUT_SECONDS,
          `At this rate a larger backlog would outlast ${CUT_SECONDS} s without a link.`,
        ),
      ]
}

function adviseSize(facts: PsyncFacts): Advice {
  const { history, position } = facts
  const missing = history && position ? gap(history, position) : 0
  if (missing <= (history?.backlog?.size ?? 0)) return { code: 'BACKLOG_YOUNG', text: BACKLOG_YOUNG }
  return sized(facts, missing, `A backlog of ${exact(missing)} bytes would still have it.`)
}

function gap(history: History, position: Position): number {
  return history.offset + 1 - requestOffset(position)
}

function sized(facts: PsyncFacts, neededBytes: number, text: string): Advice {
  const remedy = largerBacklog(serverOf(facts), facts.identity, neededBytes, facts.history?.backlog?.size)
  return { code: 'BACKLOG_SIZE', text, remedy }
}

/** Only a master without replicas frees its backlog. */
function adviseTtl(facts: PsyncFacts): Advice[] {
  const { history, settings } = facts
  const ttl = settings?.get('repl-backlog-ttl')
  if (history?.backlog || ttl === '0') return []
  const text = `The server frees its backlog ${ttl ? `${ttl} s` : 'repl-backlog-ttl'} after the last replica left, and changes its replid.`
  const size = settings?.get('repl-backlog-size')
  const cost = `It then keeps the memory of the backlog${size ? ` (${exact(Number(size))} bytes)` : ''} also without replicas.`
  return [{ code: 'BACKLOG_TTL', text, remedy: settingRemedy(serverOf(facts), ['CONFIG SET repl-backlog-ttl 0'], cost) }]
}

/** Since 7.0 a master resumes its history from the RDB that it loads at startup (server.c, loadDataFromDisk). */
function adviseSave(facts: PsyncFacts): Advice[] {
  const { identity } = facts
  if (!identity || !atLeast(identity.version, 7)) return []
  const text = 'A restart keeps the replid if the server saves an RDB on shutdown and loads it at its start (no AOF).'
  const cost = 'It writes the whole dataset to disk before it stops.'
  return [{ code: 'SAVE_ON_SHUTDOWN', text, remedy: { server: serverOf(facts), commands: ['SHUTDOWN SAVE'], cost } }]
}

function serverOf({ server = 'the master' }: PsyncFacts): string {
  return server
}
