/** One shard of a cluster, followed to its current master. */

import type { Access } from '../engine/ask/access.ts'
import type { Found, Source } from '../engine/ask/source.ts'
import { ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { nodesOf, ownsShard, type Shard } from '../protocol/cluster/cluster-map.ts'
import { isReplid } from '../protocol/history.ts'
import type { Cluster, ReachableShard } from './cluster.ts'
import { type Announced, confirmMaster, hasTakenOver } from './identity.ts'

interface Master {
  readonly id: string
  readonly access: Access
}

export class ShardSource implements Source {
  readonly #cluster: Cluster
  #nodes: ReadonlySet<string>
  #name: string

  /** @param shard as last seen */
  constructor(cluster: Cluster, shard: Shard) {
    this.#cluster = cluster
    this.#nodes = nodesOf(shard)
    this.#name = shard.master ? endpointName(cluster.access(shard.master).endpoint) : ''
  }

  /** The address of the last known master. */
  get name(): string {
    return this.#name
  }

  /** The IDs of its nodes. They identify the shard when its master changes. */
  get nodes(): ReadonlySet<string> {
    return this.#nodes
  }

  /** @throws ReplError TRY_LATER (SHARD_GONE, NOT_MASTER), and any failure to ask the cluster or the master */
  async find(signal: AbortSignal): Promise<Found> {
    const master = await this.#master()
    if (!master) throw new ReplError('SHARD_GONE', { endpoint: this.#name })
    this.#name = endpointName(master.access.endpoint)
    return { access: await confirmMaster(master.access, announcedBy(master), signal) }
  }

  /** True only if the new server proves that it has taken over: during a failover there may be no master. */
  async hasMoved(from: Access, signal: AbortSignal): Promise<boolean> {
    const master = await this.#master()
    if (!master || endpointName(master.access.endpoint) === endpointName(from.endpoint)) return false
    return await hasTakenOver(master.access, announcedBy(master), from, signal)
  }

  async #master(): Promise<Master | undefined> {
    const shard = (await this.#cluster.look()).find((one) => ownsShard(one, this.#nodes))
    if (shard) this.#nodes = nodesOf(shard)
    return shard?.master && { id: shard.master.id, access: this.#cluster.access(shard.master) }
  }
}

/** Nodes are known by their IDs (CLUSTER MYID). Redis 3 shows none in CLUSTER SLOTS. */
function announcedBy({ id }: Pick<Master, 'id'>): Announced {
  return { by: 'CLUSTER', ...(isReplid(id) && { nodeId: id }) }
}

/** The master of a shard as the map showed it once. It must still be the announced node, and a master. */
export function confirmedMaster({ master, access }: ReachableShard): Source {
  const find = async (signal: AbortSignal) => ({ access: await confirmMaster(access, announcedBy(master), signal) })
  return { name: endpointName(access.endpoint), find }
}
