/** `lag` for people: the verdict, its cause, the table, and the advice on the settings at this write rate. */

import { type Checked, describeNoReplicas } from '../../diagnosis/lag/check.ts'
import { describeMasterLoss, type LagReport, type ReplicaReport, resyncLoops } from '../../diagnosis/lag/lag.ts'
import type { LagAdvice } from '../../diagnosis/lag/setting-rules.ts'
import { decidingCell, type LagVerdictKind, lagVerdict } from '../../diagnosis/lag/verdict.ts'
import { figureNotes, toolsText, troubleNotes } from '../../diagnosis/lag/words.ts'
import { duration, exact, bytes as human } from '../../diagnosis/units.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { loopDetails } from '../base/loop.ts'
import { printable } from '../base/printable.ts'
import { remedyText } from '../base/remedy.ts'
import type { Screen } from '../base/screen.ts'
import { type Tone, verdictText } from '../base/verdict.ts'
import { histogramText } from './histogram.ts'
import { type Column, replicaTable } from './table.ts'
import { type LagLook, type LagView, shardVerdict } from './view.ts'

const MOST_NOTES = 20

/** How much to print. */
export interface LagDetail {
  /** Only the verdict. */
  readonly isQuiet: boolean
  /** All columns, and no name cut. */
  readonly isWide: boolean
  /** With the distributions of the measured times. */
  readonly isVerbose: boolean
}

/** The whole report. */
export function lagText(look: LagLook, screen: Screen, detail: LagDetail): string {
  const { views, checked } = look
  const verdict = verdictLine(views, checked, screen)
  if (detail.isQuiet) return verdict
  const trees = views.map((view) => `${shardLine(view, screen)}${treeText(view, screen, detail)}`)
  return `${verdict}${trees.join('\n')}${shardsLine(views, screen)}`
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

/** The slots of the shard and its verdict in one word; empty without --cluster. */
export function shardLine(view: LagView, { colour }: Screen): string {
  if (!view.shard) return ''
  const { kind } = shardVerdict(view)
  return `${colour.strong(`slots ${slotsText(view.shard.slots)}`)}  ${colour[TONES[kind]](kind.toUpperCase())}\n`
}

/** How many shards are well; empty without --cluster. */
function shardsLine(views: readonly LagView[], { colour }: Screen): string {
  if (!views.some(({ shard }) => shard)) return ''
  const good = views.filter((view) => shardVerdict(view).kind === 'ok').length
  const text = `${good} of ${views.length} shards OK`
  return `\n${good === views.length ? colour.good(text) : colour.bad(text)}\n`
}

function treeText(view: LagView, screen: Screen, detail: LagDetail): string {
  const { report, advice, markerCost } = view
  const parts = [causeText(view, screen), masterText(view, screen)]
  if (report.replicas.some(({ state }) => state !== 'tool')) parts.push(`\n${lagTable(view, screen, detail)}`)
  else if (!describeMasterLoss(report.master)) parts.push(noReplicasText(report, screen))
  parts.push(notesText(view, screen, detail), adviceText(advice, screen))
  if (markerCost) {
    const cost = `${markerCost.sent} markers were written. They took about ${exact(markerCost.bytes)} bytes of the replication stream.`
    parts.push(`${screen.colour.dim(screen.paragraph(cost))}\n`)
  }
  return parts.join('')
}

/** What the verdict rests on: the cause of a loop, or the first note on each replica that decides it. */
export function causeText(view: LagView, screen: Screen): string {
  const loops = resyncLoops(view.report)
  if (loops.length > 0) return `${loops.map((loop) => loopDetails(loop, screen)).join('')}\n`
  return deciders(view)
    .flatMap((replica) => notesOn(replica, view, screen, '  ').slice(0, 1))
    .map((line) => `${line}\n`)
    .join('')
}

/** More causes would push the table off the screen. Their notes stand below it. */
const MOST_CAUSES = 3

/** The replicas that the verdict rests on. */
function deciders({ report, checked }: LagView): ReplicaReport[] {
  if (resyncLoops(report).length > 0) return []
  return report.replicas.filter((replica) => decidingCell(replica, report, checked) !== undefined).slice(0, MOST_CAUSES)
}

function notesOn(replica: ReplicaReport, { report }: LagView, screen: Screen, indent = ''): string[] {
  const notes = troubleNotes(replica, report.master.writes?.average)
  return notes.map((note) => serverSentence(`${indent}${replica.name}`, ` ${note}`, screen))
}

/** The server that all lags are measured against; empty if the verdict says why nothing can be measured. */
export function masterText(view: LagView, screen: Screen): string {
  const { master } = view.report
  const { name, identity, role, replid, offset, writes } = master
  const lost = describeMasterLoss(master)
  if (lost && !view.shard && shardVerdict(view).kind === 'lost') return ''
  if (lost) return `${screen.colour.bad(screen.paragraph(printable(`No lag can be measured: ${lost}`)))}\n`
  const what = `${identity?.flavour ?? ''} ${identity?.version ?? ''}`.trim()
  const rate = writes
    ? `${writes.average === 0 ? 'no writes' : `${human(Math.round(writes.average))}/s written`} in ${duration(writes.overMs)}`
    : ''
  const facts = [roleWord(role), what, offset === undefined ? '' : `offset ${offset}`, replid ? `replid ${replid}` : '', rate]
  return `${serverSentence(name, `: ${facts.filter((fact) => fact !== '').join(', ')}`, screen)}\n`
}

/** Any other role is shown as the server calls it. */
function roleWord(role: string | undefined): string {
  if (role === 'master') return role
  return role ? `role ${role}` : 'role not shown'
}

/** @param extra a last column, if there is room */
export function lagTable({ report, checked }: LagView, screen: Screen, { isWide }: LagDetail, extra?: Column): string {
  const deciding = (replica: ReplicaReport) => decidingCell(replica, report, checked)
  return replicaTable(report.replicas, screen, { isWide, deciding, ...(extra && { extra }) })
}

function noReplicasText({ master, resyncs }: LagReport, screen: Screen): string {
  const { unlisted, isByRole, isListHidden } = master
  if (unlisted !== undefined || isByRole || isListHidden) return `${screen.paragraph(printable(`It ${describeNoReplicas(master)}.`))}\n`
  // Replicas that come and go leave traces in the counters.
  return `No replica is attached to it${resyncs === undefined ? '' : ' now'}.\n`
}

/** Everything on the replicas that the cause has not shown. */
export function notesText(view: LagView, screen: Screen, { isVerbose }: LagDetail): string {
  const { replicas } = view.report
  const deciding = deciders(view)
  const notes = replicas.flatMap((replica) => notesOn(replica, view, screen).slice(deciding.includes(replica) ? 1 : 0))
  const tools = toolsText(replicas)
  const rest = notes.length - MOST_NOTES
  const lines = [
    ...notes.slice(0, MOST_NOTES),
    ...(rest > 0 ? [screen.colour.dim(`and ${rest} more notes; --json shows all`)] : []),
    ...(isVerbose ? replicas.flatMap((replica) => figureLines(replica, screen)) : []),
    ...(tools ? [screen.colour.dim(screen.paragraph(printable(tools)))] : []),
  ]
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`
}

function figureLines(replica: ReplicaReport, screen: Screen): string[] {
  return [...figureNotes(replica).map((note) => serverSentence(replica.name, ` ${note}`, screen)), ...histogramText(replica, screen)]
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
