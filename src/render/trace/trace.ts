/** The trace that all commands share: shows each event as it arrives. */
import { explain } from '../../diagnosis/errors/explain.ts'
import { describeGuard, describeWarning } from '../../diagnosis/psync/verdict.ts'
import type { ReplEvent, ServerEvent, WarningEvent } from '../../engine/events.ts'
import type { Palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import { wrap } from '../base/wrap.ts'
import { choiceText, connectedText, dialText, exchangeText, keepAliveText, noteText, queryText } from './exchange.ts'

/** quiet: only the result line. verbosity 1: also the second connection. 2: also the bytes. */
export interface Detail {
  readonly quiet: boolean
  readonly verbosity: number
}

/** Empty for an event that is not part of the trace. */
export function traceText(event: ReplEvent, { verbosity }: Detail, colour: Palette): string {
  switch (event.type) {
    case 'source':
      return choiceText(event, colour)
    case 'lookup':
    case 'unreached':
    case 'secured':
      return dialText(event, colour)
    case 'connected':
      return connectedText(event, colour)
    case 'exchange':
      return exchangeText(event, colour, verbosity > 1)
    case 'keep-alive':
      return keepAliveText(event, colour)
    case 'query':
      return verbosity > 0 ? queryText(event, colour) : ''
    case 'server':
      return serverText(event, colour)
    case 'warning':
      return warningText(event, colour)
    default:
      return ''
  }
}

/** Puts the server's name before each line, for output about several servers. */
export function linesOf(server: string, text: string): string {
  return text.replace(/^(?=.)/gm, () => `${printable(server)} `)
}

function serverText({ identity, history, guard }: ServerEvent, colour: Palette): string {
  if (!identity) return ''
  const notes = [`${identity.flavour} ${identity.version} ${identity.mode}`]
  if (history) notes.push(`replid ${history.replid}`, `offset ${history.offset}, backlog ${history.backlog ? 'active' : 'none'}`)
  if (guard) notes.push(`guard against a fork: ${describeGuard(guard)}`)
  return notes.map((note) => noteText(note, colour)).join('')
}

/** A warning, followed by its cause if it has one. */
export function warningText({ code, cause }: WarningEvent, colour: Palette): string {
  const why = cause ? ` ${printable(explain(cause).what)}` : ''
  return `${colour.warn(wrap(`! ${describeWarning(code)}${why}`, '  '))}\n`
}
