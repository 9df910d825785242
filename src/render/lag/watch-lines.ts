/** `lag --watch` if stdout is not a terminal: lines of key=value, for grep and for log collectors. The date comes first. */
import { hasLink } from '../../diagnosis/lag/check.ts'
import { type LagReport, lagMs, type ReplicaReport, type ResyncNow, resyncLoops } from '../../diagnosis/lag/lag.ts'
import type { Summary } from '../../diagnosis/lag/quantile.ts'
import { lagVerdict } from '../../diagnosis/lag/verdict.ts'
import { methodText } from '../../diagnosis/lag/words.ts'
import { loopText } from '../../diagnosis/resync/loop-words.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { printable } from '../base/printable.ts'
import type { LagLook, LagView } from './view.ts'

type Value = string | number | undefined

/** One line per replica, and the verdict where it is not OK. @param isQuiet the verdict only */
export function watchLines({ views, checked }: LagLook, isQuiet: boolean): string {
  const reports = views.map(({ report }) => report)
  const at = reports[0]?.at ?? new Date(0)
  const { kind, text } = lagVerdict(reports, checked)
  const verdict = kind === 'ok' && !isQuiet ? '' : line(at, { verdict: kind, text })
  return isQuiet ? verdict : `${views.map((view) => viewLines(view, at)).join('')}${verdict}`
}

/** Printed at the end. */
export function summaryLines({ views }: LagLook): string {
  return views.map(({ report: { at, replicas } }) => replicas.map(({ name, summary }) => summaryLine(at, name, summary)).join('')).join('')
}

function viewLines({ report, shard }: LagView, at: Date): string {
  const { replicas, isNewHistory, master } = report
  const where = { ...(shard && { slots: slotsText(shard.slots) }), master: master.name }
  const real = replicas.filter(({ state }) => state !== 'tool')
  return [
    ...resyncLoops(report).map((loop) => line(at, { ...where, event: 'resync-loop', text: loopText(loop) })),
    ...(isNewHistory ? [line(at, { ...where, event: 'new-history', replid: master.replid })] : []),
    ...real.map((replica) => line(at, { ...where, ...replicaValues(replica) })),
  ].join('')
}

/** The same keys in every line. */
function replicaValues(replica: ReplicaReport): Record<string, Value> {
  const { name, state, unknown, lag, listed, trend, resync, arrivals, markers } = replica
  const measured = arrivals?.lag ?? markers?.lag
  return {
    replica: name,
    state: unknown === 'OTHER_HISTORY' ? 'other-history' : state,
    link: hasLink(replica) ? 'up' : 'down',
    lag_bytes: lag?.bytes,
    lag_ms: ms(lag && lagMs(lag)),
    lag_min_ms: ms(lag?.bounds.low),
    lag_max_ms: ms(lag?.bounds.high),
    measured_by: methodText(replica).toLowerCase(),
    p50_ms: ms(measured?.p50),
    p99_ms: ms(measured?.p99),
    trend: trend?.kind,
    reconnect: resync && RECONNECT[resync.forecast.kind],
    last_ack_s: listed?.ackAgeSeconds,
  }
}

const RECONNECT: Record<ResyncNow['forecast']['kind'], string> = { continue: 'partial', full: 'full', later: 'refused' }

function summaryLine(at: Date, replica: string, summary: Summary | undefined): string {
  if (!summary) return ''
  const { count, min, average, p50, p99, max } = summary
  return line(at, {
    event: 'summary',
    replica,
    measurements: count,
    min_ms: ms(min),
    avg_ms: ms(average),
    p50_ms: ms(p50),
    p99_ms: ms(p99),
    max_ms: ms(max),
  })
}

function ms(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(3))
}

function line(at: LagReport['at'], values: Readonly<Record<string, Value>>): string {
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${valueText(value)}`)
  return `${at.toISOString()} ${pairs.join(' ')}\n`
}

/** A dash for an unknown value. A value that is not one word is quoted as in JSON. */
function valueText(value: Value): string {
  if (value === undefined || value === '') return '-'
  const text = printable(String(value))
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text
}
