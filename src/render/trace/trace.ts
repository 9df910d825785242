/** The trace that all commands share: shows each event as it arrives. */
import { explain } from '../../diagnosis/errors/explain.ts'
import { describeWarning } from '../../diagnosis/psync/verdict.ts'
import type { ReplEvent, WarningEvent } from '../../engine/events.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { choiceText, connectedText, dialText, exchangeLine, exchangeText, keepAliveText, queryText, serverText } from './exchange.ts'

/** quiet: only the verdict line. verbosity 1: the exchanges in full, also those of the second connection. 2: also the bytes. */
export interface Detail {
  readonly quiet: boolean
  readonly verbosity: number
}

/** Empty for an event that is not part of the trace. */
export function traceText(event: ReplEvent, { verbosity }: Detail, screen: Screen): string {
  const isShort = verbosity === 0
  switch (event.type) {
    case 'source':
      return choiceText(event, screen)
    case 'lookup':
    case 'unreached':
    case 'secured':
      return dialText(event, screen, isShort)
    case 'connected':
      return connectedText(event, screen)
    case 'exchange':
      return isShort ? exchangeLine(event, screen) : exchangeText(event, screen, verbosity > 1)
    case 'keep-alive':
      return keepAliveText(event, screen)
    case 'query':
      return isShort ? '' : queryText(event, screen)
    case 'server':
      return serverText(event, screen, isShort)
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

/** A warning, followed by its cause if it has one. */
export function warningText({ code, cause }: WarningEvent, screen: Screen): string {
  const why = cause ? ` ${printable(explain(cause).what)}` : ''
  return `${screen.colour.warn(screen.paragraph(`${describeWarning(code)}${why}`, '! '))}\n`
}
