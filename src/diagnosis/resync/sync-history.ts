/** What a master's INFO and CLIENT LIST show over time about the full resyncs of its replicas. */
import { isTool, type ListedReplica, phaseOf } from '../../protocol/info/replicas.ts'
import { numberField, type ServerInfo } from '../../protocol/info/server-info.ts'
import { type BufferTrack, BufferTracks, type ReplicaClient } from './buffer-tracks.ts'
import { CounterWindow, type SyncCounters } from './counter-window.ts'
import { isCaughtUp, NOWHERE, type Place, placeNow } from './place.ts'

/** Older events no longer count. */
const WINDOW_MS = 600_000

/** One full resync of one replica. */
export interface FullSync {
  /** As its master lists it. */
  readonly replica: string
  readonly startedAt: number
  /** The master's offset then. */
  readonly startOffset: number
  /** Whether we saw the start. A replica that is already syncing in the first answer began before it. */
  readonly isWhole: boolean
  ended?: SyncEnd
}

interface SyncEnd {
  readonly at: number
  readonly offset: number
  /** It reached the state `online`, and was cut there if `onlineUntil` is set. */
  readonly isMet: boolean
  onlineUntil?: number
  /** It acknowledged what was written during its resync: the resync succeeded. */
  hasCaughtUp: boolean
  /** The age of its last ACK when it was listed for the last time. */
  ackAgeSeconds?: number
}

export class SyncHistory {
  readonly #places = new Map<string, Place>()
  readonly #buffers = new BufferTracks()
  #syncs: FullSync[] = []
  readonly #counters = new CounterWindow()
  #toolSyncs = 0
  /** When a tool was last seen to begin a full resync. */
  #toolAt = Number.NEGATIVE_INFINITY
  #toolPartials = 0
  #since: number | undefined
  #sampledSince: number | undefined
  #newest: ServerInfo | undefined
  #hasCut = false
  #hasSyncingReplica = false
  #now = 0

  /** An answer that overlaps the last one in time may be older than it, so it is ignored. */
  saw(server: ServerInfo, { askedAt, answeredAt: at }: { readonly askedAt: number; readonly answeredAt: number }): void {
    if (askedAt < this.#now) return
    const offset = numberField(server, 'master_repl_offset') ?? 0
    const isFirst = this.#newest === undefined
    this.#newest = server
    this.#now = at
    this.#since ??= at
    this.#counters.saw(server, at)
    for (const name of new Set([...this.#places.keys(), ...server.replicas.map(nameOf)])) {
      const listed = server.replicas.filter((replica) => nameOf(replica) === name)
      this.#placeSeen(name, listed, offset, at, isFirst)
    }
    this.#syncs = this.#syncs.filter(({ startedAt }) => at - startedAt < WINDOW_MS)
  }

  /** @param clients the entries of CLIENT LIST that are replicas, tools excluded @param softBytes 0 for no limit */
  sawBuffers(clients: readonly ReplicaClient[], softBytes: number, at: number): void {
    this.#sampledSince ??= at
    this.#buffers.saw(clients, softBytes, at)
  }

  get newest(): ServerInfo | undefined {
    return this.#newest
  }

  get now(): number {
    return this.#now
  }

  get syncs(): readonly FullSync[] {
    return this.#syncs
  }

  get buffers(): readonly BufferTrack[] {
    return this.#buffers.all
  }

  /** Undefined before the first answer. */
  get counters(): { readonly first: SyncCounters; readonly last: SyncCounters } | undefined {
    return this.#counters.ends
  }

  /** Full resyncs of tools, such as a dump by redis-repl: no part of a loop. */
  get toolSyncs(): number {
    return this.#toolSyncs
  }

  /** Whether a tool began a full resync: then sync_full also grows by resyncs of tools that were too short to be listed. */
  get hasTool(): boolean {
    return this.#now - this.#toolAt < WINDOW_MS
  }

  /** When sync_full grew for the last time. */
  get fullGrewAt(): number {
    return this.#counters.fullGrewAt
  }

  /** Tools that attached without a full resync. */
  get toolPartials(): number {
    return this.#toolPartials
  }

  get watchedMs(): number {
    return this.#now - (this.#since ?? this.#now)
  }

  /** When CLIENT LIST first answered. */
  get sampledSince(): number | undefined {
    return this.#sampledSince
  }

  /** How many replicas were listed at once under this address. */
  listedAtOnce(name: string): number {
    return this.#places.get(name)?.most ?? 0
  }

  /** The replicas of the window; those that share an address are counted by how many were listed at once. */
  get knownReplicas(): number {
    return this.#replicaPlaces.reduce((sum, { most }) => sum + most, 0)
  }

  /** Whether a replica that was listed is not listed now. */
  get hasMissing(): boolean {
    return this.#replicaPlaces.some(({ entries, most }) => entries < most)
  }

  get #replicaPlaces(): Place[] {
    return [...this.#places].flatMap(([name, place]) => (isToolName(name) || this.#now - place.lastAt > WINDOW_MS ? [] : [place]))
  }

  get isSyncing(): boolean {
    return this.#hasSyncingReplica || [...this.#places].some(([name, { syncing }]) => syncing > 0 && !isToolName(name))
  }

  /** Whether a replica began a full resync, or left before it ended, since we began to look. */
  get hasEvents(): boolean {
    return this.#syncs.some(({ isWhole }) => isWhole) || this.#hasCut
  }

  /** Whether a replica says itself that it syncs: a master may not list it yet, no longer, or as online while it loads its RDB. */
  sawReplicas(isSyncing: boolean): void {
    this.#hasSyncingReplica = isSyncing
  }

  /** We took a full resync ourselves, possibly for too short a time to be listed. */
  sawOwnResync(): void {
    this.#toolSyncs += 1
  }

  get hasReplica(): boolean {
    return [...this.#places].some(([name, { entries }]) => entries > 0 && !isToolName(name))
  }

  /** Whether a replica left before its full resync ended. */
  get hasCut(): boolean {
    return this.#hasCut
  }

  #placeSeen(name: string, listed: readonly ListedReplica[], offset: number, at: number, isFirst: boolean): void {
    const before = this.#places.get(name) ?? NOWHERE
    const after = placeNow(before, listed, at)
    const [only] = listed
    this.#places.set(name, after)
    const isTooling = only ? isTool(only) : isToolName(name)
    // Between two looks it was cut and came back: its state is an earlier one than before.
    const isBack = before.entries === 1 && after.entries === 1 && rank(after.state) < rank(before.state)
    const begun = Math.max(after.syncing - before.syncing, isBack && after.syncing > 0 ? 1 : 0)
    if (isTooling) {
      this.#toolSeen(begun, after.entries - before.entries, at, isFirst)
    } else {
      this.#endSyncs(name, before, after, isBack, offset, at)
      for (let count = 0; count < begun; count++) this.#syncs.push({ replica: name, startedAt: at, startOffset: offset, isWhole: !isFirst })
    }
    if (after.entries === 0 && isTooling) this.#places.delete(name)
  }

  #toolSeen(begun: number, joined: number, at: number, isFirst: boolean): void {
    if (begun > 0) this.#toolAt = at
    if (isFirst) return
    this.#toolSyncs += Math.max(0, begun)
    this.#toolPartials += Math.max(0, joined - Math.max(0, begun))
  }

  #endSyncs(name: string, before: Place, after: Place, isBack: boolean, offset: number, at: number): void {
    const mine = this.#syncs.filter(({ replica }) => replica === name)
    const hasLeft = isBack || after.entries < before.entries
    const ended = Math.max(before.syncing - after.syncing, isBack && before.syncing > 0 ? 1 : 0)
    const isMet = !hasLeft
    for (const sync of mine.filter((one) => !one.ended).slice(0, Math.max(0, ended))) sync.ended = { at, offset, isMet, hasCaughtUp: false }
    if (hasLeft && before.syncing > 0) this.#hasCut = true
    const met = mine.findLast((one) => one.ended?.isMet && one.ended.onlineUntil === undefined)?.ended
    if (met && !hasLeft) met.hasCaughtUp ||= isCaughtUp(after, met, at)
    if (hasLeft && before.syncing === 0 && met) {
      met.onlineUntil = at
      if (before.ackAgeSeconds !== undefined) met.ackAgeSeconds = before.ackAgeSeconds
    }
  }
}

function nameOf({ host, port }: ListedReplica): string {
  return `${host}:${port}`
}

/** The order in which a replica passes its states. */
function rank(state: string): number {
  return state === 'wait_bgsave' ? 0 : phaseOf({ state }) === 'syncing' ? 1 : 2
}

function isToolName(name: string): boolean {
  const colon = name.lastIndexOf(':')
  return isTool({ host: name.slice(0, colon), port: Number(name.slice(colon + 1)) })
}
