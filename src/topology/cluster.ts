/** The shards of a cluster, asked from any of its nodes. */

import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { expectReplError, ReplError, stopIfAborted } from '../errors.ts'
import { now } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { type ClusterNode, fromNodes, fromShards, fromSlots, missingSlots, openSlots, type Shard } from '../protocol/cluster/cluster-map.ts'
import { parseInfo } from '../protocol/info/info.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'
import type { AddressMap } from './address-map.ts'

/** A shard whose master can be connected to. */
export interface ReachableShard extends Shard {
  readonly master: ClusterNode
  readonly access: Access
}

/** What was seen a moment ago counts as seen now. */
const FRESH_MS = 500
/** How many nodes are asked before it is given up; all of them see the same, but for those that are cut off. */
const MOST_ASKED = 5
const HURRIED_MS = 1000

/** What one node says of the cluster. */
interface Seen {
  readonly shards: readonly Shard[]
  /** Of a node that is cut off from the others, or of a cluster that has lost a master, it is not. */
  readonly isOk: boolean
}

export class Cluster {
  readonly #entry: Access
  readonly #addresses: AddressMap
  readonly #signal: AbortSignal
  /** Whoever can be asked, by name: the one that was right last comes first. */
  #nodes: Map<string, Access>
  readonly #links = new Map<string, QueryLink>()
  #newest: { readonly at: number; readonly shards: readonly Shard[] } | undefined
  #asking: Promise<readonly Shard[]> | undefined

  constructor(entry: Access, addresses: AddressMap, signal: AbortSignal) {
    this.#entry = entry
    this.#addresses = addresses
    this.#signal = signal
    this.#nodes = new Map([[endpointName(entry.endpoint), entry]])
  }

  /** Asked anew. @throws ReplError TRY_LATER (CLUSTER_SLOTS, CLUSTER_MASTER) when not every slot has a master; NOT_SUPPORTED (NO_CLUSTER) */
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

  /** As it is now, whole or not; whoever asks at the same time shares the answer. @throws ReplError when no node can be asked */
  async look(): Promise<readonly Shard[]> {
    if (!this.#asking && this.#newest && now() - this.#newest.at <= FRESH_MS) return this.#newest.shards
    // A node that hangs is waited for once, however many ask meanwhile.
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = undefined
    })
    const shards = await this.#asking
    this.#newest = { at: now(), shards }
    return shards
  }

  /** The slots that are on their way from one of these masters to another; only those two know. @throws ReplError of a master */
  async movingSlots(shards: readonly ReachableShard[]): Promise<number[]> {
    const moving = await Promise.all(
      shards.map(async ({ access }) => {
        const endpoint = endpointName(access.endpoint)
        const link = await QueryLink.open(access, this.#signal).catch((error) => {
          throw expectReplError(error).with({ endpoint })
        })
        const reply = await link.ask('CLUSTER', 'NODES').finally(() => link.close())
        if (reply instanceof ServerError) throw refusal(reply, { command: 'CLUSTER NODES', endpoint })
        return openSlots(String(reply))
      }),
    )
    return [...new Set(moving.flat())].sort((a, b) => a - b)
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

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  /** @throws ReplError of the node that was asked first, when none can be */
  async #askAll(): Promise<readonly Shard[]> {
    let failure: ReplError | undefined
    let doubtful: readonly Shard[] | undefined
    for (const [name, access] of [...this.#nodes].slice(0, MOST_ASKED)) {
      try {
        const { shards, isOk } = await this.#ask(name, access)
        this.#remember(name, access, isOk, shards)
        if (isOk) return shards
        doubtful ??= shards
      } catch (error) {
        failure ??= expectReplError(error).with({ endpoint: name })
        this.#links.get(name)?.close()
        this.#links.delete(name)
        // Whoever failed is asked last.
        this.#nodes.delete(name)
        this.#nodes.set(name, access)
        stopIfAborted(this.#signal)
      }
    }
    if (doubtful) return doubtful
    throw failure ?? new TypeError('a cluster without nodes')
  }

  async #ask(name: string, access: Access): Promise<Seen> {
    const link = this.#links.get(name) ?? (await QueryLink.open(this.#hurried(access), this.#signal))
    this.#links.set(name, link)
    const info = await link.ask('CLUSTER', 'INFO')
    const isOk = typeof info === 'string' && parseInfo(info).get('cluster_state') === 'ok'
    return { shards: await shardsFrom(link), isOk }
  }

  /** Where there are others to ask, one that hangs is not waited for. */
  #hurried(access: Access): Access {
    if (this.#nodes.size === 1) return access
    const { connectMs, stepMs } = access.limits
    return { ...access, limits: { ...access.limits, connectMs: Math.min(connectMs, HURRIED_MS), stepMs: Math.min(stepMs, HURRIED_MS) } }
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

/** By the newest command that the node knows. @throws ReplError */
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
  const isNone = /cluster support disabled|unknown command/i.test(reply.text)
  throw isNone ? new ReplError('NO_CLUSTER', { reply: reply.text }) : refused
}

/** What a dump of all shards vouches for: the same masters for the same slots, from the first byte to the last. */
export function sameShards(before: readonly Shard[], after: readonly Shard[]): boolean {
  const sketch = (shards: readonly Shard[]) => JSON.stringify(shards.map(({ slots, master }) => [slots, master?.id]))
  return sketch(before) === sketch(after)
}
