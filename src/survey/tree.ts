/**
 * Finds the replication tree: from any of its servers up to the master, and down through every list of replicas. Each look
 * builds the tree again from the newest answers, since replicas come and go and masters change.
 */

import { type Observation, SILENT_MS, type TreeNode } from '../diagnosis/lag/lag.ts'
import type { Access } from '../engine/ask/access.ts'
import { abortError, ReplError } from '../errors.ts'
import { waitFor } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { isTool, type ListedReplica } from '../protocol/info/replicas.ts'
import { numberField } from '../protocol/info/server-info.ts'
import { type Address, type AddressMap, addressName } from '../topology/address-map.ts'
import { nodeOf, placed, type Tree, treeHas } from './nodes.ts'
import { Probe } from './probe.ts'

/** Real chains are short; a longer one is a circle that the run_ids do not show. */
const MAX_DEPTH = 16

export interface TreeOptions {
  readonly entry: Access
  /** Replicas that no list shows, or that must be reached at another address. */
  readonly replicas: readonly Access[]
  readonly addresses: AddressMap
  /** How often to query the topmost server, and each of the others. */
  readonly masterEveryMs: number
  readonly replicaEveryMs: number
  /** Limit for all other servers together. */
  readonly questionsPerSecond: number
  /** Receives every answer. `isTop` marks only one connection to the topmost server, since a second one may be slower. */
  readonly onObservation: (observation: Observation, isTop: boolean) => void
}

interface ProbedServer {
  readonly name: string
  readonly probe: Probe
}

/** The path from a server to the top. */
interface PathToTop {
  readonly top: ProbedServer
  /** The servers below the top, the highest first. */
  readonly path: readonly ProbedServer[]
  /** The path is a circle, so `top` is no real top. */
  readonly isCircle: boolean
}

export class ReplicationTree {
  readonly #options: TreeOptions
  readonly #signal: AbortSignal
  readonly #probes = new Map<string, Probe>()
  /** The names of the probes that the current look uses. */
  #inUse = new Set<string>()
  /** The servers on the way to the top. */
  #path: readonly ProbedServer[] = []
  #isCircle = false
  #topProbe: Probe | undefined
  #tree: Tree | undefined

  private constructor(options: TreeOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** The tree itself shows failures of other servers. @throws ReplError of the server that the user named, or CIRCLE */
  static async find(options: TreeOptions, signal: AbortSignal): Promise<ReplicationTree> {
    const tree = new ReplicationTree(options, signal)
    try {
      await tree.#settle()
      return tree
    } catch (error) {
      tree.stop()
      throw error
    }
  }

  /** Builds the tree from the newest answers. @throws ReplError NOT_SUPPORTED (SENTINEL) */
  look(): Tree {
    this.#inUse = new Set()
    const top = this.#chooseTop()
    this.#topProbe = top.probe
    this.#tree = this.#descend(top)
    const { masterEveryMs, replicaEveryMs, questionsPerSecond } = this.#options
    const othersEveryMs = Math.max(replicaEveryMs, (1000 * this.#probes.size) / questionsPerSecond)
    for (const [name, probe] of this.#probes) {
      probe.everyMs = probe === top.probe ? masterEveryMs : othersEveryMs
      if (!this.#inUse.has(name)) this.#drop(name, probe)
    }
    return this.#tree
  }

  /** The address that reached the server, which may differ from the announced one. Undefined for a tool: it accepts no links. */
  accessOf({ name, seen }: TreeNode): Access | undefined {
    const named = this.#probes.get(name)
    if (!seen || named?.seen?.id === seen.id) return named?.access
    return [...this.#probes.values()].find((probe) => probe.seen?.id === seen.id)?.access
  }

  stop(): void {
    for (const probe of this.#probes.values()) probe.stop()
  }

  /** Looks again until every server found has answered or timed out. */
  async #settle(): Promise<void> {
    const entry = this.#namedServers()[0] as ProbedServer
    await entry.probe.first()
    if (!entry.probe.seen) throw (entry.probe.failure ?? abortError(this.#signal)).with({ endpoint: entry.name })
    for (let known = -1; known !== this.#probes.size; ) {
      known = this.#probes.size
      const [top] = this.look()
      // Checked only here: later a circle may exist for a moment, during a failover.
      if (this.#isCircle) throw new ReplError('CIRCLE', { endpoint: top.name })
      await this.#probes.get(top.name)?.first()
      // Do not wait again for a server that has already been silent this long.
      const patient = [...this.#probes.values()].filter(({ silentMs }) => silentMs < SILENT_MS)
      const all = Promise.all(patient.map((probe) => probe.first()))
      await waitFor(all, SILENT_MS, this.#signal)
    }
  }

  /** The first master that answers, from any start; or else the top of the first path. */
  #chooseTop(): ProbedServer {
    const before = (this.#tree ?? []).flatMap(({ name }) => this.#knownServer(name))
    let highest: PathToTop | undefined
    for (const start of [...this.#namedServers(), ...before]) {
      const found = this.#pathFrom(start)
      highest ??= found
      const { probe } = found.top
      if (!probe.seen || probe.failure || probe.seen.server.masterLink) continue
      highest = found
      break
    }
    const { top, path, isCircle } = highest as PathToTop
    this.#path = path
    this.#isCircle = isCircle
    return top
  }

  #pathFrom(from: ProbedServer): PathToTop {
    const path: ProbedServer[] = []
    const visited = new Set<string>()
    for (let at = from; ; ) {
      this.#inUse.add(at.name)
      const { seen, failure } = at.probe
      if (!seen || failure) return { top: at, path, isCircle: false }
      if (seen.server.identity.mode === 'sentinel') throw new ReplError('SENTINEL', { endpoint: at.name })
      const link = seen.server.masterLink
      if (!link) return { top: at, path, isCircle: false }
      if (visited.has(seen.id) || path.length > MAX_DEPTH) return { top: at, path, isCircle: true }
      visited.add(seen.id)
      path.unshift(at)
      at = this.#serverAtAddress(link)
    }
  }

  #descend({ name, probe }: ProbedServer): Tree {
    const top = nodeOf(name, probe)
    const tree: [TreeNode, ...TreeNode[]] = [top]
    const add = (node: TreeNode) => {
      // Listed twice, or the same server under two names.
      if (tree.some((one) => one.name === node.name && !one.isTool) || treeHas(tree, node.seen)) return
      tree.push(node)
      below(node)
    }
    const below = (upstream: TreeNode) => {
      if (upstream.depth >= MAX_DEPTH || !upstream.seen) return
      const all = upstream.seen.server.replicas
      const unreached = all.filter((listed) => !isTool(listed) && !this.#serverAtAddress(listed).probe.seen)
      for (const listed of all) {
        const isMissing = unreached.includes(listed)
        add(this.#nodeOfListed(listed, upstream, isMissing ? this.#sameServer(listed, upstream, tree, unreached.length === 1) : undefined))
      }
    }
    below(top)
    // Servers that no list shows: those on the path when the top does not answer, and the replicas that the user named.
    for (const known of [...this.#path, ...this.#namedServers()]) add(placed(nodeOf(known.name, known.probe), tree))
    return tree
  }

  /** @param known a probe that reaches the replica at another address */
  #nodeOfListed(listed: ListedReplica, upstream: TreeNode, known: Probe | undefined): TreeNode {
    const depth = upstream.depth + 1
    if (isTool(listed)) return { name: `${listed.host}:${listed.port}`, upstream, depth, listed, silentMs: 0, isTool: true }
    const { name, probe } = this.#serverAtAddress(listed)
    return { ...nodeOf(name, known ?? probe), upstream, depth, listed }
  }

  /**
   * Finds a replica named by the user whose announced address we cannot reach. It matches by the port it listens on, or as the
   * only replica missing.
   */
  #sameServer({ port }: ListedReplica, upstream: TreeNode, tree: readonly TreeNode[], isOnly: boolean): Probe | undefined {
    const named = this.#namedServers().find(({ probe: { seen } }) => {
      const link = seen?.server.masterLink
      if (!seen || !link?.isUp || treeHas(tree, seen)) return false
      return numberField(seen.server, 'tcp_port') === port || (isOnly && addressName(link) === upstream.name)
    })
    return named?.probe
  }

  #namedServers(): ProbedServer[] {
    const { entry, replicas } = this.#options
    return [entry, ...replicas].map((access) => this.#serverAt(endpointName(access.endpoint), access))
  }

  #serverAtAddress(address: Address): ProbedServer {
    return this.#serverAt(addressName(address), this.#options.addresses.access(address, this.#options.entry))
  }

  #serverAt(name: string, access: Access): ProbedServer {
    this.#inUse.add(name)
    const { replicaEveryMs, onObservation } = this.#options
    const known = this.#probes.get(name)
    if (known) return { name, probe: known }
    const probe: Probe = new Probe(
      access,
      replicaEveryMs,
      (observation) => onObservation(observation, probe === this.#topProbe),
      this.#signal,
    )
    this.#probes.set(name, probe)
    return { name, probe }
  }

  #knownServer(name: string): ProbedServer[] {
    const probe = this.#probes.get(name)
    return probe ? [{ name, probe }] : []
  }

  #drop(name: string, probe: Probe): void {
    probe.stop()
    this.#probes.delete(name)
  }
}
