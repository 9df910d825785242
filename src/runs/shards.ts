/** One look at every shard of a cluster: what is asked of each, and how all of it comes out. */

import type { Connection } from '../cli/connection.ts'
import { exitStatus } from '../cli/exit-status.ts'
import type { ReplEvent } from '../engine/events.ts'
import { fixedSource, type Source } from '../engine/source.ts'
import { ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import type { ShardRow } from '../render/cluster/shards.ts'
import { Cluster, type ReachableShard } from '../topology/cluster.ts'
import { forEach } from './each-shard.ts'
import { traceOn } from './trace.ts'

/** Each of them makes a master fork, or a connection or two. */
export const JOBS = 4

interface LookOptions {
  readonly jobs: number | undefined
  readonly verbosity: number
  readonly isQuiet: boolean
  /** Whether what is shown holds the failures too. */
  readonly isTold: boolean
}

interface Looked {
  /** In a few words. */
  readonly result: string
  readonly isWell: boolean
  readonly report: object
}

/** The cluster is to be closed. @throws ReplError as Cluster.shards */
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

/** The master of a shard, or what --prefer makes of it. */
export function shardSource({ preferring }: Connection, { access }: ReachableShard): Source {
  return preferring(fixedSource(endpointName(access.endpoint), access))
}

/**
 * @param show prints all rows at once
 * @throws ReplError the first failure, behind the rows, where it is thrown at all: JSON holds it already
 */
export async function lookAtShards(
  connection: Connection,
  { jobs, verbosity, isQuiet, isTold }: LookOptions,
  look: (source: Source, show: (event: ReplEvent) => void) => Promise<Looked>,
  show: (rows: readonly ShardRow[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, shards } = await findShards(connection, signal)
  cluster.close()
  const tell = await traceOn(verbosity, !isQuiet && !isTold)
  const asked = new Map(shards.map((shard) => [shard, endpointName(shard.access.endpoint)]))
  const outcomes = await forEach(shards, jobs ?? JOBS, async (shard) => {
    const hear = (event: ReplEvent) => {
      if (event.type === 'source') asked.set(shard, event.endpoint)
      tell(asked.get(shard) ?? '', event)
    }
    return await look(shardSource(connection, shard), hear)
  })
  const rows = shards.map((shard, index): ShardRow => {
    const { value, failure } = outcomes[index] ?? {}
    const endpoint = endpointName(shard.access.endpoint)
    const from = asked.get(shard) ?? endpoint
    return {
      slots: shard.slots,
      node: shard.master.id,
      endpoint,
      from,
      ...(failure && { failure: failure.with({ endpoint: from }) }),
      ...(value && { looked: value }),
    }
  })
  signal.throwIfAborted()
  show(rows)
  const failure = rows.find((row) => row.failure)?.failure
  const isWell = rows.every(({ looked }) => looked?.isWell ?? true)
  const code = failure?.code ?? (isWell ? undefined : 'EXPECTATION_FAILED')
  if (code === undefined) return
  if (isTold) process.exitCode = exitStatus(code)
  else throw failure ?? new ReplError('SHARDS_DIFFER')
}
