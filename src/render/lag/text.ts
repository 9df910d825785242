/** `lag` for people: the tree with its figures, the notes, and the advice on the settings at this write rate. */

import { type Checked, describeNoReplicas, describeState, hasLink } from '../../diagnosis/lag/check.ts'
import { describeMasterLoss, type LagReport, type MasterReport, type ReplicaReport, resyncLoops } from '../../diagnosis/lag/lag.ts'
import type { LagAdvice } from '../../diagnosis/lag/setting-rules.ts'
import { type LagVerdictKind, lagVerdict } from '../../diagnosis/lag/verdict.ts'
import { bytesText, replicaNotes, resyncText, secondsText, summaryText, toolsText, trendText } from '../../diagnosis/lag/words.ts'
import { duration, exact, bytes as human } from '../../diagnosis/units.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { loopsText } from '../base/loop.ts'
import { printable } from '../base/printable.ts'
import { remedyText } from '../base/remedy.ts'
import type { Screen } from '../base/screen.ts'
import { columns } from '../base/table.ts'
import { type Tone, verdictText } from '../base/verdict.ts'
import type { LagLook, LagView } from './view.ts'

const NARROW = 80
const LAST_RANK = 7
const MOST_NOTES = 20

interface Column {
  readonly head: string
  /** The highest rank is dropped first if the terminal is too narrow. */
  readonly rank: number
  readonly text: (replica: ReplicaReport) => string
  readonly paint?: (replica: ReplicaReport, screen: Screen) => (text: string) => string
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
function paintOfState(replica: ReplicaReport, screen: Screen) {
  if (!hasLink(replica)) return screen.colour.bad
  return replica.state === 'online' ? screen.colour.good : screen.colour.warn
}

/** @param spark a chart of a replica's lag so far, by the name of the replica */
export function lagTable({ master, replicas: all }: LagReport, screen: Screen, width: number, spark?: (name: string) => string): string {
  const replicas = all.filter(({ state }) => state !== 'tool')
  const last: Column[] = spark ? [{ head: 'SO FAR', rank: 1, text: ({ name }) => spark(name) }] : []
  const names = [printable(master.name), ...branches(replicas)]
  const fitting = fit([...COLUMNS, ...last], replicas, Math.max(...names.map((name) => name.length)), width)
  const rows = replicas.map((replica, index) => [
    names[index + 1] ?? '',
    ...fitting.map(({ text, paint }) => {
      const cell = printable(text(replica))
      return paint && cell ? paint(replica, screen)(cell) : cell
    }),
  ])
  return `${columns([[names[0] ?? '', ...fitting.map(({ head }) => screen.colour.dim(head))], ...rows])}\n`
}

/** One line about the server that all lags are measured against. */
export function masterLine(master: MasterReport, screen: Screen): string {
  const { name, identity, role, replid, offset, writes } = master
  const lost = describeMasterLoss(master)
  if (lost) return screen.colour.bad(screen.paragraph(printable(`${lost} Nothing can be measured against it.`)))
  const what = `${identity?.flavour ?? ''} ${identity?.version ?? ''}`.trim()
  const rate = writes
    ? `, ${writes.average === 0 ? 'no writes' : `${human(Math.round(writes.average))}/s written`} over ${duration(writes.overMs)}`
    : ''
  const where = `offset ${exact(offset ?? 0)}${replid ? ` of ${replid}` : ''}`
  return serverSentence(name, `: ${[roleWord(role), what, where].filter((part) => part !== '').join(', ')}${rate}`, screen)
}

/** A role that no master has is told as it stands. */
function roleWord(role: string | undefined): string {
  if (role === 'master') return role
  return role ? `role ${role}` : 'role not shown'
}

/** The whole report. */
export function lagText({ views, checked }: LagLook, screen: Screen, isQuiet: boolean): string {
  const width = screen.isTerminal ? screen.width : Number.POSITIVE_INFINITY
  const verdict = verdictLine(views, checked, screen)
  if (isQuiet) return verdict
  const trees = views.map((view) => `${shardLine(view, screen)}${treeText(view, screen, width)}`)
  return `${verdict}${trees.join('\n')}`
}

/** The slots of the shard; empty without --cluster. */
export function shardLine({ shard }: LagView, screen: Screen): string {
  return shard ? `${screen.colour.strong(`slots ${slotsText(shard.slots)}`)}\n` : ''
}

function treeText({ report, advice, markerCost }: LagView, screen: Screen, width: number): string {
  const loops = resyncLoops(report)
  const parts = [loopsText(loops, screen, false), `${masterLine(report.master, screen)}\n`]
  if (report.replicas.some(({ state }) => state !== 'tool')) parts.push(`\n${lagTable(report, screen, width)}`)
  else if (!describeMasterLoss(report.master)) parts.push(noReplicasText(report.master, report.resyncs !== undefined))
  parts.push(notesText(report, screen), adviceText(advice, screen))
  if (markerCost)
    parts.push(
      screen.colour.dim(
        `${markerCost.sent} markers were written: the history has grown by about ${exact(markerCost.bytes)} bytes for them.\n`,
      ),
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
export function notesText({ master, replicas }: LagReport, screen: Screen, isLive = false): string {
  const notes = replicas.flatMap((replica) =>
    replicaNotes(replica, master.writes?.average).map((note) => serverSentence(replica.name, ` ${note}`, screen)),
  )
  const tools = toolsText(replicas)
  const rest = notes.length - MOST_NOTES
  const lines = [
    ...notes.slice(0, MOST_NOTES),
    ...(rest > 0 ? [screen.colour.dim(`… ${rest} notes more; --json has all`)] : []),
    ...(isLive ? [] : replicas.flatMap(histogramLines)),
    ...(tools ? [screen.colour.dim(screen.paragraph(printable(tools)))] : []),
  ]
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}

export function adviceText(advice: readonly LagAdvice[], screen: Screen): string {
  if (advice.length === 0) return ''
  const items = advice.map(({ text, remedy, isWarning }) => {
    const sentence = screen.paragraph(printable(text), isWarning ? `${screen.colour.warn('!')} ` : '- ')
    return `${sentence}\n${remedy ? remedyText(remedy, screen) : ''}`
  })
  return `\n${items.join('')}`
}

/** A wrapped sentence that begins with the server's name in bold. */
function serverSentence(name: string, rest: string, screen: Screen): string {
  return screen.paragraph(printable(rest), screen.colour.strong(printable(name)))
}

const TONES: Record<LagVerdictKind, Tone> = {
  ok: 'good',
  none: 'warn',
  unknown: 'warn',
  down: 'bad',
  failed: 'bad',
  loop: 'bad',
  lost: 'bad',
}

export function verdictLine(views: readonly LagView[], checked: Checked | undefined, screen: Screen): string {
  const { kind, text } = lagVerdict(
    views.map(({ report }) => report),
    checked,
  )
  return verdictText(screen, kind.toUpperCase(), TONES[kind], text)
}

/** Printed at the end of --watch. */
export function watchSummary({ replicas }: LagReport, screen: Screen): string {
  return replicas
    .flatMap(({ name, summary }) => (summary ? [`${serverSentence(name, ` ${summaryText(summary)}`, screen)}\n`] : []))
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
