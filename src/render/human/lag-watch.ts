/** `lag --watch` for people: on a terminal one screen drawn anew, off it a line for each replica at each look. */
import { type LagReport, lagMs, type ReplicaReport } from '../../diagnosis/lag.ts'
import { describeState } from '../../diagnosis/lag-check.ts'
import { bytesText, resyncText, secondsText, trendText } from '../../diagnosis/lag-words.ts'
import type { LagView } from '../lag-view.ts'
import { LiveText } from '../live.ts'
import { type Palette, palette } from '../palette.ts'
import { printable } from '../printable.ts'
import { sparkline } from '../sparkline.ts'
import { adviceText, lagTable, masterLine, notesText, verdictLine, watchSummary } from './lag.ts'

const SPARKS = 20
/** What is less than this is no mountain, whatever came before it. */
const LEAST_MS = 100

export class LagWatch {
  readonly #stream: NodeJS.WriteStream
  readonly #isQuiet: boolean
  readonly #colour: Palette
  readonly #live: LiveText
  readonly #soFar = new Map<string, (number | undefined)[]>()

  constructor(stream: NodeJS.WriteStream, isQuiet: boolean) {
    this.#stream = stream
    this.#isQuiet = isQuiet
    this.#colour = palette(stream)
    this.#live = new LiveText(stream)
  }

  readonly show = (view: LagView): void => {
    const { report } = view
    for (const replica of report.replicas) this.#remember(replica)
    if (!this.#stream.isTTY) {
      this.#stream.write(this.#lines(view))
      return
    }
    this.#live.draw(this.#screen(view))
  }

  readonly conclude = (view: LagView | undefined): void => {
    if (!view) return
    if (this.#stream.isTTY && !this.#isQuiet) this.#stream.write(adviceText(view.advice, this.#colour))
    this.#stream.write(`${this.#stream.isTTY ? '\n' : ''}${watchSummary(view.report, this.#colour)}`)
  }

  #remember({ name, lag }: ReplicaReport): void {
    const values = this.#soFar.get(name) ?? []
    this.#soFar.set(name, [...values, lag && (lagMs(lag) ?? lag.bounds.low)].slice(-SPARKS))
  }

  /** No more lines than the terminal has: what scrolled away could not be drawn over. */
  #screen({ report, checked }: LagView): string {
    const { rows, columns } = this.#stream
    const table = lagTable(report, this.#colour, columns, (name) => sparkline(this.#soFar.get(name) ?? [], LEAST_MS))
    const head = `${this.#colour.dim(report.at.toISOString())}\n${masterLine(report.master, this.#colour)}\n${changed(report, this.#colour)}\n`
    const foot = checked ? `\n${verdictLine(checked, this.#colour)}` : ''
    const notes = this.#isQuiet ? '' : notesText(report, this.#colour, true)
    const body = `${table}${notes}`.split('\n')
    const room = Math.max(3, rows - head.split('\n').length - foot.split('\n').length)
    const kept = body.length > room ? [...body.slice(0, room - 1), this.#colour.dim(`… ${body.length - room} lines more`), ''] : body
    return `${head}${kept.join('\n')}${foot}`
  }

  #lines({ report, checked }: LagView): string {
    const at = report.at.toISOString()
    const real = report.replicas.filter(({ state }) => state !== 'tool')
    const lines = real.map((replica) => {
      const { name, lag, trend, resync } = replica
      const figures = [describeState(replica), `${bytesText(lag)} behind`, `${secondsText(lag)} s`, trendText(trend), resyncText(resync)]
      return `${at} ${printable(`${name} ${figures.filter((one) => one !== '').join(', ')}`)}\n`
    })
    const none =
      real.length === 0 ? [`${at} ${printable(report.master.name)} ${report.master.failure ? 'cannot be asked' : 'has no replicas'}\n`] : []
    const fail = checked && !checked.isOk ? [`${at} ${verdictLine(checked, this.#colour)}`] : []
    return [...(report.isNewHistory ? [`${at} the history began anew\n`] : []), ...lines, ...none, ...fail].join('')
  }
}

function changed({ isNewHistory }: LagReport, colour: Palette): string {
  return isNewHistory ? colour.warn('the history began anew: a failover, or a restart\n') : ''
}
