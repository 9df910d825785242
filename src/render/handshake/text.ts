/** `handshake` for people: every exchange, a one-line result, and the server's counters before and after. */
import { describeVerdict, judgeVerdict } from '../../diagnosis/psync/verdict.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { type Palette, palette } from '../base/palette.ts'
import { wrap } from '../base/wrap.ts'
import { countersText } from '../trace/counters.ts'
import { type Detail, traceText } from '../trace/trace.ts'

/** The first word, where a replica could not be seen to get in. */
const WORDS: Readonly<Record<string, string>> = { FORK_NEEDED: 'UNKNOWN', TRY_LATER: 'LATER', NOT_SUPPORTED: 'NO' }

export class HandshakeText {
  readonly #write: (text: string) => void
  readonly #detail: Detail
  readonly #colour: Palette
  #dataBytes: number | undefined

  constructor(write: (text: string) => void, detail: Detail, stream: { readonly isTTY?: boolean }) {
    this.#write = write
    this.#detail = detail
    this.#colour = palette(stream)
  }

  show(event: ReplEvent): void {
    if (event.type === 'server') this.#dataBytes = event.dataBytes
    const text = event.type === 'verdict' ? this.#result(event) : this.#detail.quiet ? '' : this.#trace(event)
    if (text) this.#write(text)
  }

  #trace(event: ReplEvent): string {
    return event.type === 'counters' ? countersText(event, this.#colour) : traceText(event, this.#detail, this.#colour)
  }

  #result({ verdict, stopped }: Extract<ReplEvent, { type: 'verdict' }>): string {
    const isSure = verdict.kind === 'continue' || verdict.kind === 'full'
    const word = WORDS[judgeVerdict(verdict, stopped) ?? ''] ?? 'OK'
    const mark = isSure && word === 'OK' ? this.#colour.good(word) : this.#colour.warn(word)
    const blankLine = this.#detail.quiet ? '' : '\n'
    return `${blankLine}${mark} ${wrap(describeVerdict(verdict, stopped, this.#dataBytes), '   ', 77)}\n${blankLine}`
  }
}
