/** One verified RDB per shard and a manifest, all or nothing. */
import { bytes } from '../../diagnosis/units.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { Visit } from '../../engine/visit.ts'
import { expectReplError, ReplError, replErrorOf, stopIfAborted } from '../../errors.ts'
import { wallClock } from '../../io/clock.ts'
import { endpointName } from '../../io/endpoint.ts'
import { DumpFolder } from '../../io/sinks/dump-folder.ts'
import { jsonFile } from '../../render/base/json-line.ts'
import { printable } from '../../render/base/printable.ts'
import type { Progress } from '../../render/base/progress.ts'
import type { About } from '../../render/base/report.ts'
import { type DumpedShard, manifestJson } from '../../render/dump-rdb/cluster.ts'
import { describeChoice } from '../../render/trace/choice.ts'
import type { Report } from '../../survey/arrivals.ts'
import { type Cluster, type ReachableShard, sameShards } from '../../topology/cluster.ts'
import { movingSlots, type SlotMoves } from '../../topology/cluster-node.ts'
import type { Connection } from '../connection.ts'
import { forEach, valuesOf } from '../each-shard.ts'
import { observe } from '../observe.ts'
import { findShards, shardSource } from '../shards.ts'
import { rdbFile } from '../stores.ts'
import type { ClusterDump } from './plan.ts'
import { suffixOf, throughSinks } from './sinks.ts'

/** Where the progress and the trace of a cluster dump go. */
export interface ClusterDumpView {
  /** The manifest names its tool. */
  readonly about: About
  readonly progress: Progress | undefined
  /** Called for each event of each shard, except `source` and `stored`. */
  readonly report: Report
}

interface ClusterRun extends ClusterDumpView {
  readonly dump: ClusterDump
  readonly connection: Connection
}

/** @throws ReplError of the first shard that fails; TRY_LATER (CLUSTER_CHANGED) */
export async function dumpCluster(
  dump: ClusterDump,
  connection: Connection,
  view: ClusterDumpView,
  signal: AbortSignal,
): Promise<DumpedShard[]> {
  const { cluster, shards } = await findShards(connection, signal)
  const { progress, about } = view
  let folder: DumpFolder | undefined
  try {
    folder = await DumpFolder.create(dump.path, dump.force)
    const before = await refuseMovingSlots(cluster, shards)
    const dumped = await dumpAll({ dump, connection, ...view }, shards, folder, signal)
    await refuseMovingSlots(cluster, shards, before)
    if (!sameShards(shards, await cluster.shards())) {
      throw new ReplError('CLUSTER_CHANGED', { endpoint: connection.source.name })
    }
    await folder.commit(jsonFile(manifestJson(about, wallClock(), dumped)))
    return dumped
  } catch (error) {
    throw expectReplError(error).with({ path: dump.path, output: 'FILE' })
  } finally {
    progress?.end()
    cluster.close()
    await folder?.abandon()
  }
}

/** The keys of a migrating slot are split between two shards, or in both. @throws ReplError TRY_LATER */
async function refuseMovingSlots(cluster: Cluster, shards: readonly ReachableShard[], earlier?: SlotMoves): Promise<SlotMoves> {
  const moves = await cluster.slotMoves(shards)
  const slots = movingSlots(moves, earlier)
  if (slots) throw new ReplError('CLUSTER_MOVING', { slots })
  return moves
}

/** The first failure stops all shards, because the dump is discarded anyway. */
async function dumpAll(
  running: ClusterRun,
  shards: readonly ReachableShard[],
  folder: DumpFolder,
  signal: AbortSignal,
): Promise<DumpedShard[]> {
  const { dump, progress } = running
  const stop = new AbortController()
  const eitherStop = AbortSignal.any([signal, stop.signal])
  const share = dump.maxRate === undefined ? {} : { maxRate: dump.maxRate / Math.min(dump.jobs, shards.length) }
  let received = 0
  const outcomes = await forEach(shards, dump.jobs, async (shard) => {
    try {
      return await dumpShard(running, shard, folder, share, eitherStop, (count) => {
        received += count
        progress?.update('receiving and verifying', bytes(received))
      })
    } catch (error) {
      const failure = replErrorOf(error).with({ endpoint: endpointName(shard.access.endpoint) })
      if (!stop.signal.aborted) stop.abort(failure)
      throw failure
    }
  })
  stopIfAborted(signal)
  if (stop.signal.aborted) throw stop.signal.reason
  return valuesOf(outcomes)
}

async function dumpShard(
  { connection, dump: { through }, progress, report }: ClusterRun,
  shard: ReachableShard,
  folder: DumpFolder,
  share: { readonly maxRate?: number },
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<DumpedShard> {
  // The first slot sorts the files; the node ID keeps the names unique.
  const file = `${String(shard.slots[0]?.[0]).padStart(5, '0')}-${shard.master.id}.rdb${suffixOf(through)}`
  const sink = throughSinks(await rdbFile(folder.file(file), true), { ...through, sha256: true })
  let from = endpointName(shard.access.endpoint)
  let countedBytes = 0
  const observeEvent = (event: ReplEvent) => {
    if (event.type === 'source') {
      from = event.endpoint
      progress?.note(printable(describeChoice(event)[0] ?? ''))
    } else if (event.type !== 'stored') report(from, event)
    if (event.type !== 'payload-progress' && event.type !== 'payload-end') return
    count(event.bytes - countedBytes)
    countedBytes = event.bytes
  }
  const goal = { kind: 'payload', store: { sink, path: folder.file(file) }, ...share } as const
  const visit = await observe(shardSource(connection, shard), { ...connection.linkOptions, goal }, new Visit(), observeEvent, signal)
  const { stored } = visit.seen
  if (!stored) throw new TypeError('a payload that ended without being stored')
  return { file, slots: shard.slots, node: shard.master.id, master: endpointName(shard.access.endpoint), from, stored }
}
