/**
 * The tree of a replication: from any of its servers up to the master, and down through every list of replicas. It is made anew
 * from the newest answers each time it is looked at, since replicas come and go and masters change.
 */

import { type Observation, SILENT_MS, type TreeNode } from '../diagnosis/lag/lag.ts'
import type { Access } from '../engine/ask/access.ts'
import { abortedBy, ReplError } from '../errors.ts'
import { sleep } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { isTool, type ListedReplica } from '../protocol/info/replicas.ts'
import { numberIn } from '../protocol/info/server-info.ts'
import { type Address, type AddressMap, addressName } from '../topology/address-map.ts'
import { isAmong, nodeOf, placed, type Tree } from './nodes.ts'
import { Probe } from './probe.ts'

/** Chains are short; whatever is longer than this goes round in a circle that run_ids do not show. */
const MAX_DEPTH = 16

export interface TreeOptions {
  readonly entry: Access
  /** Replicas that no list shows, or that are to be asked at another address. */
  readonly replicas: readonly Access[]
  readonly addresses: AddressMap
  /** How often the topmost server is asked, and how often each of the others. */
  readonly masterEveryMs: number
  readonly replicaEveryMs: number
  /** All others together are asked no more often than this. */
  readonly questionsPerSecond: number
  /** Whatever any server says; of the topmost only what it says on the one connection, since others may be slower. */
  readonly onObservation: (observation: Observation, isTop: boolean) => void
}

interface Known {
  readonly name: string
  readonly probe: Probe
}

/** The way up from a server. */
interface Climb {
  readonly top: Known
  /** Whoever was passed, the highest first. */
  readonly path: readonly Known[]
  /** It goes round for ever, and the top is none. */
  readonly isCircle: boolean
}

export class ReplicationTree {
  readonly #options: TreeOptions
  readonly #signal: AbortSignal
  readonly #probes = new Map<string, Probe>()
  /** What has been needed since the last look began. */
  #used = new Set<string>()
  /** Whoever was passed on the way to the top. */
  #path: readonly Known[] = []
  #isCircle = false
  #topProbe: Probe | undefined
  #tree: Tree | undefined

  private constructor(options: TreeOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** @throws ReplError of the server that the user named, or CIRCLE; of others the tree tells. */
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

  /** By the newest answers. @throws ReplError NOT_SUPPORTED (SENTINEL) */
  look(): Tree {
    this.#used = new Set()
    const top = this.#top()
    this.#topProbe = top.probe
    this.#tree = this.#descend(top)
    const { masterEveryMs, replicaEveryMs, questionsPerSecond } = this.#options
    const othersEveryMs = Math.max(replicaEveryMs, (1000 * this.#probes.size) / questionsPerSecond)
    for (const [name, probe] of this.#probes) {
      probe.everyMs = probe === top.probe ? masterEveryMs : othersEveryMs
      if (!this.#used.has(name)) this.#drop(name, probe)
    }
    return this.#tree
  }

  /** The way by which it was seen, which need not be the announced one; undefined of a tool, which nobody can connect to. */
  accessOf({ name, seen }: TreeNode): Access | undefined {
    const named = this.#probes.get(name)
    if (!seen || named?.seen?.id === seen.id) return named?.access
    return [...this.#probes.values()].find((probe) => probe.seen?.id === seen.id)?.access
  }

  stop(): void {
    for (const probe of this.#probes.values()) probe.stop()
  }

  /** Looks again until every server that was found on the way has answered, or has had time to. */
  async #settle(): Promise<void> {
    const entry = this.#named()[0] as Known
    await entry.probe.first()
    if (!entry.probe.seen) throw (entry.probe.failure ?? abortedBy(this.#signal)).with({ endpoint: entry.name })
    for (let known = -1; known !== this.#probes.size; ) {
      known = this.#probes.size
      const [top] = this.look()
      // Later on one may be there for a moment, in the middle of a failover.
      if (this.#isCircle) throw new ReplError('CIRCLE', { endpoint: top.name })
      await this.#probes.get(top.name)?.first()
      // Whoever has been silent for that long already is not waited for again.
      const patient = [...this.#probes.values()].filter(({ silentMs }) => silentMs < SILENT_MS)
      const all = Promise.all(patient.map((probe) => probe.first()))
      const over = new AbortController()
      const limit = sleep(SILENT_MS, AbortSignal.any([this.#signal, over.signal]))
      await Promise.race([all, limit]).finally(() => over.abort())
    }
  }

  /** From wherever a master can be reached; else the highest that can be. */
  #top(): Known {
    const before = (this.#tree ?? []).flatMap(({ name }) => this.#known(name))
    let highest: Climb | undefined
    for (const start of [...this.#named(), ...before]) {
      const climb = this.#climb(start)
      highest ??= climb
      const { probe } = climb.top
      if (!probe.seen || probe.failure || probe.seen.server.masterLink) continue
      highest = climb
      break
    }
    const { top, path, isCircle } = highest as Climb
    this.#path = path
    this.#isCircle = isCircle
    return top
  }

  #climb(from: Known): Climb {
    const path: Known[] = []
    const passed = new Set<string>()
    for (let at = from; ; ) {
      this.#used.add(at.name)
      const { seen, failure } = at.probe
      if (!seen || failure) return { top: at, path, isCircle: false }
      if (seen.server.identity.mode === 'sentinel') throw new ReplError('SENTINEL', { endpoint: at.name })
      const link = seen.server.masterLink
      if (!link) return { top: at, path, isCircle: false }
      if (passed.has(seen.id) || path.length > MAX_DEPTH) return { top: at, path, isCircle: true }
      passed.add(seen.id)
      path.unshift(at)
      at = this.#ask(link)
    }
  }

  #descend({ name, probe }: Known): Tree {
    const top = nodeOf(name, probe)
    const tree: [TreeNode, ...TreeNode[]] = [top]
    const add = (node: TreeNode) => {
      // Listed twice, or the same server under two names.
      if (tree.some((one) => one.name === node.name && !one.isTool) || isAmong(tree, node.seen)) return
      tree.push(node)
      below(node)
    }
    const below = (upstream: TreeNode) => {
      if (upstream.depth >= MAX_DEPTH || !upstream.seen) return
      const all = upstream.seen.server.replicas
      const unreached = all.filter((listed) => !isTool(listed) && !this.#ask(listed).probe.seen)
      for (const listed of all) {
        const isMissing = unreached.includes(listed)
        add(this.#listed(listed, upstream, isMissing ? this.#sameServer(listed, upstream, tree, unreached.length === 1) : undefined))
      }
    }
    below(top)
    // Whoever no list shows: where the top cannot be asked, and replicas that were named.
    for (const known of [...this.#path, ...this.#named()]) add(placed(nodeOf(known.name, known.probe), tree))
    return tree
  }

  /** @param known another way to it */
  #listed(listed: ListedReplica, upstream: TreeNode, known: Probe | undefined): TreeNode {
    const depth = upstream.depth + 1
    if (isTool(listed)) return { name: `${listed.host}:${listed.port}`, upstream, depth, listed, silentMs: 0, isTool: true }
    const { name, probe } = this.#ask(listed)
    return { ...nodeOf(name, known ?? probe), upstream, depth, listed }
  }

  /**
   * Somebody whom the user named, and who is announced at an address that we do not reach: by the port it listens on, or as the
   * only one that is missing.
   */
  #sameServer({ port }: ListedReplica, upstream: TreeNode, tree: readonly TreeNode[], isOnly: boolean): Probe | undefined {
    const named = this.#named().find(({ probe: { seen } }) => {
      const link = seen?.server.masterLink
      if (!seen || !link?.isUp || isAmong(tree, seen)) return false
      return numberIn(seen.server, 'tcp_port') === port || (isOnly && addressName(link) === upstream.name)
    })
    return named?.probe
  }

  #named(): Known[] {
    const { entry, replicas } = this.#options
    return [entry, ...replicas].map((access) => this.#asked(endpointName(access.endpoint), access))
  }

  #ask(address: Address): Known {
    return this.#asked(addressName(address), this.#options.addresses.access(address, this.#options.entry))
  }

  #asked(name: string, access: Access): Known {
    this.#used.add(name)
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

  #known(name: string): Known[] {
    const probe = this.#probes.get(name)
    return probe ? [{ name, probe }] : []
  }

  #drop(name: string, probe: Probe): void {
    probe.stop()
    this.#probes.delete(name)
  }
}
