/** `lag --format prometheus`: the text exposition format. An unknown figure is left out, never zero. */

import { type Checked, hasLink } from '../../diagnosis/lag/check.ts'
import { describeMasterLoss, type LagReport, lagMs, type ReplicaReport, resyncLoops } from '../../diagnosis/lag/lag.ts'
import { printable } from '../base/printable.ts'

interface Metric {
  readonly name: string
  readonly help: string
  /** One value per label set; undefined is left out. */
  readonly values: readonly (readonly [labels: Labels, value: number | undefined])[]
}

type Labels = Readonly<Record<string, string>>

export function prometheusText(reports: readonly LagReport[], checked: Checked | undefined): string {
  const metrics = [...reports.flatMap(masterMetrics), ...reports.flatMap(replicaMetrics), ...checkMetrics(checked)]
  return [...mergeByName(metrics)].map(metricText).join('')
}

/** The format requires all values of a name in one group. */
function mergeByName(metrics: readonly Metric[]): Iterable<Metric> {
  const byName = new Map<string, Metric>()
  for (const metric of metrics) {
    const before = byName.get(metric.name)?.values ?? []
    byName.set(metric.name, { ...metric, values: [...before, ...metric.values] })
  }
  return byName.values()
}

/** Every metric is a gauge. */
function metricText({ name, help, values }: Metric): string {
  const lines = values.flatMap(([labels, value]) => (value === undefined ? [] : [`${name}${labelText(labels)} ${numberText(value)}\n`]))
  return lines.length === 0 ? '' : `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} gauge\n${lines.join('')}`
}

function masterMetrics(report: LagReport): Metric[] {
  const { master } = report
  const labels = { master: master.name }
  const gauge = (name: string, help: string, value: number | undefined): Metric => ({
    name: `redis_repl_${name}`,
    help,
    values: [[labels, value]],
  })
  const { offset, backlog, writes } = master
  const loops = resyncLoops(report)
  return [
    gauge('master_up', 'Whether the master could be asked.', Number(!describeMasterLoss(master))),
    gauge('master_offset_bytes', 'Last byte of the replication history.', describeMasterLoss(master) ? undefined : offset),
    gauge(
      'resync_loop',
      'Whether a replica is cut before it has caught up and begins again, each time by a full resync.',
      describeMasterLoss(master) || (master.isByRole && loops.length === 0) ? undefined : Number(loops.length > 0),
    ),
    gauge(
      'resync_loop_full_resyncs',
      'How many full resyncs such replicas began while they were watched.',
      loops.length > 0 ? loops.reduce((sum, { fullResyncs }) => sum + fullResyncs, 0) : undefined,
    ),
    gauge('write_bytes_per_second', 'Average growth of the history while it was watched.', writes?.average),
    gauge('write_peak_bytes_per_second', 'Fastest growth of the history over about 100 ms.', writes?.peak),
    gauge('backlog_size_bytes', 'Replication backlog, repl-backlog-size.', backlog?.size),
    gauge(
      'backlog_covers_seconds',
      'How long a replica may be away at the average write rate.',
      backlog && writes && backlog.size / writes.average,
    ),
  ]
}

type Value = (replica: ReplicaReport) => number | undefined

const REPLICA_METRICS: readonly (readonly [name: string, help: string, value: Value])[] = [
  ['replica_link_up', 'Whether the replica has its link to its master.', (replica) => Number(hasLink(replica))],
  [
    'replica_reachable',
    'Whether the replica could be asked itself.',
    ({ state }) => Number(!['unreachable', 'silent', 'not-asked', 'listed'].includes(state)),
  ],
  ['replica_syncing', 'Whether the replica takes a full resync.', ({ state }) => Number(state === 'syncing')],
  ['replica_lag_bytes', 'Bytes of the history that the replica has not applied.', ({ lag }) => lag?.bytes],
  ['replica_lag_seconds', 'Time since the master wrote the first byte that the replica lacks.', ({ lag }) => inSeconds(lag && lagMs(lag))],
  ['replica_lag_min_seconds', 'Lower bound of the lag.', ({ lag }) => inSeconds(lag?.bounds.low)],
  ['replica_lag_max_seconds', 'Upper bound of the lag; absent where there is none.', ({ lag }) => inSeconds(lag?.bounds.high)],
  ['replica_ack_age_seconds', 'Time since the last ACK, in whole seconds, as the master tells it.', ({ listed }) => listed?.ackAgeSeconds],
  ['replica_last_io_seconds', 'Time since the last byte from the master, in whole seconds.', ({ link }) => link?.lastIoSeconds],
  ['replica_applied_bytes_per_second', 'How fast the replica applies the history.', ({ applied }) => applied],
  [
    'replica_partial_resync',
    'Whether it would get a partial resync if it reconnected now.',
    ({ resync }) => resync && Number(resync.forecast.kind === 'continue'),
  ],
  ['replica_partial_resync_seconds', 'For how long it still would, at the average write rate.', ({ resync }) => resync?.secondsLeft],
  [
    'replica_stream_lag_p50_seconds',
    'Half of the stream came from the replica later than from the master by no more than this.',
    ({ arrivals }) => inSeconds(arrivals?.lag?.p50),
  ],
  ['replica_stream_lag_p99_seconds', 'The same of 99 percent.', ({ arrivals }) => inSeconds(arrivals?.lag?.p99)],
  [
    'replica_stream_differs',
    'Whether the streams of master and replica differ.',
    ({ arrivals }) => arrivals && Number(arrivals.differsAt !== undefined),
  ],
  [
    'replica_marker_lag_p50_seconds',
    'Half of the markers came out of the replica within this time.',
    ({ markers }) => inSeconds(markers?.lag?.p50),
  ],
  ['replica_marker_lag_p99_seconds', 'The same of 99 percent.', ({ markers }) => inSeconds(markers?.lag?.p99)],
]

function replicaMetrics({ master, replicas }: LagReport): Metric[] {
  const real = replicas.filter(({ state }) => state !== 'tool')
  const metrics = REPLICA_METRICS.map(([name, help, value]) => ({
    name: `redis_repl_${name}`,
    help,
    values: real.map((replica) => [{ master: master.name, replica: replica.name, upstream: replica.upstream }, value(replica)] as const),
  }))
  const count: Metric = {
    name: 'redis_repl_replicas',
    help: 'How many replicas there are, of any depth.',
    values: [[{ master: master.name }, real.length]],
  }
  return describeMasterLoss(master) ? metrics : [count, ...metrics]
}

function checkMetrics(checked: Checked | undefined): Metric[] {
  return checked
    ? [{ name: 'redis_repl_check_ok', help: 'Whether all limits given on the command line hold.', values: [[{}, Number(checked.isOk)]] }]
    : []
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : '+Inf'
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(printable(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"]/g, '\\$&')
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (char) => (char === '\n' ? '\\n' : '\\\\'))
}
