/** One verified RDB for each shard and a manifest, whole or nothing. */

import type { Connection } from '../../cli/connection.ts'
import { describeChoice } from '../../diagnosis/choice.ts'
import { bytes, duration, exact } from '../../diagnosis/units.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { replicateInto, type StoredEvent } from '../../engine/store.ts'
import { ReplError, replErrorOf } from '../../errors.ts'
import { now, wallClock } from '../../io/clock.ts'
import { endpointName } from '../../io/endpoint.ts'
import { DumpFolder } from '../../io/sinks/dump-folder.ts'
import { RdbFile } from '../../io/sinks/rdb-file.ts'
import { slotsText } from '../../protocol/cluster/cluster-map.ts'
import { printable } from '../../render/base/printable.ts'
import type { Progress } from '../../render/base/progress.ts'
import type { Tell } from '../../survey/arrivals.ts'
import { type Cluster, type ReachableShard, sameShards } from '../../topology/cluster.ts'
import { forEach } from '../each-shard.ts'
import { findShards, shardSource } from '../shards.ts'
import { type SinkOptions, suffixOf, throughSinks } from './flags.ts'

export interface ClusterDump {
  readonly connection: Connection
  readonly path: string
  readonly force: boolean
  readonly jobs: number
  readonly through: SinkOptions
  /** Of all shards together. */
  readonly maxRate?: number
  readonly progress: Progress | undefined
  /** Each exchange, where -v was given. */
  readonly tell: Tell
}

interface Dumped {
  readonly file: string
  readonly shard: ReachableShard
  /** Whom it was taken from. */
  readonly from: string
  readonly stored: StoredEvent
}

/** @returns the manifest. @throws ReplError of the first shard that fails; TRY_LATER (CLUSTER_CHANGED) */
export async function dumpCluster(dump: ClusterDump, signal: AbortSignal): Promise<object> {
  const { cluster, shards } = await findShards(dump.connection, signal)
  const began = now()
  let folder: DumpFolder | undefined
  try {
    folder = await DumpFolder.create(dump.path, dump.force)
    await nothingMoves(cluster, shards)
    const dumped = await dumpAll(dump, shards, folder, signal)
    await nothingMoves(cluster, shards)
    if (!sameShards(shards, await cluster.shards())) {
      throw new ReplError('CLUSTER_CHANGED', { endpoint: dump.connection.source.name })
    }
    const manifest = manifestOf(dumped)
    await folder.commit(`${JSON.stringify(manifest, undefined, 2)}\n`)
    const size = dumped.reduce((sum, { stored }) => sum + stored.bytes, 0)
    dump.progress?.end()
    dump.progress?.note(`${printable(dump.path)}: ${dumped.length} shards, ${exact(size)} bytes in ${duration(now() - began)}`)
    return manifest
  } catch (error) {
    throw replErrorOf(error).with({ path: dump.path })
  } finally {
    dump.progress?.end()
    cluster.close()
    await folder?.abandon()
  }
}

/** The keys of a slot that is on its way are in two shards, and change their place one by one. @throws ReplError TRY_LATER */
async function nothingMoves(cluster: Cluster, shards: readonly ReachableShard[]): Promise<void> {
  const slots = await cluster.movingSlots(shards)
  if (slots.length > 0) throw new ReplError('CLUSTER_MOVING', { slots })
}

/** Nobody goes on with a dump that will not be kept. */
async function dumpAll(dump: ClusterDump, shards: readonly ReachableShard[], folder: DumpFolder, signal: AbortSignal): Promise<Dumped[]> {
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const share = dump.maxRate === undefined ? {} : { maxRate: dump.maxRate / Math.min(dump.jobs, shards.length) }
  let received = 0
  const outcomes = await forEach(shards, dump.jobs, async (shard) => {
    try {
      return await dumpShard(dump, shard, folder, share, both, (count) => {
        received += count
        dump.progress?.update('receiving and verifying', bytes(received))
      })
    } catch (error) {
      const failure = replErrorOf(error).with({ endpoint: endpointName(shard.access.endpoint) })
      if (!stop.signal.aborted) stop.abort(failure)
      throw failure
    }
  })
  signal.throwIfAborted()
  if (stop.signal.aborted) throw stop.signal.reason
  return outcomes.flatMap(({ value }) => (value ? [value] : []))
}

async function dumpShard(
  { connection, progress, tell, through }: ClusterDump,
  shard: ReachableShard,
  folder: DumpFolder,
  share: { readonly maxRate?: number },
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<Dumped> {
  // By its first slot, so that they stand in order, and by its node, so that nothing is named twice.
  const file = `${String(shard.slots[0]?.[0]).padStart(5, '0')}-${shard.master.id}.rdb${suffixOf(through)}`
  const sink = throughSinks(await RdbFile.create(folder.file(file), false), { ...through, sha256: true })
  let from = endpointName(shard.access.endpoint)
  let stored: StoredEvent | undefined
  const hear = (event: ReplEvent) => {
    if (event.type !== 'source') return tell(from, event)
    from = event.endpoint
    progress?.note(printable(describeChoice(event)[0] ?? ''))
  }
  const manners = { ...connection.manners, goal: 'payload', ...share } as const
  let counted = 0
  for await (const batch of replicateInto({ sink, path: folder.file(file) }, shardSource(connection, shard), manners, signal)) {
    for (const event of batch) {
      if (event.type === 'stored') stored = event
      else hear(event)
      if (event.type !== 'payload-progress' && event.type !== 'payload-end') continue
      count(event.bytes - counted)
      counted = event.bytes
    }
  }
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
