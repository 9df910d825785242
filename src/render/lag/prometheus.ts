/** The metrics of `lag --format prometheus` and `lag --listen`. Names and units follow Prometheus: base units, `_total` for counters. */

import { type Checked, hasLink } from '../../diagnosis/lag/check.ts'
import {
  describeMasterLoss,
  findLoss,
  type LagReport,
  lagMs,
  type MasterReport,
  type ReplicaReport,
  type ResyncCounters,
  resyncLoops,
} from '../../diagnosis/lag/lag.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { exposition, type Labels, type Metric } from './exposition.ts'
import type { LagView } from './view.ts'

/** A replication tree; `shard` is present with --cluster. */
type Tree = Pick<LagView, 'report' | 'shard'>

export interface Measurement {
  /** The server that the user named. */
  readonly target: string
  /** Empty if no measurement succeeded. */
  readonly views: readonly Tree[]
  readonly checked: Checked | undefined
  readonly durationMs: number
}

/** Always contains redis_repl_up and redis_repl_master_up, so that no alert waits for a series that has ended. */
export function prometheusText({ target, views, checked, durationMs }: Measurement): string {
  return exposition([
    ...(views.length > 0
      ? views.flatMap((view) => treeMetrics(view, target))
      : [up({ target }, false), masterUp({ master: target }, false)]),
    ...(checked ? [gauge('check_ok', 'Whether every limit on the command line holds.', { target }, Number(checked.isOk))] : []),
    gauge('scrape_duration_seconds', 'How long the last measurement took.', { target }, inSeconds(durationMs)),
  ])
}

/** Whether the master answers and has loaded its data. One that does not show its offset is up. */
export function isMasterUp({ master }: LagReport): boolean {
  const loss = findLoss(master)
  return loss === undefined || (loss.trouble === 'NO_OFFSET' && hasAnswered(master))
}

function shardName({ slots, node }: NonNullable<LagView['shard']>): string {
  return slotsText(slots) || node
}

function treeMetrics({ report, shard }: Tree, target: string): Metric[] {
  const inShard: Labels = shard ? { shard: shardName(shard) } : {}
  const { master, replicas } = report
  const isUp = hasAnswered(master) || replicas.some(isReachable)
  const labels = { master: master.name, ...inShard }
  return [
    up({ target, ...inShard }, isUp),
    masterUp(labels, isMasterUp(report)),
    ...(describeMasterLoss(master) ? [] : masterMetrics(report, labels)),
    ...replicaMetrics(report, inShard),
  ]
}

/** Also one that is loading, or that waits for its own master. */
function hasAnswered(master: MasterReport): boolean {
  const trouble = findLoss(master)?.trouble
  const isKnown = master.role !== undefined || master.identity !== undefined
  return isKnown && trouble !== 'FAILED' && trouble !== 'SILENT'
}

function isReachable({ state }: ReplicaReport): boolean {
  return !['unreachable', 'silent', 'not-asked', 'listed', 'tool'].includes(state)
}

function up(labels: Labels, isUp: boolean): Metric {
  return gauge('up', 'Whether a server answered at the last measurement.', labels, Number(isUp))
}

function masterUp(labels: Labels, isUp: boolean): Metric {
  return gauge('master_up', 'Whether the master answers and has loaded its data.', labels, Number(isUp))
}

function gauge(name: string, help: string, labels: Labels, value: number | undefined): Metric {
  return { name: `redis_repl_${name}`, type: 'gauge', help, values: [[labels, value]] }
}

function masterMetrics(report: LagReport, labels: Labels): Metric[] {
  const { offset, backlog, writes, connectedReplicas, resyncCounters, isByRole } = report.master
  const loops = resyncLoops(report)
  const inLoops = loops.length > 0 ? loops.reduce((sum, { fullResyncs }) => sum + fullResyncs, 0) : undefined
  const real = report.replicas.filter(({ state }) => state !== 'tool')
  const figures: readonly (readonly [name: string, help: string, value: number | undefined])[] = [
    ['master_offset_bytes', 'Replication offset of the master.', offset],
    ['connected_replicas', 'Replicas connected to the master by its own count, tools included.', connectedReplicas],
    ['replicas', 'Replicas found, replicas of replicas included.', real.length],
    [
      'resync_loop',
      'Whether a replica is disconnected during each full resync and starts the next one.',
      // ROLE shows no counters, so it cannot rule out a loop.
      isByRole && loops.length === 0 ? undefined : Number(loops.length > 0),
    ],
    ['resync_loop_full_resyncs', 'Full resyncs that replicas in a resync loop have started since we began to watch.', inLoops],
    ['write_bytes_per_second', 'Average write rate of the replication stream.', writes?.average],
    ['write_peak_bytes_per_second', 'Highest write rate of the replication stream over about 100 ms.', writes?.peak],
    ['backlog_size_bytes', 'Size of the replication backlog (repl-backlog-size).', backlog?.size],
    [
      'backlog_covers_seconds',
      'How long a replica can be disconnected and still get a partial resync, at the average write rate.',
      backlog && writes && backlog.size / writes.average,
    ],
  ]
  return [...figures.map(([name, help, value]) => gauge(name, help, labels, value)), ...syncCounters(resyncCounters, labels)]
}

/** Counted by the server, so they start again when it restarts: what Prometheus expects of a counter. */
function syncCounters({ full, partialOk, partialErr }: ResyncCounters = {}, labels: Labels): Metric[] {
  const counter = (name: string, help: string, value: number | undefined): Metric => ({
    name: `redis_repl_${name}_total`,
    type: 'counter',
    help,
    values: [[labels, value]],
  })
  return [
    counter('sync_full', 'Full resyncs that the master has started (sync_full).', full),
    counter('sync_partial_ok', 'Partial resyncs that the master has accepted (sync_partial_ok).', partialOk),
    counter('sync_partial_err', 'Partial resyncs that the master has refused (sync_partial_err).', partialErr),
  ]
}

type Value = (replica: ReplicaReport) => number | undefined

const REPLICA_METRICS: readonly (readonly [name: string, help: string, value: Value])[] = [
  ['replica_link_up', 'Whether the link of the replica to its master is up.', (replica) => Number(hasLink(replica))],
  ['replica_reachable', 'Whether the replica itself answers.', (replica) => Number(isReachable(replica))],
  ['replica_syncing', 'Whether the replica is in a full resync.', ({ state }) => Number(state === 'syncing')],
  ['replica_lag_bytes', 'Replication lag: bytes that the replica has not applied.', ({ lag }) => lag?.bytes],
  [
    'replica_lag_seconds',
    'Replication lag: time since the master wrote the first byte that the replica lacks.',
    ({ lag }) => inSeconds(lag && lagMs(lag)),
  ],
  ['replica_lag_min_seconds', 'Lower bound of the replication lag.', ({ lag }) => inSeconds(lag?.bounds.low)],
  [
    'replica_lag_max_seconds',
    'Upper bound of the replication lag; absent while it is not known.',
    ({ lag }) => inSeconds(lag?.bounds.high),
  ],
  [
    'replica_ack_age_seconds',
    'Time since the last ACK, in whole seconds, as the master reports it.',
    ({ listed }) => listed?.ackAgeSeconds,
  ],
  ['replica_last_io_seconds', 'Time since the last byte from the master, in whole seconds.', ({ link }) => link?.lastIoSeconds],
  ['replica_applied_bytes_per_second', 'How fast the replica applies the replication stream.', ({ applied }) => applied],
  [
    'replica_partial_resync',
    'Whether the replica would get a partial resync if it reconnected now.',
    ({ resync }) => resync && Number(resync.forecast.kind === 'continue'),
  ],
  [
    'replica_partial_resync_seconds',
    'How long a partial resync stays possible, at the average write rate.',
    ({ resync }) => resync?.secondsLeft,
  ],
  [
    'replica_stream_lag_p50_seconds',
    'Median delay between the same byte from the master and from the replica.',
    ({ arrivals }) => inSeconds(arrivals?.lag?.p50),
  ],
  [
    'replica_stream_lag_p99_seconds',
    '99th percentile of the delay between the same byte from the master and from the replica.',
    ({ arrivals }) => inSeconds(arrivals?.lag?.p99),
  ],
  [
    'replica_stream_differs',
    'Whether the streams of master and replica differ.',
    ({ arrivals }) => arrivals && Number(arrivals.differsAt !== undefined),
  ],
  ['replica_marker_lag_p50_seconds', 'Median delay of the markers.', ({ markers }) => inSeconds(markers?.lag?.p50)],
  ['replica_marker_lag_p99_seconds', '99th percentile of the delay of the markers.', ({ markers }) => inSeconds(markers?.lag?.p99)],
]

function replicaMetrics(report: LagReport, inShard: Labels): Metric[] {
  const { master, replicas } = report
  const real = replicas.filter(({ state }) => state !== 'tool').map((replica) => withCurrentList(replica, report))
  return REPLICA_METRICS.map(([name, help, value]) => ({
    name: `redis_repl_${name}`,
    type: 'gauge',
    help,
    values: real.map((replica) => {
      const { name: own, upstream } = replica
      return [{ master: master.name, replica: own, upstream, ...inShard }, value(replica)] as const
    }),
  }))
}

/** Without the ACK and the state in the list of its upstream, if that server no longer answers: both are of the past. */
function withCurrentList({ listed, ...replica }: ReplicaReport, { master, replicas }: LagReport): ReplicaReport {
  const upstream = replicas.find(({ name }) => name === replica.upstream)
  const isCurrent = upstream ? isReachable(upstream) : hasAnswered(master)
  return { ...replica, ...(listed && isCurrent && { listed }) }
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
