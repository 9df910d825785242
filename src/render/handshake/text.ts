/** `handshake` for people: the verdict, then every step in a line, and the server's counters before and after. */
import { describeVerdict, markOf } from '../../diagnosis/psync/verdict.ts'
import type { ReplEvent, VerdictEvent } from '../../engine/events.ts'
import type { Screen } from '../base/screen.ts'
import { type Tone, verdictText } from '../base/verdict.ts'
import { countersLine, countersText } from '../trace/counters.ts'
import { type Detail, traceText } from '../trace/trace.ts'

const TONES: Record<ReturnType<typeof markOf>, Tone> = { ok: 'good', unknown: 'warn', later: 'warn', no: 'bad' }

export class HandshakeText {
  readonly #write: (text: string) => void
  readonly #detail: Detail
  readonly #screen: Screen
  /** The steps so far. They are held back, because the verdict comes first. */
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

  /** Writes what is held back: all steps of a handshake that failed, and the counters otherwise. */
  end(): void {
    if (this.#steps !== '') this.#write(this.#steps)
    this.#steps = ''
  }

  #step(event: ReplEvent): string {
    if (event.type !== 'counters') return traceText(event, this.#detail, this.#screen)
    const { dim } = this.#screen.colour
    return this.#detail.verbosity > 0
      ? `\n${countersText(event, this.#screen)}`
      : `\n${dim(this.#screen.paragraph(countersLine(event, this.#screen)))}\n`
  }

  #conclude({ verdict, stopped }: VerdictEvent): void {
    const mark = markOf(verdict, stopped)
    this.#write(verdictText(this.#screen, mark.toUpperCase(), TONES[mark], describeVerdict(verdict, stopped, this.#dataBytes)))
    if (this.#steps !== '') this.#steps = `\n${this.#steps}`
    this.end()
  }
}
