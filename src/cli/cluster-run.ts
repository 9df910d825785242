/** One look at every shard of a cluster: what is asked of each, and how all of it comes out. */
import { fixedSource, type Source } from '../engine/source.ts'
import { ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import type { ShardRow } from '../render/cluster.ts'
import { Cluster, type ReachableShard } from '../topology/cluster.ts'
import type { Connection } from './connection.ts'
import { forEach } from './each-shard.ts'
import { exitStatus } from './exit-status.ts'

/** Each of them makes a master fork, or a connection or two. */
export const JOBS = 4

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
  jobs: number | undefined,
  look: (source: Source) => Promise<Looked>,
  show: (rows: readonly ShardRow[]) => void,
  isTold: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, shards } = await findShards(connection, signal)
  cluster.close()
  const outcomes = await forEach(shards, jobs ?? JOBS, (shard) => look(shardSource(connection, shard)))
  const rows = shards.map(({ slots, master, access }, index): ShardRow => {
    const { value, failure } = outcomes[index] ?? {}
    const endpoint = endpointName(access.endpoint)
    return { slots, node: master.id, endpoint, ...(failure && { failure: failure.with({ endpoint }) }), ...(value && { looked: value }) }
  })
  signal.throwIfAborted()
  show(rows)
  const failure = rows.find((row) => row.failure)?.failure
  const isWell = rows.every(({ looked }) => looked?.isWell ?? true)
  const code = failure?.code ?? (isWell ? undefined : 'EXPECTATION_FAILED')
  if (code === undefined) return
  if (isTold) process.exitCode = exitStatus(code)
  else throw failure ?? new ReplError('EXPECTATION_FAILED', { given: 'the same of every shard', reply: 'above' })
}
