/** The trace that all commands share: shows each event as it arrives. */
import { explain } from '../../diagnosis/errors/explain.ts'
import { describeGuard, describeWarning } from '../../diagnosis/psync/verdict.ts'
import type { ReplEvent, ServerEvent, WarningEvent } from '../../engine/events.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { choiceText, connectedText, dialText, exchangeLine, exchangeText, keepAliveText, noteText, queryText } from './exchange.ts'

/** quiet: only the verdict line. verbosity 1: the exchanges in full, also those of the second connection. 2: also the bytes. */
export interface Detail {
  readonly quiet: boolean
  readonly verbosity: number
}

/** Empty for an event that is not part of the trace. */
export function traceText(event: ReplEvent, { verbosity }: Detail, screen: Screen): string {
  const isBrief = verbosity === 0
  switch (event.type) {
    case 'source':
      return choiceText(event, screen)
    case 'lookup':
    case 'unreached':
    case 'secured':
      return dialText(event, screen, isBrief)
    case 'connected':
      return connectedText(event, screen)
    case 'exchange':
      return isBrief ? exchangeLine(event, screen) : exchangeText(event, screen, verbosity > 1)
    case 'keep-alive':
      return keepAliveText(event, screen)
    case 'query':
      return isBrief ? '' : queryText(event, screen)
    case 'server':
      return serverText(event, screen, isBrief)
    case 'warning':
      return warningText(event, screen)
    default:
      return ''
  }
}

/** Puts the server's name before each line, for output about several servers. */
export function linesOf(server: string, text: string): string {
  return text.replace(/^(?=.)/gm, () => `${printable(server)} `)
}

function serverText({ identity, history, guard }: ServerEvent, screen: Screen, isBrief: boolean): string {
  if (!identity) return ''
  const notes = [`${identity.flavour} ${identity.version} ${identity.mode}`]
  if (history) notes.push(`replid ${history.replid}, offset ${history.offset}, backlog ${history.backlog ? 'active' : 'none'}`)
  if (guard && !isBrief) notes.push(describeGuard(guard))
  return notes.map((note) => noteText(screen, note)).join('')
}

/** A warning, followed by its cause if it has one. */
export function warningText({ code, cause }: WarningEvent, screen: Screen): string {
  const why = cause ? ` ${printable(explain(cause).what)}` : ''
  return `${screen.colour.warn(screen.paragraph(`${describeWarning(code)}${why}`, '! '))}\n`
}
