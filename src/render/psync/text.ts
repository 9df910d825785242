/** `psync` for people: every exchange, the conditions one by one, and the answer last. */
import { adviseOn } from '../../diagnosis/psync/advice.ts'
import { answerOf, isAsForecast, type PsyncFacts, type Subject } from '../../diagnosis/psync/answer.ts'
import { checkedConditions } from '../../diagnosis/psync/conditions.ts'
import { describeTraces } from '../../diagnosis/psync/verdict.ts'
import { because, headline, notSent } from '../../diagnosis/psync/words.ts'
import type { ResyncLoop } from '../../diagnosis/resync/loop.ts'
import type { CountersEvent, ReplEvent } from '../../engine/events.ts'
import { loopsText } from '../base/loop.ts'
import { type Palette, palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import { table } from '../base/table.ts'
import { wrap } from '../base/wrap.ts'
import { countersLine, countersText } from '../trace/counters.ts'
import { type Detail, traceText } from '../trace/trace.ts'

const INDENT = '  '

export class PsyncText {
  readonly #write: (text: string) => void
  readonly #detail: Detail
  readonly #colour: Palette
  #counters: CountersEvent | undefined

  constructor(write: (text: string) => void, detail: Detail, stream: { readonly isTTY?: boolean }) {
    this.#write = write
    this.#detail = detail
    this.#colour = palette(stream)
  }

  show(event: ReplEvent): void {
    if (event.type === 'counters') this.#counters = event
    const text = this.#detail.quiet ? '' : traceText(event, this.#detail, this.#colour)
    if (text) this.#write(text)
  }

  showLoop(loop: ResyncLoop): void {
    this.#write(loopsText([loop], this.#colour, this.#detail.quiet))
  }

  /** The whole answer, or only its headline if quiet. @param at the time, if the run gives several answers */
  conclude(facts: PsyncFacts, subject: Subject, at?: Date): void {
    const moment = at ? `${this.#colour.dim(at.toISOString())}\n` : ''
    const parts = [this.#conditions(facts), this.#cost(), this.#answer(facts, subject)]
    const whole = `\n${moment}${parts.filter((part) => part !== '').join('\n')}`
    this.#write(this.#detail.quiet ? `${moment}${this.#headline(facts, subject)}\n` : whole)
  }

  #conditions(facts: PsyncFacts): string {
    const mark = (holds: boolean | undefined) => (holds === undefined ? '-' : holds ? 'yes' : 'NO')
    const rows = checkedConditions(facts).map(({ statement, numbers, holds }) => [statement, numbers, mark(holds)])
    return rows.length === 0
      ? ''
      : `${this.#colour.dim('A partial resync needs, in the order in which the server asks:')}\n${table([], rows)}\n`
  }

  #cost(): string {
    if (!this.#counters) return ''
    return this.#detail.verbosity > 0
      ? countersText(this.#counters, this.#colour)
      : `${this.#colour.dim(wrap(countersLine(this.#counters), INDENT))}\n`
  }

  #answer(facts: PsyncFacts, subject: Subject): string {
    const lines = [...because(facts, subject), ...describeBasis(facts)].map((sentence) => paragraph(sentence))
    const advice = adviseOn(facts).map(({ text, command }) => `${paragraph(text)}${command ? `    ${this.#colour.strong(command)}\n` : ''}`)
    return `${this.#headline(facts, subject)}\n${[...lines, ...advice].join('')}`
  }

  #headline(facts: PsyncFacts, subject: Subject): string {
    const { answer, basis } = answerOf(facts)
    // Green is what PSYNC itself has granted; a forecast is less.
    const promise = basis === 'psync' ? this.#colour.good : this.#colour.warn
    const [good, bad, warn] = [promise, this.#colour.bad, this.#colour.warn]
    const paint = { continue: good, full: bad, later: warn, 'no-link': bad, unknown: warn }[answer]
    const word = { continue: 'PARTIAL', full: 'FULL', later: 'LATER', 'no-link': 'NO LINK', unknown: 'UNKNOWN' }[answer]
    return `${paint(word)} ${wrap(printable(headline(facts, subject)), INDENT, 80 - word.length - 1)}`
  }
}

/** Whether the answer is from PSYNC or from INFO alone, the guard, and the traces of a refused PSYNC. */
function describeBasis(facts: PsyncFacts): string[] {
  const { guard } = facts
  const { answer, basis } = answerOf(facts)
  if (answer === 'no-link') return []
  if (basis === 'info') return [`From INFO alone: ${notSent(facts)?.text ?? 'nothing was attached.'}`]
  const source = isAsForecast(facts) ? 'PSYNC was answered as INFO had it' : 'This is what PSYNC was answered'
  if (answer === 'continue' || !guard) return [`${source}.`]
  return [`${source}. What that leaves behind (guard: ${guard.name}): ${describeTraces(guard)}`]
}

function paragraph(sentence: string): string {
  return `${INDENT}${wrap(printable(sentence), INDENT, 78)}\n`
}
