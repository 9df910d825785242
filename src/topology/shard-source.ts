/** One shard of a cluster, followed to its current master. */

import type { Access } from '../engine/ask/access.ts'
import type { Found, Source } from '../engine/ask/source.ts'
import { ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { nodesOf, ownsShard, type Shard } from '../protocol/cluster/cluster-map.ts'
import type { Cluster } from './cluster.ts'
import { confirmMaster, isMaster } from './confirm-master.ts'

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
    const access = await this.#master()
    if (!access) throw new ReplError('SHARD_GONE', { endpoint: this.#name })
    this.#name = endpointName(access.endpoint)
    await confirmMaster(access, signal)
    return { access }
  }

  /** True only if the new server confirms that it is a master: during a failover there may be none. */
  async hasMoved(from: Access, signal: AbortSignal): Promise<boolean> {
    const access = await this.#master()
    if (!access || endpointName(access.endpoint) === endpointName(from.endpoint)) return false
    return await isMaster(access, signal)
  }

  async #master(): Promise<Access | undefined> {
    const shard = (await this.#cluster.look()).find((one) => ownsShard(one, this.#nodes))
    if (shard) this.#nodes = nodesOf(shard)
    return shard?.master && this.#cluster.access(shard.master)
  }
}
