/** `lag --watch` for people: a screen that is redrawn on a terminal, otherwise lines of key=value. */

import { type LagReport, lagMs, type ReplicaReport } from '../../diagnosis/lag/lag.ts'
import { summaryText } from '../../diagnosis/lag/words.ts'
import { LiveText } from '../base/live.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { sparkline } from './sparkline.ts'
import { adviceText, causeText, type LagDetail, lagTable, masterText, notesText, shardLine, verdictLine } from './text.ts'
import type { LagLook, LagView } from './view.ts'
import { WatchCounts } from './watch-counts.ts'
import { summaryLines, watchLines } from './watch-lines.ts'

const SPARKS = 20
/** The smallest full scale of the chart, so that a small lag never looks like a peak. */
const LEAST_MS = 100

export interface WatchOptions {
  /** Writes to stdout. */
  readonly print: (text: string) => void
  /** How many lines the terminal has. */
  readonly rows: () => number
  /** Of --count; Infinity without it. */
  readonly count: number
  readonly detail: LagDetail
}

export class LagWatch {
  readonly #screen: Screen
  readonly #options: WatchOptions
  readonly #live: LiveText
  readonly #counts = new WatchCounts()
  readonly #lagsByName = new Map<string, (number | undefined)[]>()
  #looks = 0

  constructor(screen: Screen, options: WatchOptions) {
    this.#screen = screen
    this.#options = options
    this.#live = new LiveText({ write: options.print })
  }

  readonly show = (look: LagLook): void => {
    this.#looks += 1
    for (const { report } of look.views) this.#record(report)
    if (this.#screen.isTerminal) this.#live.draw(this.#frame(look))
    else this.#options.print(watchLines(look, this.#options.detail.isQuiet))
  }

  readonly conclude = (look: LagLook | undefined): void => {
    if (!look || this.#options.detail.isQuiet) return
    const summaries = look.views.map(({ report }) => this.#summary(report)).join('')
    const last = `${look.views.map((view) => this.#advice(view)).join('')}\n${summaries}`
    this.#options.print(this.#screen.isTerminal ? last : summaryLines(look))
  }

  #advice(view: LagView): string {
    const text = adviceText(view.advice, this.#screen)
    return text === '' || !view.shard ? text : `\n${shardLine(view, this.#screen)}${text.trimStart()}`
  }

  #summary({ replicas }: LagReport): string {
    const { paragraph, colour } = this.#screen
    const ended = replicas.flatMap(({ name, summary }) => (summary ? [{ name, summary }] : []))
    return ended.map(({ name, summary }) => `${paragraph(` ${summaryText(summary)}`, colour.strong(printable(name)))}\n`).join('')
  }

  #record(report: LagReport): void {
    this.#counts.saw(report)
    for (const { name, lag } of report.replicas) {
      const values = this.#lagsByName.get(name) ?? []
      this.#lagsByName.set(name, [...values, lag && (lagMs(lag) ?? lag.bounds.low)].slice(-SPARKS))
    }
  }

  /** Never taller than the terminal: lines that scrolled away cannot be redrawn. */
  #frame({ views, checked }: LagLook): string {
    const verdict = verdictLine(views, checked, this.#screen)
    if (this.#options.detail.isQuiet) return verdict
    const head = `${verdict}${this.#screen.colour.dim(this.#lookText(views))}\n`
    const body = views
      .map((view) => this.#tree(view))
      .join('\n')
      .split('\n')
    const room = Math.max(6, this.#options.rows() - head.split('\n').length)
    const kept =
      body.length > room ? [...body.slice(0, room - 2), this.#screen.colour.dim(`${body.length - room + 1} more lines`), ''] : body
    return `${head}${kept.join('\n')}`
  }

  #lookText(views: readonly LagView[]): string {
    const { count } = this.#options
    const of = Number.isFinite(count) ? ` of ${count}` : ''
    const at = (views[0]?.report.at ?? new Date(0)).toISOString().replace(/\.\d+Z$/, 'Z')
    return `${at}, look ${this.#looks}${of}; since the start: ${this.#counts.text}`
  }

  #tree(view: LagView): string {
    const { report } = view
    const { detail } = this.#options
    // As wide from the first look on, so that the table keeps its layout.
    const chart = ({ name }: ReplicaReport) => sparkline(this.#lagsByName.get(name) ?? [], LEAST_MS, this.#screen.isUnicode).padEnd(SPARKS)
    const table = lagTable(view, this.#screen, detail, { head: 'SO FAR', text: chart })
    const history = report.isNewHistory ? `${this.#screen.colour.warn('The history began anew: a failover, or a restart.')}\n` : ''
    const head = `${shardLine(view, this.#screen)}${causeText(view, this.#screen)}${masterText(view, this.#screen)}`
    return `${head}${history}\n${table}${notesText(view, this.#screen, detail)}`
  }
}
