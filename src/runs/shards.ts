/** Runs one check at every shard of a cluster and prints one row per shard. */
import type { Source } from '../engine/ask/source.ts'
import type { ReplEvent } from '../engine/events.ts'
import { type ErrorCode, ReplError, stopIfAborted } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { jsonLine } from '../render/base/json-line.ts'
import type { ShardResult, ShardRow } from '../render/cluster/shards.ts'
import { Cluster, type ReachableShard } from '../topology/cluster.ts'
import { confirmedMaster } from '../topology/shard-source.ts'
import type { Connection } from './connection.ts'
import type { RunContext } from './context.ts'
import { forEach } from './each-shard.ts'
import { JOBS } from './flags.ts'
import { traceOn } from './trace.ts'

/** The caller closes the cluster. @throws ReplError, as `source.find` and `Cluster.shards` */
export async function findShards(
  { source, addresses }: Connection,
  signal: AbortSignal,
): Promise<{ cluster: Cluster; shards: ReachableShard[] }> {
  const { access } = await source.find(signal)
  const cluster = new Cluster(access, addresses, signal)
  try {
    return { cluster, shards: await cluster.shards() }
  } catch (error) {
    cluster.close()
    throw error
  }
}

/** The master of a shard, or the server that --prefer selects for it. */
export function shardSource({ preferring }: Connection, shard: ReachableShard): Source {
  return preferring(confirmedMaster(shard))
}

/**
 * Prints all rows at the end, in one piece.
 * @returns the code of the first failure, when JSON output already contains it
 * @throws ReplError the first failure, after the rows, in text output
 */
export async function lookAtShards(
  command: string,
  connection: Connection,
  jobs: number | undefined,
  { about, detail, isJson, print, screen, stdout, stderr, stop, waiting }: RunContext,
  look: (source: Source, show: (event: ReplEvent) => void) => Promise<ShardResult>,
): Promise<ErrorCode | undefined> {
  const { clusterJson, clusterText } = await import('../render/cluster/shards.ts')
  const { cluster, shards } = await findShards(connection, stop)
  cluster.close()
  const trace = await traceOn(stderr, screen, detail.verbosity, !detail.quiet && !isJson)
  waiting.for({ text: `waiting for ${shards.length} shards` })
  const servers = new Map(shards.map((shard) => [shard, endpointName(shard.access.endpoint)]))
  const outcomes = await forEach(shards, jobs ?? JOBS, async (shard) => {
    const show = (event: ReplEvent) => {
      if (event.type === 'source') servers.set(shard, event.endpoint)
      trace(servers.get(shard) ?? '', event)
    }
    return await look(shardSource(connection, shard), show)
  })
  waiting.over()
  stopIfAborted(stop)
  const rows = shards.map((shard, index): ShardRow => {
    const { value, failure } = outcomes[index] ?? {}
    const endpoint = endpointName(shard.access.endpoint)
    const from = servers.get(shard) ?? endpoint
    const outcome = { ...(failure && { failure: failure.with({ endpoint: from }) }), ...(value && { looked: value }) }
    return { slots: shard.slots, node: shard.master.id, endpoint, from, ...outcome }
  })
  const failure = rows.find((row) => row.failure)?.failure
  const isWell = rows.every(({ looked }) => looked?.isWell ?? true)
  const code = failure?.code ?? (isWell ? undefined : 'EXPECTATION_FAILED')
  if (isJson) stdout.write(jsonLine(clusterJson(about, command, rows, code)))
  else print(clusterText(await screen(stdout), rows, detail.quiet))
  if (code === undefined || isJson) return code
  throw failure ?? new ReplError('SHARDS_DIFFER')
}
