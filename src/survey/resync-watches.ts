/** Watches the servers of a tree for resync loops, and samples the output buffers of replicas while one may be in progress. */
import type { Observation, TreeNode } from '../diagnosis/lag/lag.ts'
import { replicaBufferLimit } from '../diagnosis/resync/buffer-limit.ts'
import type { ReplicaClient } from '../diagnosis/resync/buffer-tracks.ts'
import type { KnownReplica } from '../diagnosis/resync/loop.ts'
import { isFrequent, type ResyncReport, resyncReport, watchMs } from '../diagnosis/resync/report.ts'
import { SyncHistory } from '../diagnosis/resync/sync-history.ts'
import type { Access } from '../engine/ask/access.ts'
import { Informant } from '../engine/ask/informant.ts'
import { replSettings, setting } from '../engine/ask/questions.ts'
import { ignoreFailure } from '../errors.ts'
import { now, sleep } from '../io/clock.ts'
import { clientEntries } from '../protocol/info/client-list.ts'
import { infoNumber } from '../protocol/info/info.ts'
import type { Settings } from '../protocol/settings.ts'

/** A buffer of some megabytes fills within a few of these. */
const SAMPLE_EVERY_MS = 50

/** The replicas of one server. */
export class ResyncWatch {
  readonly #history = new SyncHistory()
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  #sampling: Promise<void> | undefined
  #settings: Settings | undefined
  /** By name. */
  readonly #replicas = new Map<string, KnownReplica>()
  #missingRights: readonly string[] = []
  readonly #asking: Promise<void>[] = []

  constructor(signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
  }

  saw(observation: Observation): void {
    this.#history.saw(observation.server, observation)
  }

  sawReplicas(isSyncing: boolean): void {
    this.#history.sawReplicas(isSyncing)
  }

  /**
   * Asks a replica for its repl-timeout, which may be shorter than its master's, and its version, which may be older. Once, and only
   * while something points to a loop.
   */
  askReplica(name: string, access: Access): void {
    const { hasCut, syncs } = this.#history
    if (this.#replicas.has(name) || !this.#settings || !(hasCut || syncs.length > 1)) return
    this.#replicas.set(name, { name })
    this.#asking.push(this.#askReplica(name, access).catch(ignoreFailure))
  }

  sawOwnResync(): void {
    this.#history.sawOwnResync()
  }

  /**
   * Begins to sample the buffers as soon as something points to a loop. CONFIG and CLIENT LIST are not asked before.
   * @param known the result of CONFIG GET, if it has been asked
   */
  update(access: Access, known?: { readonly settings: Settings | undefined }): void {
    const { isSyncing, hasEvents } = this.#history
    if (isSyncing || hasEvents || isFrequent(this.#history) || watchMs(this.#history) > 0)
      this.#sampling ??= this.#sample(access, known).catch(ignoreFailure)
  }

  /** Undefined if nothing points to a loop. */
  report(name: string): ResyncReport | undefined {
    const replicas = [...this.#replicas.values()]
    return resyncReport(this.#history, name, { settings: this.#settings, replicas, missingRights: this.#missingRights })
  }

  async stop(): Promise<void> {
    this.#stop.abort('stopped')
    await Promise.all([this.#sampling, ...this.#asking])
  }

  async #askReplica(name: string, access: Access): Promise<void> {
    const informant = new Informant(access, this.#signal)
    try {
      const identity = (await informant.info())?.identity
      const timeout = identity && (await setting(informant, 'repl-timeout'))
      this.#replicas.set(name, { name, ...(identity && { identity }), ...(timeout !== undefined && { timeoutSeconds: Number(timeout) }) })
    } finally {
      informant.close()
    }
  }

  /**
   * Ends where CONFIG or CLIENT LIST is not permitted: every refusal adds an entry to the ACL log, and one without the other says
   * little.
   */
  async #sample(access: Access, known?: { readonly settings: Settings | undefined }): Promise<void> {
    const informant = new Informant(access, this.#signal)
    try {
      const identity = this.#history.newest?.identity
      this.#settings = known ? known.settings : await replSettings(informant, identity, 'client-output-buffer-limit')
      if (!this.#settings) this.#missingRights = ['+config|get']
      if (!this.#settings) return
      const softBytes = replicaBufferLimit(this.#settings, identity)?.softBytes ?? 0
      for (;;) {
        const reply = await informant.ask('CLIENT', 'LIST', 'TYPE', 'replica')
        informant.takeEvents()
        if (reply === undefined) this.#missingRights = ['+client|list']
        if (reply === undefined) return
        this.#history.sawBuffers(buffersIn(String(reply), access.clientName), softBytes, now())
        await sleep(SAMPLE_EVERY_MS, this.#signal)
      }
    } finally {
      informant.close()
    }
  }
}

function isSyncing({ seen, failure }: TreeNode): boolean {
  return !failure && seen?.server.masterLink?.sync !== undefined
}

/** The buffers of all replicas but our own attachments. */
function buffersIn(list: string, ownName: string | undefined): ReplicaClient[] {
  return clientEntries(list)
    .filter((entry) => entry.get('flags')?.includes('S') && entry.get('name') !== ownName)
    .map((entry) => ({ id: entry.get('id') ?? '', bytes: infoNumber(entry, 'omem') ?? 0, ageSeconds: infoNumber(entry, 'age') ?? 0 }))
}

export class ResyncWatches {
  readonly #signal: AbortSignal
  /** By Observation.id. */
  readonly #watches = new Map<string, ResyncWatch>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  saw(observation: Observation): void {
    const watch = this.#watches.get(observation.id) ?? new ResyncWatch(this.#signal)
    this.#watches.set(observation.id, watch)
    watch.saw(observation)
  }

  /** @param top the settings of the topmost server, once they were asked for */
  update(
    tree: readonly TreeNode[],
    accessOf: (node: TreeNode) => Access | undefined,
    top?: { readonly settings: Settings | undefined },
  ): void {
    for (const [index, node] of tree.entries()) {
      const access = accessOf(node)
      if (access && node.upstream) this.#of(node.upstream)?.askReplica(node.name, access)
      const watch = this.#of(node)
      watch?.sawReplicas(tree.some((replica) => replica.upstream === node && isSyncing(replica)))
      if (access && (index > 0 || top)) watch?.update(access, index === 0 ? top : undefined)
    }
  }

  reports(tree: readonly TreeNode[]): ResyncReport[] {
    return tree.flatMap((node) => this.#of(node)?.report(node.name) ?? [])
  }

  #of({ seen }: TreeNode): ResyncWatch | undefined {
    return seen && this.#watches.get(seen.id)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()))
  }
}
