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
  resyncLoops,
} from '../../diagnosis/lag/lag.ts'
import type { Summary } from '../../diagnosis/lag/quantile.ts'
import { lagVerdict } from '../../diagnosis/lag/verdict.ts'
import { replicaNotes } from '../../diagnosis/lag/words.ts'
import type { ErrorCode, ReplError } from '../../errors.ts'
import type { JsonObject } from '../base/json-line.ts'
import { resyncLoopJson } from '../base/loop-json.ts'
import { type About, reportJson } from '../base/report.ts'
import type { LagLook, LagView } from './view.ts'

/** With --cluster: docs/schemas/lag-cluster-1.json, which contains one such object per shard. */
export function lagJson(about: About, { views, checked }: LagLook, code: ErrorCode | undefined): JsonObject {
  const [view] = views
  const verdict = {
    ...lagVerdict(
      views.map(({ report }) => report),
      checked,
    ),
  }
  const check = checked ?? null
  const at = view?.report.at
  if (view && !view.shard) return reportJson(about, 'lag/1', code, verdict, { ...treeJson(view), check }, at)
  const shards = views.map((shardView) => ({ ...shardView.shard, ...treeJson(shardView) }))
  return reportJson(about, 'lag-cluster/1', code, verdict, { shards, check }, at)
}

function treeJson({ report, advice, markerCost }: LagView): JsonObject {
  const { master, replicas, isNewHistory } = report
  return {
    isNewHistory,
    resyncLoops: resyncLoops(report).map(resyncLoopJson),
    master: masterJson(master),
    replicas: replicas.map((replica) => replicaJson(replica, master.writes?.average)),
    advice: advice.map(({ code, isWarning, text, command }) => ({ code, isWarning, text, command: command ?? null })),
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
      ? { state: listed.state ?? null, ackOffset: listed.ackOffset ?? null, ackAgeSeconds: listed.ackAgeSeconds ?? null }
      : null,
    link: link ? { ...link, sync: link.sync ?? null } : null,
    identity: identity ?? null,
    appliedBytesPerSecond: applied ?? null,
    trend: trend ?? null,
    resync: resync ? { ...resync.forecast, bytesLeft: resync.bytesLeft ?? null, secondsLeft: finiteOrNull(resync.secondsLeft) } : null,
    summary: inSeconds(summary),
    arrivals: arrivalsJson(replica),
    markers: markersJson(replica),
    notes: replicaNotes(replica, writes),
  }
}

function lagOf(lag: Lag): JsonObject {
  const { method, bytes, mostBytes, bounds } = lag
  const [middle, error] = [lagMs(lag), errorMs(lag)]
  return {
    method,
    bytes,
    mostBytes,
    seconds: middle === undefined ? null : middle / 1000,
    errorSeconds: error === undefined ? null : error / 1000,
    minSeconds: bounds.low / 1000,
    maxSeconds: bounds.high === undefined ? null : bounds.high / 1000,
  }
}

function arrivalsJson({ arrivals }: ReplicaReport): JsonObject | null {
  if (!arrivals) return null
  const { lag, histogram, errorMs: error, comparedBytes, skippedBytes, differsAt, problem } = arrivals
  return {
    lag: inSeconds(lag),
    errorSeconds: error === undefined ? null : error / 1000,
    histogram: histogram.map(({ below, count }) => ({ belowSeconds: below === undefined ? null : below / 1000, count })),
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
  return { lag: inSeconds(lag), errorSeconds: error === undefined ? null : error / 1000, sent, received, failure: failureJson(failure) }
}

/** Converts from milliseconds. */
function inSeconds(summary: Summary | undefined): JsonObject | null {
  if (!summary) return null
  const { count, min, average, p50, p95, p99, max } = summary
  const orNull = (ms: number | undefined) => (ms === undefined ? null : ms / 1000)
  return { count, min: min / 1000, average: average / 1000, p50: p50 / 1000, p95: orNull(p95), p99: orNull(p99), max: max / 1000 }
}

/** Null for Infinity, which JSON lacks: without writes a backlog lasts forever. */
function finiteOrNull(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value
}

function failureJson(failure: ReplError | undefined): JsonObject | null {
  return failure ? { code: failure.code, what: explain(failure).what } : null
}
