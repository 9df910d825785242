/** `lag` for people: the tree with its figures, the notes, and the advice on the settings at this write rate. */

import type { LagAdvice } from '../../diagnosis/lag/advice.ts'
import { type Checked, describeNoReplicas, describeState, hasLink } from '../../diagnosis/lag/check.ts'
import { describeMasterLoss, type LagReport, type MasterReport, type ReplicaReport, resyncLoops } from '../../diagnosis/lag/lag.ts'
import { bytesText, replicaNotes, resyncText, secondsText, summaryText, toolsText, trendText } from '../../diagnosis/lag/words.ts'
import { duration, exact, bytes as human } from '../../diagnosis/units.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { loopsText } from '../base/loop.ts'
import { type Palette, palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import { columns } from '../base/table.ts'
import { wrap } from '../base/wrap.ts'
import type { LagLook, LagView } from './view.ts'

const NARROW = 80
const LAST_RANK = 7
const MOST_NOTES = 20

interface Column {
  readonly head: string
  /** The highest rank is dropped first if the terminal is too narrow. */
  readonly rank: number
  readonly text: (replica: ReplicaReport) => string
  readonly paint?: (replica: ReplicaReport, colour: Palette) => (text: string) => string
}

const COLUMNS: readonly Column[] = [
  { head: 'STATE', rank: 0, text: describeState, paint: paintOfState },
  { head: 'BEHIND', rank: 0, text: ({ lag }) => bytesText(lag) },
  { head: 'SECONDS', rank: 0, text: ({ lag }) => secondsText(lag) },
  { head: 'BY', rank: 5, text: ({ lag }) => (lag ? { info: 'INFO', ack: 'ACK' }[lag.method] : '') },
  { head: 'TREND', rank: 3, text: ({ trend }) => trendText(trend) },
  { head: 'IF CUT NOW', rank: 2, text: ({ resync }) => resyncText(resync) },
  { head: 'LAST ACK', rank: 4, text: ({ listed }) => (listed?.ackAgeSeconds === undefined ? '' : `${listed.ackAgeSeconds} s`) },
  { head: 'LAST I/O', rank: 6, text: ({ link }) => (link?.lastIoSeconds === undefined ? '' : `${link.lastIoSeconds} s`) },
  { head: 'APPLIES', rank: 7, text: ({ applied }) => (applied === undefined ? '' : `${human(Math.round(applied))}/s`) },
]

/** Green only for what the replica itself confirms. */
function paintOfState(replica: ReplicaReport, colour: Palette) {
  if (!hasLink(replica)) return colour.bad
  return replica.state === 'online' ? colour.good : colour.warn
}

/** @param spark a chart of a replica's lag so far, by the name of the replica */
export function lagTable({ master, replicas: all }: LagReport, colour: Palette, width: number, spark?: (name: string) => string): string {
  const replicas = all.filter(({ state }) => state !== 'tool')
  const last: Column[] = spark ? [{ head: 'SO FAR', rank: 1, text: ({ name }) => spark(name) }] : []
  const names = [printable(master.name), ...branches(replicas)]
  const fitting = fit([...COLUMNS, ...last], replicas, Math.max(...names.map((name) => name.length)), width)
  const rows = replicas.map((replica, index) => [
    names[index + 1] ?? '',
    ...fitting.map(({ text, paint }) => {
      const cell = printable(text(replica))
      return paint && cell ? paint(replica, colour)(cell) : cell
    }),
  ])
  return `${columns([[names[0] ?? '', ...fitting.map(({ head }) => colour.dim(head))], ...rows])}\n`
}

/** One line about the server that all lags are measured against. */
export function masterLine(master: MasterReport, colour: Palette): string {
  const { name, identity, role, replid, offset, writes } = master
  const lost = describeMasterLoss(master)
  if (lost) return colour.bad(wrap(printable(`${lost} Nothing can be measured against it.`), '  '))
  const what = `${identity?.flavour ?? ''} ${identity?.version ?? ''}`.trim()
  const rate = writes
    ? `, ${writes.average === 0 ? 'no writes' : `${human(Math.round(writes.average))}/s written`} over ${duration(writes.overMs)}`
    : ''
  const where = `offset ${exact(offset ?? 0)}${replid ? ` of ${replid}` : ''}`
  return serverSentence(name, `: ${[roleWord(role), what, where].filter((part) => part !== '').join(', ')}${rate}`, colour)
}

/** A role that no master has is told as it stands. */
function roleWord(role: string | undefined): string {
  if (role === 'master') return role
  return role ? `role ${role}` : 'role not shown'
}

/** The whole report. */
export function lagText({ views, checked }: LagLook, stream: NodeJS.WriteStream, isQuiet: boolean): string {
  const colour = palette(stream)
  const width = stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY
  const trees = views.map((view) => `${shardLine(view, colour)}${treeText(view, colour, width, isQuiet)}`)
  return `${trees.join('\n')}${checked ? `${views.length > 1 ? '\n' : ''}${verdictLine(checked, colour)}` : ''}`
}

/** The slots of the shard; empty without --cluster. */
export function shardLine({ shard }: LagView, colour: Palette): string {
  return shard ? `${colour.strong(`slots ${slotsText(shard.slots)}`)}\n` : ''
}

function treeText({ report, advice, markerCost }: LagView, colour: Palette, width: number, isQuiet: boolean): string {
  const loops = resyncLoops(report)
  const parts = [loopsText(loops, colour, isQuiet), `${masterLine(report.master, colour)}\n`]
  if (report.replicas.some(({ state }) => state !== 'tool')) parts.push(`\n${lagTable(report, colour, width)}`)
  else if (!describeMasterLoss(report.master)) parts.push(noReplicasText(report.master, report.resyncs !== undefined))
  if (!isQuiet) parts.push(notesText(report, colour), adviceText(advice, colour))
  if (markerCost)
    parts.push(
      colour.dim(`${markerCost.sent} markers were written: the history has grown by about ${exact(markerCost.bytes)} bytes for them.\n`),
    )
  return parts.filter((part) => part !== '').join('')
}

/** @param hasTraces whether replicas were seen to come and go */
function noReplicasText(master: MasterReport, hasTraces: boolean): string {
  const { unlisted, isByRole, isListHidden } = master
  if (unlisted === undefined && !isByRole && !isListHidden) return `No replica is attached to it${hasTraces ? ' at this moment' : ''}.\n`
  return `It ${describeNoReplicas(master)}.\n`
}

/** @param isLive on a redrawn screen, which has no room for histograms */
export function notesText({ master, replicas }: LagReport, colour: Palette, isLive = false): string {
  const notes = replicas.flatMap((replica) =>
    replicaNotes(replica, master.writes?.average).map((note) => serverSentence(replica.name, ` ${note}`, colour)),
  )
  const tools = toolsText(replicas)
  const rest = notes.length - MOST_NOTES
  const lines = [
    ...notes.slice(0, MOST_NOTES),
    ...(rest > 0 ? [colour.dim(`… ${rest} notes more; --json has all`)] : []),
    ...(isLive ? [] : replicas.flatMap(histogramLines)),
    ...(tools ? [colour.dim(wrap(printable(tools), '  '))] : []),
  ]
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}

export function adviceText(advice: readonly LagAdvice[], colour: Palette): string {
  if (advice.length === 0) return ''
  const lines = advice.map(({ text, command, isWarning }) => {
    const sentence = wrap(`${isWarning ? '!' : '-'} ${printable(command ? text.replace(/[.:]*$/, ':') : text)}`, '  ')
    const painted = isWarning ? sentence.replace('!', colour.warn('!')) : sentence
    return command ? `${painted}\n    ${colour.strong(command)}` : painted
  })
  return `\n${lines.join('\n')}\n`
}

/** A wrapped sentence that begins with the server's name in bold. */
function serverSentence(name: string, rest: string, colour: Palette): string {
  const safeName = printable(name)
  return `${colour.strong(safeName)}${wrap(safeName + printable(rest), '  ').slice(safeName.length)}`
}

export function verdictLine({ isOk, reason }: Checked, colour: Palette): string {
  return `${isOk ? colour.good('OK') : colour.bad('FAIL')} ${printable(reason)}\n`
}

/** Printed at the end of --watch. */
export function watchSummary({ replicas }: LagReport, colour: Palette): string {
  return replicas
    .flatMap(({ name, summary }) => (summary ? [`${serverSentence(name, ` ${summaryText(summary)}`, colour)}\n`] : []))
    .join('')
}

const BAR_CHARS = 40

/** The distribution of arrival times, besides the quantiles in the notes. */
function histogramLines({ name, arrivals }: ReplicaReport): string[] {
  const bars = arrivals?.histogram ?? []
  const used = bars.flatMap(({ count }, index) => (count > 0 ? [index] : []))
  const [first, last] = [used[0], used.at(-1)]
  if (first === undefined || last === undefined) return []
  const most = Math.max(...bars.map(({ count }) => count))
  const lines = bars.slice(first, last + 1).map(({ below, count }) => {
    const label = below === undefined ? 'more' : `< ${below} ms`
    return `  ${label.padStart(10)} ${String(count).padStart(8)} ${'█'.repeat(Math.ceil((count / most) * BAR_CHARS))}`
  })
  return [`${printable(name)}, arrivals by how much later they came than from the master:`, ...lines]
}

/** The names with the tree's lines before them. */
function branches(replicas: readonly ReplicaReport[]): string[] {
  const open: boolean[] = []
  return replicas.map((replica, index) => {
    const { depth, name } = replica
    const next = replicas.slice(index + 1).find((later) => later.depth <= depth)
    const isLast = next === undefined || next.depth < depth
    open[depth] = !isLast
    const lines = Array.from({ length: depth - 1 }, (_, level) => (open[level + 1] ? '│  ' : '   '))
    return `${lines.join('')}${isLast ? '└─ ' : '├─ '}${printable(name)}`
  })
}

/** Drops empty columns, then the highest ranks until the table fits. */
function fit(all: readonly Column[], replicas: readonly ReplicaReport[], nameWidth: number, width: number): Column[] {
  let fitting = all.filter(({ text, rank }) => rank === 0 || replicas.some((replica) => text(replica) !== ''))
  const usedWidth = () =>
    fitting.reduce(
      (sum, { head, text }) => sum + 2 + Math.max(head.length, ...replicas.map((replica) => printable(text(replica)).length)),
      nameWidth,
    )
  const limit = Math.max(NARROW, Number.isFinite(width) ? width : 120)
  for (let rank = LAST_RANK; rank > 0 && usedWidth() > limit; rank -= 1) fitting = fitting.filter((column) => column.rank < rank)
  return fitting
}
