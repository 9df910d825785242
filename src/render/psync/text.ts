/** `psync` for people: the answer, its cause, the advice, and the conditions where one of them decided. */
import { adviseOn } from '../../diagnosis/psync/advice.ts'
import { answerOf, isAsForecast, markOf, type PsyncFacts, type Subject } from '../../diagnosis/psync/answer.ts'
import { checkedConditions } from '../../diagnosis/psync/conditions.ts'
import type { LostWrites } from '../../diagnosis/psync/lost.ts'
import { describeTraces } from '../../diagnosis/psync/verdict.ts'
import { because, headline, notSent } from '../../diagnosis/psync/words.ts'
import type { CountersEvent, ReplEvent } from '../../engine/events.ts'
import { loopsText } from '../base/loop.ts'
import { printable } from '../base/printable.ts'
import { remedyText } from '../base/remedy.ts'
import type { Screen } from '../base/screen.ts'
import { table } from '../base/table.ts'
import { verdictText } from '../base/verdict.ts'
import { countersText } from '../trace/counters.ts'
import { type Detail, traceText } from '../trace/trace.ts'
import { lostText } from './lost.ts'
import { toneOf } from './tone.ts'

const INDENT = '  '

export class PsyncText {
  readonly #write: (text: string) => void
  readonly #detail: Detail
  readonly #screen: Screen
  #counters: CountersEvent | undefined
  /** The steps so far, with -v. The answer is written before them. */
  #steps = ''

  constructor(write: (text: string) => void, detail: Detail, screen: Screen) {
    this.#write = write
    this.#detail = detail
    this.#screen = screen
  }

  show(event: ReplEvent): void {
    if (event.type === 'counters') this.#counters = event
    const isShown = this.#detail.verbosity > 0 || event.type === 'source' || event.type === 'warning'
    if (isShown && !this.#detail.quiet) this.#steps += traceText(event, this.#detail, this.#screen)
  }

  /**
   * The whole answer, or only its first line if quiet.
   * @param at the time, if the run gives several answers
   * @param lost the writes that the replica would discard; undefined without a replica
   */
  conclude(facts: PsyncFacts, subject: Subject, at?: Date, lost?: LostWrites): void {
    const { dim } = this.#screen.colour
    const moment = at ? `${dim(at.toISOString())}\n` : ''
    const loop = facts.loop ? loopsText([facts.loop], this.#screen, this.#detail.quiet) : ''
    const verdict = `${loop}${moment}${this.#verdict(facts, subject)}`
    this.#write(this.#detail.quiet ? verdict : `${verdict}${this.#rest(facts, subject, lost)}`)
    this.end()
  }

  /** Writes the steps of a run that failed. */
  end(): void {
    if (this.#steps !== '') this.#write(this.#steps)
    this.#steps = ''
  }

  #verdict(facts: PsyncFacts, subject: Subject): string {
    return verdictText(this.#screen, markOf(facts), toneOf(facts), headline(facts, subject))
  }

  #rest(facts: PsyncFacts, subject: Subject, lost: LostWrites | undefined): string {
    const sentences = [...because(facts, subject), ...describeBasis(facts)].map((sentence) => this.#paragraph(sentence))
    const advice = adviseOn(facts).map(({ text, remedy }) => `${this.#paragraph(text)}${remedy ? remedyText(remedy, this.#screen) : ''}`)
    const rest = [this.#conditions(facts), this.#cost(), this.#steps].filter((part) => part !== '').map((part) => `\n${part}`)
    this.#steps = ''
    const lostWrites = lost && subject.kind === 'replica' ? lostText(subject.name, lost, this.#screen) : ''
    return [...sentences, ...advice, lostWrites, ...rest].join('')
  }

  /** All conditions with -v; otherwise only where one of them decided against a partial resync. */
  #conditions(facts: PsyncFacts): string {
    const conditions = checkedConditions(facts)
    const decides = conditions.some(({ holds }) => holds === false)
    if (conditions.length === 0 || (!decides && this.#detail.verbosity === 0)) return ''
    const { bad, dim } = this.#screen.colour
    const rows = conditions.map(({ statement, numbers, holds }) => {
      const row = [statement, numbers, holds === undefined ? '-' : holds ? 'yes' : 'NO: decides']
      return holds === false ? row.map((cell) => bad(cell)) : row
    })
    return `${dim(this.#screen.paragraph('A partial resync needs, in the order of the server’s checks:'))}\n${table(this.#screen, [], rows)}\n`
  }

  #cost(): string {
    if (!this.#counters) return ''
    return countersText(this.#counters, this.#detail, this.#screen)
  }

  #paragraph(sentence: string): string {
    return `${this.#screen.paragraph(printable(sentence), INDENT)}\n`
  }
}

/** Whether the answer is from PSYNC or from INFO, and the traces of a refused PSYNC. */
function describeBasis(facts: PsyncFacts): string[] {
  const { guard } = facts
  const { answer, basis } = answerOf(facts)
  if (answer === 'no-link') return []
  if (basis === 'info') return [`Predicted from INFO. ${notSent(facts)?.text ?? 'No PSYNC was sent.'}`]
  const source = isAsForecast(facts) ? 'Confirmed by a real PSYNC.' : 'This is the reply to a real PSYNC.'
  if (answer === 'partial' || !guard) return [source]
  return [`${source} Its traces (guard: ${guard.name}): ${describeTraces(guard)}`]
}
