/**
 * `lag --format nagios`: a summary of the worst finding with performance data in the first line, every finding below it, and the
 * matching exit status (Monitoring Plugins Development Guidelines, Plugin Output).
 */

import type { Explanation } from '../../diagnosis/errors/explain.ts'
import { type AlertRange, alerts } from '../../diagnosis/lag/alert-range.ts'
import { type Checked, describeNoReplicas, describeState, describeUnknown, hasLink, mostSeconds } from '../../diagnosis/lag/check.ts'
import { describeMasterLoss, findLoss, type LagReport, type ReplicaReport, resyncLoops } from '../../diagnosis/lag/lag.ts'
import { loopText } from '../../diagnosis/resync/loop-words.ts'
import { bytes as human } from '../../diagnosis/units.ts'
import { printable } from '../base/printable.ts'

/** Ranges for the lag in seconds and in bytes. */
export interface AlertRanges {
  readonly warning?: AlertRange
  readonly critical?: AlertRange
  readonly warningBytes?: AlertRange
  readonly criticalBytes?: AlertRange
}

export type NagiosStatus = 0 | 1 | 2 | 3

const NAMES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const

/** Worst first: critical, unknown, warning, OK. */
const GRAVITY: readonly NagiosStatus[] = [2, 3, 1, 0]

interface Finding {
  readonly status: NagiosStatus
  readonly text: string
  /** Orders findings of one status; absent for what is worse than any lag that is known. */
  readonly lag?: { readonly seconds: number; readonly bytes: number }
}

/** Without any finding nothing was measured. */
const UNKNOWN: Finding = { status: 3, text: 'nothing was measured' }

export interface NagiosOutput {
  readonly text: string
  readonly status: NagiosStatus
}

export function nagiosOutput(reports: readonly LagReport[], ranges: AlertRanges, checked: Checked | undefined): NagiosOutput {
  const real = reports.flatMap(({ replicas }) => replicas.filter(({ state }) => state !== 'tool'))
  const failedCheck: Finding[] = checked && !checked.isOk ? [{ status: 2, text: checked.reason }] : []
  const loops: Finding[] = reports.flatMap(resyncLoops).map((loop) => ({ status: 2, text: loopText(loop) }))
  // Then no offset is needed.
  const isLinkEnough = checked?.isOk === true && Object.values(ranges).every((range) => range === undefined)
  const findings = [
    ...loops,
    ...real.map((replica) => judge(replica, ranges, isLinkEnough)),
    ...(loops.length > 0 ? [] : failedCheck),
    ...reports.flatMap((report) => judgeMaster(report, isLinkEnough)),
  ]
  const sorted = worstFirst(findings)
  const [worst = UNKNOWN, ...others] = sorted
  const data = real.flatMap((replica) => performance(replica, ranges))
  const first = `${summary(worst, others)}${data.length > 0 ? ` | ${data.join(' ')}` : ''}`
  const all = sorted.length > 1 ? sorted.map((finding) => `${NAMES[finding.status]}: ${clean(finding.text)}`) : []
  return { text: lines([first, ...all]), status: worst.status }
}

/** For a run that measured nothing. */
export function nagiosFailure({ what, meaning, next }: Explanation, status: NagiosStatus): string {
  return lines([summary({ status, text: what }), clean(meaning), clean(next)])
}

function summary({ status, text }: Finding, others: readonly Finding[] = []): string {
  const more = others.filter((finding) => finding.status === status).length
  return `REPLICATION ${NAMES[status]} - ${clean(text)}${more > 0 ? `; and ${more} more` : ''}`
}

function worstFirst(findings: readonly Finding[]): Finding[] {
  const lagOf = (finding: Finding, unit: 'seconds' | 'bytes') => finding.lag?.[unit] ?? Number.MAX_VALUE
  const sorted = findings.toSorted(
    (a, b) =>
      GRAVITY.indexOf(a.status) - GRAVITY.indexOf(b.status) ||
      lagOf(b, 'seconds') - lagOf(a, 'seconds') ||
      lagOf(b, 'bytes') - lagOf(a, 'bytes'),
  )
  // A check that fails for a lost master has the same text as the master's finding.
  return sorted.filter(({ text }, index) => sorted.findIndex((other) => other.text === text) === index)
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('')
}

function judgeMaster({ master, replicas }: LagReport, isLinkEnough: boolean): Finding[] {
  const lost = describeMasterLoss(master)
  // A master that answers and shows no offset is not down.
  if (lost && findLoss(master)?.trouble !== 'NO_OFFSET') return [{ status: 2, text: lost }]
  if (lost && !isLinkEnough) return [{ status: 3, text: lost }]
  const hasNone = replicas.every(({ state }) => state === 'tool')
  if (hasNone || master.unlisted !== undefined)
    return [{ status: master.unlisted === undefined && !master.isListHidden ? 0 : 3, text: `${master.name} ${describeNoReplicas(master)}` }]
  return []
}

function judge(replica: ReplicaReport, { warning, critical, warningBytes, criticalBytes }: AlertRanges, isLinkEnough: boolean): Finding {
  const { name, lag, unknown = 'NOT_ASKED' } = replica
  const seconds = mostSeconds(replica)
  if (!lag) {
    const isWell = isLinkEnough && unknown === 'NO_MASTER_OFFSET' && hasLink(replica)
    return { status: isWell ? 0 : 3, text: `${name} ${describeState(replica)}, lag not known ${describeUnknown(unknown)}` }
  }
  // Without an upper bound, the lower bound can raise an alert but not rule one out.
  const known = seconds ?? lag.bounds.low / 1000
  const text = `${name} ${describeState(replica)}, ${seconds === undefined ? 'at least' : 'up to'} ${known.toFixed(3)} s and ${human(lag.bytes)} behind`
  const order = { seconds: known, bytes: lag.bytes }
  const isOver = (range: AlertRange | undefined, value: number) => range !== undefined && alerts(range, value)
  if (isOver(critical, known) || isOver(criticalBytes, lag.bytes)) return { status: 2, text, lag: order }
  if (seconds === undefined && (critical || warning)) return { status: 3, text, lag: order }
  // A replica without its link may have every byte, and is not well.
  return { status: isOver(warning, known) || isOver(warningBytes, lag.bytes) || !hasLink(replica) ? 1 : 0, text, lag: order }
}

function performance(replica: ReplicaReport, { warning, critical, warningBytes, criticalBytes }: AlertRanges): string[] {
  const { name, lag } = replica
  const seconds = mostSeconds(replica)
  if (!lag) return []
  const limits = (warn: AlertRange | undefined, crit: AlertRange | undefined) => `;${warn?.text ?? ''};${crit?.text ?? ''};0`
  const label = (what: string) => `'${clean(name).replace(/['=]/g, '_')}_${what}'`
  const time = seconds === undefined ? [] : [`${label('seconds')}=${seconds.toFixed(3)}s${limits(warning, critical)}`]
  return [...time, `${label('bytes')}=${lag.bytes}B${limits(warningBytes, criticalBytes)}`]
}

/** A `|` would start the performance data. */
function clean(text: string): string {
  return printable(text).replaceAll('|', '/')
}
