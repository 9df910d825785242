/** `lag --watch` for people: a redrawn screen on a terminal, otherwise one line per replica and poll. */

import { describeNoReplicas, describeState } from '../../diagnosis/lag/check.ts'
import { describeMasterLoss, type LagReport, lagMs, type ReplicaReport, resyncLoops } from '../../diagnosis/lag/lag.ts'
import { bytesText, resyncText, secondsText, trendText } from '../../diagnosis/lag/words.ts'
import { loopText } from '../../diagnosis/resync/loop-words.ts'
import { LiveText } from '../base/live.ts'
import { loopsText } from '../base/loop.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { sparkline } from '../base/sparkline.ts'
import { adviceText, lagTable, masterLine, notesText, shardLine, verdictLine, watchSummary } from './text.ts'
import type { LagLook, LagView } from './view.ts'

const SPARKS = 20
/** The smallest full scale of the chart, so that a small lag never looks like a peak. */
const LEAST_MS = 100

export class LagWatch {
  readonly #stream: NodeJS.WriteStream
  readonly #isQuiet: boolean
  readonly #screen: Screen
  readonly #live: LiveText
  readonly #lagsByName = new Map<string, (number | undefined)[]>()

  constructor(stream: NodeJS.WriteStream, screen: Screen, isQuiet: boolean) {
    this.#stream = stream
    this.#isQuiet = isQuiet
    this.#screen = screen
    this.#live = new LiveText(stream)
  }

  readonly show = (look: LagLook): void => {
    for (const { report } of look.views) for (const replica of report.replicas) this.#recordLag(replica)
    if (this.#stream.isTTY) this.#live.draw(this.#frame(look))
    else this.#stream.write(this.#lines(look))
  }

  readonly conclude = (look: LagLook | undefined): void => {
    if (!look) return
    if (this.#stream.isTTY && !this.#isQuiet) for (const view of look.views) this.#stream.write(this.#advice(view))
    this.#stream.write(this.#stream.isTTY ? '\n' : '')
    for (const { report } of look.views) this.#stream.write(watchSummary(report, this.#screen))
  }

  #advice(view: LagView): string {
    const text = adviceText(view.advice, this.#screen)
    return text === '' || !view.shard ? text : `\n${shardLine(view, this.#screen)}${text.trimStart()}`
  }

  #recordLag({ name, lag }: ReplicaReport): void {
    const values = this.#lagsByName.get(name) ?? []
    this.#lagsByName.set(name, [...values, lag && (lagMs(lag) ?? lag.bounds.low)].slice(-SPARKS))
  }

  /** Never taller than the terminal: lines that scrolled away cannot be redrawn. */
  #frame({ views, checked }: LagLook): string {
    const { rows } = this.#stream
    const head = `${this.#screen.colour.dim((views[0]?.report.at ?? new Date(0)).toISOString())}\n`
    const foot = `\n${verdictLine(views, checked, this.#screen)}`
    const body = views
      .map((view) => this.#tree(view))
      .join('\n')
      .split('\n')
    const room = Math.max(6, rows - head.split('\n').length - foot.split('\n').length)
    const kept = body.length > room ? [...body.slice(0, room - 1), this.#screen.colour.dim(`… ${body.length - room} lines more`), ''] : body
    return `${head}${kept.join('\n')}${foot}`
  }

  #tree(view: LagView): string {
    const { report } = view
    const table = lagTable(report, this.#screen, this.#stream.columns, (name) => sparkline(this.#lagsByName.get(name) ?? [], LEAST_MS))
    const notes = this.#isQuiet ? '' : notesText(report, this.#screen, true)
    const master = `${shardLine(view, this.#screen)}${masterLine(report.master, this.#screen)}`
    return `${loopsText(resyncLoops(report), this.#screen, this.#isQuiet)}${master}\n${historyNote(report, this.#screen)}\n${table}${notes}`
  }

  #lines({ views, checked }: LagLook): string {
    const at = (views[0]?.report.at ?? new Date(0)).toISOString()
    const fail = checked && !checked.isOk ? [`${at} ${verdictLine(views, checked, this.#screen)}`] : []
    return [...views.map(({ report }) => linesOf(report, at)), ...fail].join('')
  }
}

function linesOf(report: LagReport, at: string): string {
  const { master, replicas, isNewHistory } = report
  const loops = resyncLoops(report).map((loop) => `${at} ${printable(loopText(loop))}\n`)
  const real = replicas.filter(({ state }) => state !== 'tool')
  const lines = real.map((replica) => {
    const { name, lag, trend, resync } = replica
    const figures = [describeState(replica), `${bytesText(lag)} behind`, `${secondsText(lag)} s`, trendText(trend), resyncText(resync)]
    return `${at} ${printable(`${name} ${figures.filter((figure) => figure !== '').join(', ')}`)}\n`
  })
  const none =
    real.length === 0
      ? [`${at} ${printable(master.name)} ${describeMasterLoss(master) ? 'cannot be measured against' : describeNoReplicas(master)}\n`]
      : []
  return [...loops, ...(isNewHistory ? [`${at} the history began anew\n`] : []), ...lines, ...none].join('')
}

function historyNote({ isNewHistory }: LagReport, screen: Screen): string {
  return isNewHistory ? screen.colour.warn('the history began anew: a failover, or a restart\n') : ''
}
