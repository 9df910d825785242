/** The steps of an attachment: one line each, and with -v their meaning and what was sent. */

import { describeFinding } from '../../diagnosis/psync/findings.ts'
import { describeGuard } from '../../diagnosis/psync/verdict.ts'
import { milliseconds } from '../../diagnosis/units.ts'
import type { ConnectedEvent, DialEvent, ExchangeEvent, KeepAliveEvent, QueryEvent, ServerEvent, SourceEvent } from '../../engine/events.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { describeChoice } from './choice.ts'

const NAME_WIDTH = 11
const NOTE_INDENT = ' '.repeat(NAME_WIDTH)
/** Keeps a figure and its unit on one line. */
const NO_BREAK = '\u00a0'
/** Early enough to renew a certificate by hand. */
const EXPIRES_SOON_DAYS = 14

type SecuredEvent = Extract<DialEvent, { type: 'secured' }>
type Paint = (text: string) => string

const PLAIN: Paint = (text) => text

/** A step: its name, what happened, and how long it took. */
function step(screen: Screen, name: string, text: string, ms?: number, paint = PLAIN): string {
  const time = ms === undefined ? '' : milliseconds(ms).replace(' ', NO_BREAK)
  const lines = screen.paragraph(time === '' ? text : `${text}  ${time}`, name.padEnd(NAME_WIDTH), NOTE_INDENT)
  const timeAt = lines.length - time.length
  return `${paint(lines.slice(0, timeAt))}${screen.colour.dim(lines.slice(timeAt).replace(NO_BREAK, ' '))}\n`
}

/** A note below the step that it belongs to. */
function noteText(screen: Screen, text: string, paint: Paint = screen.colour.dim): string {
  return step(screen, '', printable(text), undefined, paint)
}

/** Bytes and replies as they are. */
function wireText(screen: Screen, text: string): string {
  return `${screen.colour.dim(screen.verbatim(printable(text), NOTE_INDENT, NOTE_INDENT))}\n`
}

/** Who answers, and where its history is. */
export function serverText({ identity, history, guard }: ServerEvent, screen: Screen, isShort: boolean): string {
  if (!identity) return ''
  const notes = [
    ...(history ? [`replid ${history.replid}, offset ${history.offset}, ${history.backlog ? 'with' : 'without'} a backlog`] : []),
    ...(guard && !isShort ? [describeGuard(guard)] : []),
  ]
  const name = step(screen, 'SERVER', printable(`${identity.flavour} ${identity.version} ${identity.mode}`))
  return name + notes.map((note) => noteText(screen, note)).join('')
}

export function connectedText(event: ConnectedEvent, screen: Screen): string {
  return step(screen, 'CONNECT', `${printable(event.remote)} from ${printable(event.local)}`, event.rttMs)
}

/** The chosen server, and the other servers that were asked or considered. */
export function choiceText(event: SourceEvent, screen: Screen): string {
  const [first = '', ...others] = describeChoice(event).map(printable)
  const paint = event.isFallback ? screen.colour.warn : PLAIN
  return step(screen, 'SOURCE', first, undefined, paint) + others.map((text) => noteText(screen, text)).join('')
}

/** A step of connecting. */
export function dialText(event: DialEvent, screen: Screen, isShort: boolean): string {
  switch (event.type) {
    case 'lookup':
      return step(screen, 'LOOKUP', `${printable(event.host)} is ${event.addresses.join(', ')}`, event.ms)
    case 'unreached':
      return step(screen, 'CONNECT', `${event.address} cannot be reached (${event.errno})`, event.ms, screen.colour.warn)
    case 'secured':
      return isShort ? securedLine(event, screen) : securedText(event, screen)
  }
}

function securedLine({ ms, protocol, serverName, certificate, distrust, isVerified }: SecuredEvent, screen: Screen): string {
  const name = printable(serverName)
  const trust = distrust ? `certificate not trusted for ${name} (${distrust})` : `certificate trusted for ${name}`
  const left = certificate ? `, ${expiryText(certificate.daysLeft)}` : ''
  const isSoon = certificate !== undefined && certificate.daysLeft < EXPIRES_SOON_DAYS
  const paint = !isVerified || distrust ? screen.colour.bad : isSoon ? screen.colour.warn : PLAIN
  return step(screen, 'TLS', `${protocol}, ${trust}${left}${isVerified ? '' : ', not verified (--insecure)'}`, ms, paint)
}

function expiryText(daysLeft: number): string {
  return daysLeft < 0 ? 'expired' : `expires in ${daysLeft} days`
}

function securedText({ ms, protocol, cipher, serverName, certificate, distrust, isVerified }: SecuredEvent, screen: Screen): string {
  const { good, bad, warn } = screen.colour
  const lines = [step(screen, 'TLS', `${protocol}, ${cipher}`, ms)]
  if (certificate) {
    const { subject, issuer, names, validTo, daysLeft } = certificate
    const trust = distrust ? `not trusted (${distrust})` : `trusted for ${serverName}`
    lines.push(
      noteText(screen, `certificate of ${subject}, issued by ${issuer}: ${trust}`, distrust ? bad : good),
      noteText(screen, `names in it: ${names.join(', ') || 'none'}`),
      noteText(screen, `valid to ${validTo}: ${expiryText(daysLeft)}`, daysLeft < EXPIRES_SOON_DAYS ? warn : screen.colour.dim),
    )
  }
  if (!isVerified) lines.push(noteText(screen, 'not verified, because of --insecure', bad))
  return lines.join('')
}

/** One line: the name of the step, its arguments, and the reply. */
export function exchangeLine({ state, sent, reply, outcome, rttMs }: ExchangeEvent, screen: Screen): string {
  const paint = outcome === 'fatal' ? screen.colour.bad : outcome === 'tolerated' ? screen.colour.warn : PLAIN
  const args = shortArguments(sent)
  const text = [args, `→ ${replyWord(reply, sent)}`].filter((part) => part !== '').join('  ')
  return step(screen, stepName(state), text, rttMs, paint)
}

/** The exchange in full: the command, the reply, and what it means. @param raw shows the bytes too; secrets are masked in them */
export function exchangeText(event: ExchangeEvent, screen: Screen, raw: boolean): string {
  const { sent, reply } = event
  const paint = { ok: screen.colour.dim, tolerated: screen.colour.warn, fatal: screen.colour.bad }[event.outcome]
  return [
    step(screen, stepName(event.state), `> ${commandText(sent)}`, event.rttMs),
    raw ? wireText(screen, `> ${encodeCommand(sent)}`) : '',
    reply ? noteText(screen, `< ${reply}`, PLAIN) : '',
    raw && reply ? wireText(screen, `< ${reply}\r\n`) : '',
    noteText(screen, describeFinding(event.finding), paint),
  ].join('')
}

export function keepAliveText({ count }: KeepAliveEvent, screen: Screen): string {
  return noteText(screen, `keep-alive${count > 1 ? ` × ${count}` : ''}: the master is preparing the sync`)
}

export function queryText(event: QueryEvent, screen: Screen): string {
  const name = event.on === 'link' ? 'ASK' : 'ASK (2nd)'
  return step(screen, name, `> ${commandText(event.sent)}`, event.rttMs) + wireText(screen, `< ${event.reply}`)
}

/** The step of handshake/states.ts, without the direction. */
function stepName(state: string): string {
  return state === 'RECEIVE_PONG' ? 'PING' : state.replace(/^(SEND|RECEIVE)_/, '')
}

/** The arguments without the names of the command and of the option. */
function shortArguments(sent: readonly string[]): string {
  const [command = '', ...args] = sent
  if (/^REPLCONF$/i.test(command)) {
    const isCapa = args[0] === 'capa'
    return args
      .filter((_, index) => (isCapa ? index % 2 === 1 : index > 0))
      .map(quoted)
      .join(' ')
  }
  return (/^CLIENT$/i.test(command) ? args.slice(1) : args).map(quoted).join(' ')
}

/** Without the type byte of a status, and without the replid that was sent. */
function replyWord(reply: string, sent: readonly string[]): string {
  const word = reply.startsWith('+') ? reply.slice(1) : reply
  return printable(sent.includes(word.split(' ')[1] ?? ' ') ? (word.split(' ')[0] ?? '') : word)
}

function commandText(sent: readonly string[]): string {
  return sent.map(quoted).join(' ')
}

/** Quotes an empty argument or an argument with a space, to keep it visible. */
function quoted(arg: string): string {
  return printable(arg === '' || /\s/.test(arg) ? JSON.stringify(arg) : arg)
}
