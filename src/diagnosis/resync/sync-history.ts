/** What a master's INFO and CLIENT LIST show over time about the full resyncs of its replicas. */
import { isTool, type ListedReplica, phaseOf } from '../../protocol/info/replicas.ts'
import { numberField, type ServerInfo } from '../../protocol/info/server-info.ts'

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
  /** The age of its last ACK when it was listed for the last time. */
  ackAgeSeconds?: number
}

/** The counters of INFO at one moment. A counter that the server does not print is absent. */
export interface SyncCounters {
  readonly at: number
  readonly offset: number
  readonly full?: number
  readonly partialErrors?: number
  readonly forks?: number
}

/** The output buffer of one replica, by CLIENT LIST. */
export interface BufferTrack {
  readonly id: string
  peakBytes: number
  lastBytes: number
  /** How much it grew between its last two samples. */
  growthBytes: number
  lastAt: number
  aboveSoftSince?: number | undefined
  isGone: boolean
}

interface Place {
  entries: number
  syncing: number
  state: string
  ackAgeSeconds: number | undefined
}

export class SyncHistory {
  readonly #places = new Map<string, Place>()
  readonly #buffers = new Map<string, BufferTrack>()
  #syncs: FullSync[] = []
  #counters: SyncCounters[] = []
  #toolSyncs = 0
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
    this.#count(server, offset, at)
    const names = new Set([...this.#places.keys(), ...server.replicas.map(nameOf)])
    for (const name of names) {
      const listed = server.replicas.filter((replica) => nameOf(replica) === name)
      this.#placeSeen(name, listed, offset, at, isFirst)
    }
    this.#syncs = this.#syncs.filter(({ startedAt }) => at - startedAt < WINDOW_MS)
  }

  /** @param clients the entries of CLIENT LIST that are replicas, tools excluded @param softBytes 0 for no limit */
  sawBuffers(clients: readonly { readonly id: string; readonly bytes: number }[], softBytes: number, at: number): void {
    for (const buffer of this.#buffers.values()) buffer.isGone = !clients.some(({ id }) => id === buffer.id)
    for (const { id, bytes } of clients) {
      const known = this.#buffers.get(id)
      const isAbove = softBytes > 0 && bytes > softBytes
      const aboveSoftSince = isAbove ? (known?.aboveSoftSince ?? at) : undefined
      this.#buffers.set(id, {
        id,
        peakBytes: Math.max(known?.peakBytes ?? 0, bytes),
        growthBytes: Math.max(0, bytes - (known?.lastBytes ?? bytes)),
        lastBytes: bytes,
        lastAt: at,
        aboveSoftSince,
        isGone: false,
      })
    }
    for (const [id, { lastAt }] of this.#buffers) if (at - lastAt > WINDOW_MS) this.#buffers.delete(id)
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
    return [...this.#buffers.values()]
  }

  /** The first and the last counters of the window; undefined before the first answer. */
  get counters(): { readonly first: SyncCounters; readonly last: SyncCounters } | undefined {
    const [first, last] = [this.#counters[0], this.#counters.at(-1)]
    return first && last && { first, last }
  }

  /** Full resyncs of tools, such as a dump by redis-repl: no part of a loop. */
  get toolSyncs(): number {
    return this.#toolSyncs
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

  /** A restarted server counts from zero, so everything before is another story. */
  #count(server: ServerInfo, offset: number, at: number): void {
    const [full, partialErrors, forks] = ['sync_full', 'sync_partial_err', 'total_forks'].map((name) => numberField(server, name))
    const last = this.#counters.at(-1)
    if (last?.full !== undefined && full !== undefined && full < last.full) this.#counters = []
    const counters = { at, offset, ...(full !== undefined && { full }), ...(partialErrors !== undefined && { partialErrors }) }
    // Most answers repeat the counters of the one before.
    if (this.#counters.length > 1 && last && last.full === full && last.partialErrors === partialErrors && last.forks === forks)
      this.#counters.pop()
    this.#counters.push({ ...counters, ...(forks !== undefined && { forks }) })
    while (this.#counters.length > 2 && at - (this.#counters[1]?.at ?? at) > WINDOW_MS) this.#counters.shift()
  }

  #placeSeen(name: string, listed: readonly ListedReplica[], offset: number, at: number, isFirst: boolean): void {
    const before = this.#places.get(name) ?? { entries: 0, syncing: 0, state: '', ackAgeSeconds: undefined }
    const [only] = listed
    const after = {
      entries: listed.length,
      syncing: listed.filter((one) => phaseOf(one) === 'syncing').length,
      state: only?.state ?? '',
      ackAgeSeconds: only?.ackAgeSeconds ?? before.ackAgeSeconds,
    }
    this.#places.set(name, after)
    const isTooling = only ? isTool(only) : isToolName(name)
    // Between two looks it was cut and came back: its state is an earlier one than before.
    const isBack = before.entries === 1 && after.entries === 1 && rank(after.state) < rank(before.state)
    const begun = Math.max(after.syncing - before.syncing, isBack && after.syncing > 0 ? 1 : 0)
    if (isTooling) this.#toolSyncs += isFirst ? 0 : Math.max(0, begun)
    else {
      this.#endSyncs(name, before, after, isBack, offset, at)
      for (let count = 0; count < begun; count++) this.#syncs.push({ replica: name, startedAt: at, startOffset: offset, isWhole: !isFirst })
    }
    if (after.entries === 0 && isTooling) this.#places.delete(name)
  }

  #endSyncs(name: string, before: Place, after: Place, isBack: boolean, offset: number, at: number): void {
    const mine = this.#syncs.filter(({ replica }) => replica === name)
    const hasLeft = isBack || after.entries < before.entries
    const ended = Math.max(before.syncing - after.syncing, isBack && before.syncing > 0 ? 1 : 0)
    const isMet = !hasLeft
    for (const sync of mine.filter((one) => !one.ended).slice(0, Math.max(0, ended))) sync.ended = { at, offset, isMet }
    if (hasLeft && before.syncing > 0) this.#hasCut = true
    const met = mine.findLast((one) => one.ended?.isMet && one.ended.onlineUntil === undefined)?.ended
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
