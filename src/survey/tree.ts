/**
 * Finds the replication tree: from any of its servers up to the master, and down through every list of replicas. Each look
 * builds the tree again from the newest answers, since replicas come and go and masters change.
 */

import { type Observation, SILENT_MS, type TreeNode } from '../diagnosis/lag/lag.ts'
import type { Access } from '../engine/ask/access.ts'
import { refuseSentinelAt } from '../engine/ask/sentinel-masters.ts'
import { abortError, ReplError } from '../errors.ts'
import { now, waitFor } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { isMasterOf, isTop } from '../protocol/info/server-info.ts'
import { type Address, type AddressMap, addressName } from '../topology/address-map.ts'
import { failedNode, isUnlisted, nodeOf, type ProbedServer, placed, type Tree, treeHas } from './nodes.ts'
import { Probe } from './probe.ts'
import { rowsOf } from './rows.ts'

/** How long a replica must be missing in its master's list. */
const UNLISTED_MS = 500
/** Real chains are short; a longer one is a circle that the run_ids do not show. */
const MAX_DEPTH = 16

export interface TreeOptions {
  readonly entry: Access
  /** Replicas that no list shows, or that must be reached at another address. */
  readonly replicas: () => readonly Access[]
  readonly addresses: AddressMap
  /** How often to query the topmost server, and each of the others. */
  readonly masterEveryMs: number
  readonly replicaEveryMs: number
  /** Limit for all other servers together. */
  readonly questionsPerSecond: number
  /** Receives every answer. `isTop` marks only one connection to the topmost server, since a second one may be slower. */
  readonly onObservation: (observation: Observation, isTop: boolean) => void
}

interface ReplicaOnPath {
  readonly name: string
  readonly seen: Observation
}

/** The path from a server to the top. */
interface PathToTop {
  readonly top: ProbedServer
  /** The servers below the top, the highest first. */
  readonly path: readonly ProbedServer[]
  /** The path is a circle, so `top` is not a real top. */
  readonly isCircle: boolean
  /** The server that answers at the address of `top` is another one. */
  readonly failure?: ReplError
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
  /** Servers that were seen to be a master and its replica, by their IDs: in a failover their histories may differ for a moment. */
  readonly #links = new Set<string>()
  /** When a replica was first seen to be missing in its master's list, by its ID. */
  readonly #unlistedSince = new Map<string, number>()
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
    const { top, failure } = this.#chooseTop()
    this.#topProbe = failure ? undefined : top.probe
    this.#tree = this.#descend(failure ? failedNode(top.name, failure) : nodeOf(top.name, top.probe))
    const { masterEveryMs, replicaEveryMs, questionsPerSecond } = this.#options
    const othersEveryMs = Math.max(replicaEveryMs, (1000 * this.#probes.size) / questionsPerSecond)
    for (const [name, probe] of this.#probes) {
      probe.everyMs = probe === top.probe ? masterEveryMs : othersEveryMs
      if (this.#inUse.has(name)) continue
      probe.stop()
      this.#probes.delete(name)
    }
    return this.#tree
  }

  /** How the server was reached, which may differ from what it announces. Undefined for a tool: it accepts no links. */
  accessOf({ name, seen }: TreeNode): Access | undefined {
    const named = this.#probes.get(name)
    if (!seen || named?.seen?.id === seen.id) return named?.reached
    return [...this.#probes.values()].find((probe) => probe.seen?.id === seen.id)?.reached
  }

  stop(): void {
    for (const probe of this.#probes.values()) probe.stop()
  }

  /** Looks again until every server found has answered or timed out. */
  async #settle(): Promise<void> {
    const entry = this.#namedServers()[0] as ProbedServer
    await entry.probe.first()
    if (!entry.probe.seen) throw (entry.probe.failure ?? abortError(this.#signal)).with({ endpoint: entry.name })
    await this.#refuseSentinels()
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
    await this.#refuseSentinels()
  }

  /** Of the servers that the user named. @throws ReplError NOT_SUPPORTED (SENTINEL), with the names of its masters */
  async #refuseSentinels(): Promise<void> {
    for (const { probe } of this.#namedServers()) {
      if (probe.seen) await refuseSentinelAt(probe.access, probe.seen.server.identity, this.#signal)
    }
  }

  /** The first master that answers, from any start; or else the top of the first path. */
  #chooseTop(): PathToTop {
    // Only servers that were recognised: any other address may lead to a server of another replication.
    const before = (this.#tree ?? []).flatMap(({ name, seen }) => (seen ? this.#knownServer(name) : []))
    let highest: PathToTop | undefined
    for (const start of [...this.#namedServers(), ...before]) {
      const found = this.#pathFrom(start)
      highest ??= found
      const { probe } = found.top
      if (found.failure || !probe.seen || probe.failure || !isTop(probe.seen.server)) continue
      highest = found
      break
    }
    const chosen = highest as PathToTop
    this.#path = chosen.path
    this.#isCircle = chosen.isCircle
    return chosen
  }

  #pathFrom(from: ProbedServer): PathToTop {
    const path: ProbedServer[] = []
    const visited = new Set<string>()
    for (let at = from; ; ) {
      this.#inUse.add(at.name)
      const { seen, failure } = at.probe
      if (!seen || failure) return { top: at, path, isCircle: false }
      if (seen.server.identity.mode === 'sentinel') throw new ReplError('SENTINEL', { endpoint: at.name })
      const below = path[0]
      const mismatch = below?.probe.seen && this.#mismatch({ name: below.name, seen: below.probe.seen }, seen, at.name)
      if (mismatch) return { top: at, path, isCircle: false, failure: mismatch }
      const link = seen.server.masterLink
      if (!link || isTop(seen.server)) return { top: at, path, isCircle: false }
      if (visited.has(seen.id) || path.length > MAX_DEPTH) return { top: at, path, isCircle: true }
      visited.add(seen.id)
      path.unshift(at)
      at = this.#serverAtAddress(link)
    }
  }

  #descend(top: TreeNode): Tree {
    const tree: [TreeNode, ...TreeNode[]] = [top]
    const add = (node: TreeNode) => {
      // The same server is known under two names, or as the same row of two lists.
      if (treeHas(tree, node.seen) || (!node.listed && tree.some((one) => one.name === node.name))) return
      tree.push(node)
      // A master that the user named as a replica has a tree of its own.
      const isPart = !node.seen || !isTop(node.seen.server)
      if (isPart && node.depth < MAX_DEPTH) rowsOf(node, options).forEach(add)
    }
    const named = this.#namedServers()
    const options = { reach: (listed: Address) => this.#serverAtAddress(listed), named, tree, links: this.#links }
    rowsOf(top, options).forEach(add)
    // Servers that no list shows: those on the path when the top does not answer, and the replicas that the user named.
    for (const { name, probe } of [...this.#path, ...named]) {
      const isListed = tree.some(({ listed, failure }) => listed && failure && addressName(listed) === name)
      if (!isListed) add(this.#unlisted(placed(nodeOf(name, probe), tree), tree))
    }
    return tree
  }

  /** Marks a replica that its master does not list. Right after it has attached, the newest answer of its master may be older. */
  #unlisted(node: TreeNode, tree: Tree): TreeNode {
    const id = node.seen?.id ?? ''
    if (!isUnlisted(node, tree)) this.#unlistedSince.delete(id)
    else if (!this.#unlistedSince.has(id)) this.#unlistedSince.set(id, now())
    const since = this.#unlistedSince.get(id)
    return since === undefined || now() - since < UNLISTED_MS ? node : { ...node, isUnlisted: true }
  }

  /** Undefined if the server at the address of a replica's master is that master. */
  #mismatch({ seen: replica, name }: ReplicaOnPath, reached: Observation, endpoint: string): ReplError | undefined {
    const pair = `${replica.id} ${reached.id}`
    const isMaster = isMasterOf(reached.server, replica.server)
    if (isMaster) this.#links.add(pair)
    // While its link is down, a replica and its master may have different histories.
    if (isMaster !== false || this.#links.has(pair)) return undefined
    return new ReplError('NOT_ITS_MASTER', { endpoint, replica: name, link: 'up' })
  }

  #namedServers(): ProbedServer[] {
    const { entry, replicas } = this.#options
    return [entry, ...replicas()].map((access) => this.#serverAt(endpointName(access.endpoint), access))
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
}
