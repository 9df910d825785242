/** The shards of a cluster, asked from any of its nodes. */
import type { Access } from '../engine/options.ts'
import { QueryLink } from '../engine/query.ts'
import { ReplError, replErrorOf } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { type ClusterNode, fromNodes, fromShards, fromSlots, missingSlots, type Shard } from '../protocol/cluster-map.ts'
import { ServerError } from '../protocol/reply.ts'
import { refusal } from '../protocol/server-error.ts'
import type { AddressMap } from './address-map.ts'

/** A shard whose master can be connected to. */
export interface ReachableShard extends Shard {
  readonly master: ClusterNode
  readonly access: Access
}

export class Cluster {
  readonly #entry: Access
  readonly #addresses: AddressMap

  constructor(entry: Access, addresses: AddressMap) {
    this.#entry = entry
    this.#addresses = addresses
  }

  /** @throws ReplError TRY_LATER (CLUSTER_SLOTS, CLUSTER_MASTER) when not every slot has a master; NOT_SUPPORTED (NO_CLUSTER) */
  async shards(signal: AbortSignal): Promise<ReachableShard[]> {
    const endpoint = endpointName(this.#entry.endpoint)
    const shards = await this.#ask(signal)
    const missing = missingSlots(shards)
    if (missing > 0) throw new ReplError('TRY_LATER', { reason: 'CLUSTER_SLOTS', endpoint, given: String(missing) })
    return shards.map((shard) => {
      if (!shard.master) throw new ReplError('TRY_LATER', { reason: 'CLUSTER_MASTER', endpoint, given: String(shard.slots[0]?.[0]) })
      return { ...shard, master: shard.master, access: this.access(shard.master) }
    })
  }

  /** How a node is reached: with TLS at its TLS port, and where it names no host, at that of the entry. */
  access({ host, port, tlsPort }: ClusterNode): Access {
    const { endpoint } = this.#entry
    if (endpoint.kind === 'unix') {
      if (host === undefined) return this.#entry
      return this.#addresses.access({ host, port }, this.#entry)
    }
    const usual = endpoint.tls ? (tlsPort ?? port) : port
    return this.#addresses.access({ host: host ?? endpoint.host, port: usual }, this.#entry)
  }

  async #ask(signal: AbortSignal): Promise<Shard[]> {
    const link = await QueryLink.open(this.#entry, signal)
    try {
      const shards = fromShards(await link.ask('CLUSTER', 'SHARDS')) ?? fromSlots(await link.ask('CLUSTER', 'SLOTS'))
      if (shards) return shards
      const reply = await link.ask('CLUSTER', 'NODES')
      if (!(reply instanceof ServerError)) return fromNodes(String(reply))
      const refused = refusal(reply, { command: 'CLUSTER NODES' })
      const isNone = /cluster support disabled|unknown command/i.test(reply.text)
      throw isNone ? new ReplError('NOT_SUPPORTED', { reason: 'NO_CLUSTER', reply: reply.text }) : refused
    } catch (error) {
      throw replErrorOf(error).with({ endpoint: endpointName(this.#entry.endpoint) })
    } finally {
      link.close()
    }
  }
}

/** What a dump of all shards vouches for: the same masters for the same slots, from the first byte to the last. */
export function sameShards(before: readonly Shard[], after: readonly Shard[]): boolean {
  const sketch = (shards: readonly Shard[]) => JSON.stringify(shards.map(({ slots, master }) => [slots, master?.id]))
  return sketch(before) === sketch(after)
}
