/** `lag --json`: docs/schemas/lag-1.json. An unknown figure is null, never zero. */

import { explain } from '../../diagnosis/errors/explain.ts'
import { describeUnknown, hasLink } from '../../diagnosis/lag/check.ts'
import {
  describeMasterLoss,
  errorMs,
  type Lag,
  lagMs,
  type MasterReport,
  type ReplicaReport,
  type ResyncNow,
  resyncLoops,
} from '../../diagnosis/lag/lag.ts'
import type { Summary } from '../../diagnosis/lag/quantile.ts'
import type { Trend } from '../../diagnosis/lag/trend.ts'
import { lagVerdict } from '../../diagnosis/lag/verdict.ts'
import { replicaNotes } from '../../diagnosis/lag/words.ts'
import { forecastAnswer } from '../../diagnosis/psync/answer.ts'
import type { ErrorCode, ReplError } from '../../errors.ts'
import type { MasterLink } from '../../protocol/info/master-link.ts'
import type { JsonObject } from '../base/json-line.ts'
import { resyncLoopJson } from '../base/loop-json.ts'
import { remedyJson } from '../base/remedy.ts'
import { type About, reportJson } from '../base/report.ts'
import { type LagLook, type LagView, shardVerdict } from './view.ts'

/** With --cluster: docs/schemas/lag-cluster-1.json, with one such tree per shard. */
export function lagJson(about: About, { views, checked }: LagLook, code: ErrorCode | undefined): JsonObject {
  const [view] = views
  const check = checked ? { isOk: checked.isOk, reason: checked.reason, fault: checked.fault ?? null } : null
  const verdict = lagVerdict(
    views.map(({ report }) => report),
    checked,
  )
  const at = view?.report.at
  if (view && !view.shard) return reportJson(about, 'lag/1', code, { ...verdict }, { ...treeJson(view), check }, at)
  const good = views.filter((one) => shardVerdict(one).kind === 'ok').length
  const shards = views.map((one) => ({
    ...one.shard,
    at: one.report.at.toISOString(),
    verdict: shardVerdict(one),
    report: treeJson(one),
  }))
  return reportJson(about, 'lag-cluster/1', code, { ...verdict, shards: views.length, goodShards: good }, { shards, check }, at)
}

function treeJson({ report, advice, markerCost }: LagView): JsonObject {
  const { master, replicas, isNewHistory } = report
  return {
    isNewHistory,
    resyncLoops: resyncLoops(report).map(resyncLoopJson),
    master: masterJson(master),
    replicas: replicas.map((replica) => replicaJson(replica, master.writes?.average)),
    advice: advice.map(({ code, isWarning, text, remedy }) => ({ code, isWarning, text, remedy: remedyJson(remedy) })),
    markers: markerCost ?? null,
  }
}

function masterJson(master: MasterReport): JsonObject {
  const { name, failure, silentMs, identity, replid, offset, backlog, writes, isReplica, goodReplicas } = master
  return {
    name,
    failure: failureJson(failure),
    lost: describeMasterLoss(master) ?? null,
    silentMs,
    isReplica,
    identity: identity ?? null,
    replid: replid ?? null,
    offset: offset ?? null,
    backlog: backlog ?? null,
    writes: writes
      ? {
          averageBytesPerSecond: writes.average,
          p99BytesPerSecond: writes.p99 ?? null,
          peakBytesPerSecond: writes.peak ?? null,
          overMs: writes.overMs,
        }
      : null,
    goodReplicas: goodReplicas ?? null,
  }
}

function replicaJson(replica: ReplicaReport, writes: number | undefined): JsonObject {
  const { name, upstream, depth, state, failure, silentMs, listed, link, identity, lag, unknown, applied, trend, resync, summary } = replica
  return {
    name,
    upstream,
    depth,
    state,
    hasLink: hasLink(replica),
    failure: failureJson(failure),
    silentMs,
    lag: lag ? lagOf(lag) : null,
    unknown: unknown ? { reason: unknown, text: describeUnknown(unknown) } : null,
    listed: listed
      ? { state: listed.state ?? null, ackOffset: listed.ackOffset ?? null, ackAgeMs: milliseconds(listed.ackAgeSeconds) }
      : null,
    link: link ? linkJson(link) : null,
    identity: identity ?? null,
    appliedBytesPerSecond: applied ?? null,
    trend: trend ? trendJson(trend) : null,
    resync: resync ? resyncJson(resync) : null,
    summary: summaryJson(summary),
    arrivals: arrivalsJson(replica),
    markers: markersJson(replica),
    notes: replicaNotes(replica, writes),
  }
}

function linkJson({ lastIoSeconds, downSeconds, sync, ...link }: MasterLink): JsonObject {
  const { lastIoSeconds: syncIoSeconds, ...progress } = sync ?? {}
  return {
    ...link,
    lastIoMs: milliseconds(lastIoSeconds),
    // INFO prints -1 for a link that was never up.
    downMs: downSeconds === -1 ? null : milliseconds(downSeconds),
    wasNeverUp: downSeconds === -1,
    sync: sync ? { ...progress, lastIoMs: milliseconds(syncIoSeconds) } : null,
  }
}

function trendJson(trend: Trend): JsonObject {
  if (trend.kind !== 'catching-up') return { ...trend }
  const { seconds, ...others } = trend
  return { ...others, caughtUpInMs: Math.round(seconds * 1000) }
}

/** Without writes a backlog lasts forever, and JSON has no Infinity. */
function resyncJson({ forecast, bytesLeft, secondsLeft }: ResyncNow): JsonObject {
  const timeLeftMs = secondsLeft === undefined || !Number.isFinite(secondsLeft) ? null : Math.round(secondsLeft * 1000)
  return { ...forecast, kind: forecastAnswer(forecast), bytesLeft: bytesLeft ?? null, timeLeftMs }
}

function lagOf(lag: Lag): JsonObject {
  const { method, bytes, mostBytes, bounds } = lag
  return {
    method,
    bytes,
    mostBytes,
    timeMs: lagMs(lag) ?? null,
    errorMs: errorMs(lag) ?? null,
    minMs: bounds.low,
    maxMs: bounds.high ?? null,
  }
}

function arrivalsJson({ arrivals }: ReplicaReport): JsonObject | null {
  if (!arrivals) return null
  const { lag, histogram, errorMs: error, comparedBytes, skippedBytes, differsAt, problem } = arrivals
  return {
    lag: summaryJson(lag),
    errorMs: error ?? null,
    histogram: histogram.map(({ below, count }) => ({ belowMs: below ?? null, count })),
    comparedBytes,
    skippedBytes,
    differsAt: differsAt ?? null,
    problem: problem
      ? {
          end: problem.end,
          failure: failureJson(problem.error),
          stopped: problem.stopped ?? null,
          isOtherHistory: problem.isOtherHistory ?? false,
        }
      : null,
  }
}

function markersJson({ markers }: ReplicaReport): JsonObject | null {
  if (!markers) return null
  const { lag, errorMs: error, sent, received, error: failure } = markers
  return { lag: summaryJson(lag), errorMs: error ?? null, sent, received, failure: failureJson(failure) }
}

function summaryJson(summary: Summary | undefined): JsonObject | null {
  if (!summary) return null
  const { count, min, average, p50, p95, p99, max } = summary
  return { count, minMs: min, averageMs: average, p50Ms: p50, p95Ms: p95 ?? null, p99Ms: p99 ?? null, maxMs: max }
}

/** From the whole seconds of INFO. */
function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1000
}

function failureJson(failure: ReplError | undefined): JsonObject | null {
  return failure ? { code: failure.code, what: explain(failure).what } : null
}
