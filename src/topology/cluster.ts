/** Reads the shards of a cluster from any of its nodes. */

import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { refuseSentinel } from '../engine/ask/sentinel-masters.ts'
import { expectReplError, ReplError, stopIfAborted } from '../errors.ts'
import { now } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { type ClusterNode, fromNodes, fromShards, fromSlots, missingSlots, type Shard } from '../protocol/cluster/cluster-map.ts'
import { parseInfo } from '../protocol/info/info.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { isNoNode, refusal } from '../protocol/wire/server-error.ts'
import type { AddressMap } from './address-map.ts'
import { allMoves, movesOfMaster, type SlotMoves } from './cluster-node.ts'

/** A shard with a master, and how to connect to it. */
export interface ReachableShard extends Shard {
  readonly master: ClusterNode
  readonly access: Access
}

/** A map younger than this counts as current. */
const FRESH_MS = 500
/** How many nodes to ask before giving up. All nodes agree on the map, except those cut off from the others. */
const MAX_NODES_ASKED = 5
const SHORT_LIMIT_MS = 1000

/** The cluster as one node sees it. */
interface NodeView {
  readonly shards: readonly Shard[]
  /** False when the node is cut off from the others, or the cluster has lost a master. */
  readonly isOk: boolean
}

export class Cluster {
  readonly #entry: Access
  readonly #addresses: AddressMap
  readonly #signal: AbortSignal
  /** The nodes to ask, by name. The one that gave the last good answer comes first. */
  #nodes: Map<string, Access>
  readonly #links = new Map<string, QueryLink>()
  #newest: { readonly at: number; readonly shards: readonly Shard[] } | undefined
  #pending: Promise<readonly Shard[]> | undefined

  constructor(entry: Access, addresses: AddressMap, signal: AbortSignal) {
    this.#entry = entry
    this.#addresses = addresses
    this.#signal = signal
    this.#nodes = new Map([[endpointName(entry.endpoint), entry]])
  }

  /**
   * Always asks a node, without the cache.
   * @throws ReplError TRY_LATER (CLUSTER_SLOTS, CLUSTER_MASTER) when a slot has no master; NOT_SUPPORTED (NO_CLUSTER, SENTINEL)
   */
  async shards(): Promise<ReachableShard[]> {
    const endpoint = endpointName(this.#entry.endpoint)
    this.#newest = undefined
    const shards = await this.look()
    const missing = missingSlots(shards)
    if (missing > 0) throw new ReplError('CLUSTER_SLOTS', { endpoint, missingSlots: missing })
    return shards.map((shard) => {
      if (!shard.master) throw new ReplError('CLUSTER_MASTER', { endpoint, slot: shard.slots[0]?.[0] ?? 0 })
      return { ...shard, master: shard.master, access: this.access(shard.master) }
    })
  }

  /** The current shards, complete or not. Concurrent callers share one answer. @throws ReplError when no node answers */
  async look(): Promise<readonly Shard[]> {
    if (!this.#pending && this.#newest && now() - this.#newest.at <= FRESH_MS) return this.#newest.shards
    // Concurrent callers wait only once for a node that hangs.
    this.#pending ??= this.#askAll().finally(() => {
      this.#pending = undefined
    })
    const shards = await this.#pending
    this.#newest = { at: now(), shards }
    return shards
  }

  /** The slots that migrate between these masters. Only the two masters involved know. @throws ReplError of a master */
  async slotMoves(shards: readonly ReachableShard[]): Promise<SlotMoves> {
    const moves = await Promise.all(shards.map(async ({ access, master }) => await movesOfMaster(access, master.id, this.#signal)))
    return allMoves(moves)
  }

  /** How to reach a node: with TLS at its TLS port; without an announced host, at the host of the entry node. */
  access({ host, port, tlsPort }: ClusterNode): Access {
    const { endpoint } = this.#entry
    if (endpoint.kind === 'unix') {
      if (host === undefined) return this.#entry
      return this.#addresses.access({ host, port }, this.#entry)
    }
    const usual = endpoint.tls ? (tlsPort ?? port) : port
    return this.#addresses.access({ host: host ?? endpoint.knownAs?.host ?? endpoint.host, port: usual }, this.#entry)
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  /** @throws ReplError of the first node asked, when no node answers */
  async #askAll(): Promise<readonly Shard[]> {
    let failure: ReplError | undefined
    let doubtful: readonly Shard[] | undefined
    for (const [name, access] of [...this.#nodes].slice(0, MAX_NODES_ASKED)) {
      try {
        const { shards, isOk } = await this.#ask(name, access)
        this.#remember(name, access, isOk, shards)
        if (isOk) return shards
        doubtful ??= shards
      } catch (error) {
        failure ??= expectReplError(error).with({ endpoint: name })
        this.#links.get(name)?.close()
        this.#links.delete(name)
        // A node that failed moves to the end.
        this.#nodes.delete(name)
        this.#nodes.set(name, access)
        stopIfAborted(this.#signal)
      }
    }
    if (doubtful) return doubtful
    throw failure ?? new TypeError('a cluster without nodes')
  }

  async #ask(name: string, access: Access): Promise<NodeView> {
    const link = this.#links.get(name) ?? (await QueryLink.open(this.#withShortLimits(access), this.#signal))
    this.#links.set(name, link)
    const info = await link.ask('CLUSTER', 'INFO')
    const isOk = typeof info === 'string' && parseInfo(info).get('cluster_state') === 'ok'
    return { shards: await shardsFrom(link), isOk }
  }

  /** Shortens the time limits when there are other nodes to ask. */
  #withShortLimits(access: Access): Access {
    if (this.#nodes.size === 1) return access
    const { connectMs, stepMs } = access.limits
    return {
      ...access,
      limits: { ...access.limits, connectMs: Math.min(connectMs, SHORT_LIMIT_MS), stepMs: Math.min(stepMs, SHORT_LIMIT_MS) },
    }
  }

  #remember(name: string, access: Access, isOk: boolean, shards: readonly Shard[]): void {
    const found = shards.flatMap(({ master, replicas }) => [...(master ? [master] : []), ...replicas])
    const nodes = new Map(isOk ? [[name, access] as const] : [])
    for (const node of found.filter(({ isHealthy }) => isHealthy)) {
      const reached = this.access(node)
      nodes.set(endpointName(reached.endpoint), reached)
    }
    for (const [known, reached] of this.#nodes) if (!nodes.has(known)) nodes.set(known, reached)
    this.#nodes = nodes
  }
}

/** Uses the newest command that the node supports. @throws ReplError NOT_SUPPORTED (NO_CLUSTER, SENTINEL) */
async function shardsFrom(link: QueryLink): Promise<Shard[]> {
  const shards = fromShards(await link.ask('CLUSTER', 'SHARDS'))
  if (shards && missingSlots(shards) === 0) return shards
  // Redis 8 lists no slots for a shard whose nodes have all failed; SLOTS does.
  const bySlots = fromSlots(await link.ask('CLUSTER', 'SLOTS'))
  if (shards && (!bySlots || missingSlots(bySlots) >= missingSlots(shards))) return shards
  if (bySlots) return bySlots
  const reply = await link.ask('CLUSTER', 'NODES')
  if (!(reply instanceof ServerError)) return fromNodes(String(reply))
  const refused = refusal(reply, { command: 'CLUSTER NODES' })
  if (!isNoNode(reply) && !/unknown command/i.test(reply.text)) throw refused
  const info = await link.info()
  if (!(info instanceof ServerError)) await refuseSentinel(link, info.identity)
  throw new ReplError('NO_CLUSTER', { reply: reply.text })
}

/** Whether the same masters serve the same slots. A dump of all shards is consistent only then. */
export function sameShards(before: readonly Shard[], after: readonly Shard[]): boolean {
  const sketch = (shards: readonly Shard[]) => JSON.stringify(shards.map(({ slots, master }) => [slots, master?.id]))
  return sketch(before) === sketch(after)
}
