/** `handshake` for people: the verdict and its reasons, then a line for each step, and the counters of the server. */
import { describeVerdict, markOf } from '../../diagnosis/psync/verdict.ts'
import type { ReplEvent, VerdictEvent } from '../../engine/events.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { verdictText } from '../base/verdict.ts'
import { countersText } from '../trace/counters.ts'
import { type Detail, traceText } from '../trace/trace.ts'
import { handshakeTone } from './tone.ts'

export class HandshakeText {
  readonly #write: (text: string) => void
  readonly #detail: Detail
  readonly #screen: Screen
  /** The steps so far. The verdict is written before them. */
  #steps = ''
  #dataBytes: number | undefined

  constructor(write: (text: string) => void, detail: Detail, screen: Screen) {
    this.#write = write
    this.#detail = detail
    this.#screen = screen
  }

  show(event: ReplEvent): void {
    if (event.type === 'server') this.#dataBytes = event.dataBytes
    if (event.type === 'verdict') this.#conclude(event)
    else if (!this.#detail.quiet) this.#steps += this.#step(event)
  }

  /** Writes the rest: the counters, or all steps of a handshake that failed. */
  end(): void {
    if (this.#steps !== '') this.#write(this.#steps)
    this.#steps = ''
  }

  #step(event: ReplEvent): string {
    if (event.type !== 'counters') return traceText(event, this.#detail, this.#screen)
    return `\n${countersText(event, this.#detail, this.#screen)}`
  }

  #conclude({ verdict, stopped }: VerdictEvent): void {
    const mark = markOf(verdict, stopped)
    const { text, reasons } = describeVerdict(verdict, stopped, this.#dataBytes)
    this.#write(verdictText(this.#screen, mark.toUpperCase(), handshakeTone(verdict, stopped), text))
    if (this.#detail.quiet) return
    this.#write(reasons.map((reason) => `${this.#screen.paragraph(printable(reason), '  ')}\n`).join(''))
    this.#steps = `\n${this.#steps}`
    this.end()
  }
}
