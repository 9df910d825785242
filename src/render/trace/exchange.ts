/** One exchange in the style of curl -v: `>` sent, `<` received, `*` the meaning. */

import { describeFinding } from '../../diagnosis/psync/findings.ts'
import { milliseconds } from '../../diagnosis/units.ts'
import type { ConnectedEvent, DialEvent, ExchangeEvent, KeepAliveEvent, QueryEvent, SourceEvent } from '../../engine/events.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'
import type { Palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import { wrap } from '../base/wrap.ts'
import { describeChoice } from './choice.ts'

const STATE_WIDTH = 19
const LINE_WIDTH = 80
/** Early enough to renew a certificate by hand. */
const EXPIRES_SOON_DAYS = 14

type SecuredEvent = Extract<DialEvent, { type: 'secured' }>

/** A note between exchanges, in the same column. */
export function noteText(text: string, colour: Palette): string {
  return block('', [colour.dim(wrap(`* ${printable(text)}`, '  ', LINE_WIDTH - STATE_WIDTH))], undefined, colour)
}

/** The first line has the state before it and the time after it. */
function block(state: string, lines: readonly string[], ms: number | undefined, colour: Palette): string {
  const time = ms === undefined ? '' : colour.dim(`  (${milliseconds(ms)})`)
  const rows = lines.flatMap((line) => line.split('\n'))
  return rows.map((line, index) => `${(index === 0 ? state : '').padEnd(STATE_WIDTH)}${line}${index === 0 ? time : ''}\n`).join('')
}

export function connectedText(event: ConnectedEvent, colour: Palette): string {
  return block('CONNECTING', [`* ${printable(event.remote)}, from ${printable(event.local)}`], event.rttMs, colour)
}

/** The chosen server, and the other servers that were asked or considered. */
export function choiceText(event: SourceEvent, colour: Palette): string {
  const [first = '', ...others] = describeChoice(event).map((text) => wrap(`* ${printable(text)}`, '  ', LINE_WIDTH - STATE_WIDTH))
  return block('SOURCE', [event.isFallback ? colour.warn(first) : first, ...others.map((text) => colour.dim(text))], undefined, colour)
}

/** One step of connecting. */
export function dialText(event: DialEvent, colour: Palette): string {
  switch (event.type) {
    case 'lookup':
      return block('CONNECTING', [`* ${printable(event.host)} is ${event.addresses.join(', ')}`], event.ms, colour)
    case 'unreached':
      return block('CONNECTING', [colour.warn(`* ${event.address} cannot be reached (${event.errno})`)], event.ms, colour)
    case 'secured':
      return securedText(event, colour)
  }
}

function securedText({ ms, protocol, cipher, serverName, certificate, distrust, isVerified }: SecuredEvent, colour: Palette): string {
  const trust = distrust ? colour.bad(`not trusted (${distrust})`) : colour.good(`trusted for ${printable(serverName)}`)
  const lines = [`* ${protocol}, ${cipher}`]
  if (certificate) {
    const { subject, issuer, names, validTo, daysLeft } = certificate
    lines.push(
      `* certificate of ${printable(subject)}, by ${printable(issuer)}: ${trust}`,
      `* names: ${printable(names.join(', ') || 'none')}`,
    )
    const left = daysLeft < 0 ? 'has expired' : `${daysLeft} days left`
    lines.push(daysLeft < EXPIRES_SOON_DAYS ? colour.warn(`* expires ${validTo}: ${left}`) : `* expires ${validTo}: ${left}`)
  }
  if (!isVerified) lines.push(colour.bad('! not verified, as --insecure wants it'))
  return block(
    'TLS',
    lines.map((line) => wrap(line, '  ', LINE_WIDTH - STATE_WIDTH)),
    ms,
    colour,
  )
}

/** @param raw shows the bytes too (-vv); secrets are masked in them as well */
export function exchangeText(event: ExchangeEvent, colour: Palette, raw: boolean): string {
  const meaning = wrap(`* ${describeFinding(event.finding)}`, '  ', LINE_WIDTH - STATE_WIDTH)
  const lines = [`> ${printable(event.sent.map(quoteArgument).join(' '))}`]
  if (raw) lines.push(colour.dim(`> ${printable(encodeCommand(event.sent).toString())}`))
  if (event.reply) lines.push(`< ${printable(event.reply)}`)
  if (raw && event.reply) lines.push(colour.dim(`< ${printable(`${event.reply}\r\n`)}`))
  const paint = { ok: colour.good, tolerated: colour.warn, fatal: colour.bad }[event.outcome]
  return block(event.state, [...lines, paint(meaning)], event.rttMs, colour)
}

export function keepAliveText(event: KeepAliveEvent, colour: Palette): string {
  return block(
    event.state,
    ['< \\n', colour.dim(`* keep-alive${event.count > 1 ? ` × ${event.count}` : ''}: the master is preparing the sync`)],
    undefined,
    colour,
  )
}

export function queryText(event: QueryEvent, colour: Palette): string {
  const lines = [`> ${printable(event.sent.map(quoteArgument).join(' '))}`, `< ${printable(event.reply)}`]
  return block(event.on === 'link' ? '(same link)' : '(second link)', lines, event.rttMs, colour)
}

/** Quotes an empty argument or an argument with a space, to keep it visible. */
function quoteArgument(arg: string): string {
  return arg === '' || /\s/.test(arg) ? JSON.stringify(arg) : arg
}
