/** `handshake` for people: every exchange, one line of result, the bill. */
import { explain } from '../../diagnosis/errors.ts'
import { describeGuard, describeVerdict, describeWarning } from '../../diagnosis/verdict.ts'
import type { ReplEvent, ServerEvent, WarningEvent } from '../../engine/events.ts'
import { type Palette, palette } from '../palette.ts'
import { printable } from '../printable.ts'
import { wrap } from '../wrap.ts'
import { billText } from './bill.ts'
import { connectedText, exchangeText, keepAliveText, noteText, queryText } from './exchange.ts'

/** quiet: the line of result alone. verbosity 1: the second connection too. 2: the bytes too. */
export interface Detail {
  readonly quiet: boolean
  readonly verbosity: number
}

export class HandshakeText {
  readonly #write: (text: string) => void
  readonly #detail: Detail
  readonly #colour: Palette

  constructor(write: (text: string) => void, detail: Detail, stream: { readonly isTTY?: boolean }) {
    this.#write = write
    this.#detail = detail
    this.#colour = palette(stream)
  }

  show(event: ReplEvent): void {
    const text = event.type === 'verdict' ? this.#result(event) : this.#detail.quiet ? '' : this.#trace(event)
    if (text) this.#write(text)
  }

  #trace(event: ReplEvent): string {
    const colour = this.#colour
    switch (event.type) {
      case 'connected':
        return connectedText(event, colour)
      case 'exchange':
        return exchangeText(event, colour, this.#detail.verbosity > 1)
      case 'keep-alive':
        return keepAliveText(event, colour)
      case 'query':
        return this.#detail.verbosity > 0 ? queryText(event, colour) : ''
      case 'server':
        return serverText(event, colour)
      case 'warning':
        return warningText(event, colour)
      case 'bill':
        return billText(event, colour)
      default:
        return ''
    }
  }

  #result({ verdict, stopped }: Extract<ReplEvent, { type: 'verdict' }>): string {
    const isSure = verdict.kind === 'continue' || verdict.kind === 'full'
    const mark = isSure ? this.#colour.good('OK') : this.#colour.warn('OK')
    const gap = this.#detail.quiet ? '' : '\n'
    return `${gap}${mark} ${wrap(describeVerdict(verdict, stopped), '   ', 77)}\n${gap}`
  }
}

function serverText({ identity, position, guard }: ServerEvent, colour: Palette): string {
  if (!identity) return ''
  const notes = [`${identity.flavour} ${identity.version} ${identity.mode}`]
  if (position) notes.push(`replid ${position.replid}`, `offset ${position.offset}, backlog ${position.backlogActive ? 'active' : 'none'}`)
  return [...notes, `guard against a fork: ${describeGuard(guard)}`].map((note) => noteText(note, colour)).join('')
}

/** A warning, and the cause in the server's own words where it has one. */
export function warningText({ code, cause }: WarningEvent, colour: Palette): string {
  const why = cause ? ` ${printable(explain(cause).what)}` : ''
  return `${colour.warn(wrap(`! ${describeWarning(code)}${why}`, '  '))}\n`
}
