/** One verified RDB for each shard and a manifest, whole or nothing. */
import { bytes, duration, exact } from '../../diagnosis/units.ts'
import type { ReplEvent, StoredEvent } from '../../engine/events.ts'
import { Visit } from '../../engine/visit.ts'
import { expectReplError, ReplError, stopIfAborted } from '../../errors.ts'
import { now, wallClock } from '../../io/clock.ts'
import { endpointName } from '../../io/endpoint.ts'
import { DumpFolder } from '../../io/sinks/dump-folder.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { printable } from '../../render/base/printable.ts'
import type { Progress } from '../../render/base/progress.ts'
import { describeChoice } from '../../render/trace/choice.ts'
import type { Report } from '../../survey/arrivals.ts'
import { type Cluster, type ReachableShard, sameShards } from '../../topology/cluster.ts'
import type { Connection } from '../connection.ts'
import { forEach } from '../each-shard.ts'
import { observe } from '../observe.ts'
import { findShards, shardSource } from '../shards.ts'
import { rdbFile } from '../stores.ts'
import type { ClusterDump } from './plan.ts'
import { suffixOf, throughSinks } from './sinks.ts'

/** How a dump of a cluster is shown. */
export interface ClusterDumpView {
  readonly progress: Progress | undefined
  /** Hears of each exchange. */
  readonly report: Report
}

interface Running extends ClusterDumpView {
  readonly dump: ClusterDump
  readonly connection: Connection
}

interface Dumped {
  readonly file: string
  readonly shard: ReachableShard
  /** Whom it was taken from. */
  readonly from: string
  readonly stored: StoredEvent
}

/** @returns the manifest. @throws ReplError of the first shard that fails; TRY_LATER (CLUSTER_CHANGED) */
export async function dumpCluster(dump: ClusterDump, connection: Connection, view: ClusterDumpView, signal: AbortSignal): Promise<object> {
  const { cluster, shards } = await findShards(connection, signal)
  const { progress } = view
  const began = now()
  let folder: DumpFolder | undefined
  try {
    folder = await DumpFolder.create(dump.path, dump.force)
    await nothingMoves(cluster, shards)
    const dumped = await dumpAll({ dump, connection, ...view }, shards, folder, signal)
    await nothingMoves(cluster, shards)
    if (!sameShards(shards, await cluster.shards())) {
      throw new ReplError('CLUSTER_CHANGED', { endpoint: connection.source.name })
    }
    const manifest = manifestOf(dumped)
    await folder.commit(`${JSON.stringify(manifest, undefined, 2)}\n`)
    const size = dumped.reduce((sum, { stored }) => sum + stored.bytes, 0)
    progress?.end()
    progress?.note(`${printable(dump.path)}: ${dumped.length} shards, ${exact(size)} bytes in ${duration(now() - began)}`)
    return manifest
  } catch (error) {
    throw expectReplError(error).with({ path: dump.path, output: 'FILE' })
  } finally {
    progress?.end()
    cluster.close()
    await folder?.abandon()
  }
}

/** The keys of a slot that is on its way are in two shards, and change their place one by one. @throws ReplError TRY_LATER */
async function nothingMoves(cluster: Cluster, shards: readonly ReachableShard[]): Promise<void> {
  const slots = await cluster.movingSlots(shards)
  if (slots.length > 0) throw new ReplError('CLUSTER_MOVING', { slots })
}

/** The first failure stops all: the dump will not be kept. */
async function dumpAll(running: Running, shards: readonly ReachableShard[], folder: DumpFolder, signal: AbortSignal): Promise<Dumped[]> {
  const { dump, progress } = running
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const share = dump.maxRate === undefined ? {} : { maxRate: dump.maxRate / Math.min(dump.jobs, shards.length) }
  let received = 0
  const outcomes = await forEach(shards, dump.jobs, async (shard) => {
    try {
      return await dumpShard(running, shard, folder, share, both, (count) => {
        received += count
        progress?.update('receiving and verifying', bytes(received))
      })
    } catch (error) {
      const failure = expectReplError(error).with({ endpoint: endpointName(shard.access.endpoint) })
      if (!stop.signal.aborted) stop.abort(failure)
      throw failure
    }
  })
  stopIfAborted(signal)
  if (stop.signal.aborted) throw stop.signal.reason
  return outcomes.flatMap(({ value }) => (value ? [value] : []))
}

async function dumpShard(
  { connection, dump: { through }, progress, report }: Running,
  shard: ReachableShard,
  folder: DumpFolder,
  share: { readonly maxRate?: number },
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<Dumped> {
  // By its first slot, so that they stand in order, and by its node, so that nothing is named twice.
  const file = `${String(shard.slots[0]?.[0]).padStart(5, '0')}-${shard.master.id}.rdb${suffixOf(through)}`
  const sink = throughSinks(await rdbFile(folder.file(file), false), { ...through, sha256: true })
  let from = endpointName(shard.access.endpoint)
  let counted = 0
  const hear = (event: ReplEvent) => {
    if (event.type === 'source') {
      from = event.endpoint
      progress?.note(printable(describeChoice(event)[0] ?? ''))
    } else if (event.type !== 'stored') report(from, event)
    if (event.type !== 'payload-progress' && event.type !== 'payload-end') return
    count(event.bytes - counted)
    counted = event.bytes
  }
  const goal = { kind: 'payload', store: { sink, path: folder.file(file) }, ...share } as const
  const visit = await observe(shardSource(connection, shard), { ...connection.linkOptions, goal }, new Visit(), hear, signal)
  const { stored } = visit.seen
  if (!stored) throw new TypeError('a payload that ended without being stored')
  progress?.note(`${slotsText(shard.slots)} from ${printable(from)}: ${exact(stored.bytes)} bytes, CRC64 ${stored.checksum}`)
  return { file, shard, from, stored }
}

function manifestOf(dumped: readonly Dumped[]): object {
  return {
    schema: 'redis-repl/cluster-dump/1',
    at: wallClock().toISOString(),
    shards: dumped.map(({ file, shard, from, stored }) => ({
      file,
      slots: shard.slots,
      node: shard.master.id,
      master: endpointName(shard.access.endpoint),
      from,
      history: stored.verdict.kind === 'full' ? { replid: stored.verdict.replid, offset: stored.verdict.offset } : null,
      bytes: stored.bytes,
      checksum: stored.checksum,
      compression: stored.written.compression ?? null,
      fileBytes: stored.written.bytes ?? stored.bytes,
      sha256: stored.written.sha256,
      rdb: stored.header,
      elapsedMs: stored.elapsedMs,
    })),
  }
}
