/** `tail --cluster`: every shard's stream in one output, with one checkpoint, while the shards change under it. */
import { join } from 'node:path'
import type { Start } from '../../engine/follow/start.ts'
import type { Strand } from '../../engine/follow/strand.ts'
import { ReplError, replErrorOf, usageError } from '../../errors.ts'
import { sleep } from '../../io/clock.ts'
import { makeFolder } from '../../io/sinks/rdb-file.ts'
import { clusterRecord, readClusterState, type SavedShard } from '../../io/sinks/state-file.ts'
import { missingSlots, ownsShard, type Shard, type SlotRange, sameNodes, slotMoves } from '../../protocol/cluster/cluster-map.ts'
import { printable } from '../../render/base/printable.ts'
import type { ShardChange } from '../../render/tail/notes.ts'
import { jsonLine } from '../../render/trace/report.ts'
import type { Cluster } from '../../topology/cluster.ts'
import { ShardSource } from '../../topology/shard-source.ts'
import { findShards } from '../shards.ts'
import { firstStart, placeOf } from './flags.ts'
import { type Followed, savedState, type TailSession } from './session.ts'
import { formatName } from './view.ts'

const LOOK_EVERY_MS = 1000

interface Followee {
  /** Its name in the output: the id of the node that was its master when it was seen first. */
  readonly name: string
  readonly source: ShardSource
  readonly strand: Strand
  readonly over: Promise<void>
  /** Where it began, until it has a place of its own. */
  readonly saved: SavedShard | undefined
  slots: readonly SlotRange[]
}

export class ShardTails implements Followed {
  readonly #session: TailSession
  readonly #saved: readonly SavedShard[] | undefined
  readonly #first: Start
  readonly #shards = new Map<string, Followee>()
  /** Those that hold no slots any more. */
  readonly #left: Followee[] = []
  /** Of what all have together, each has one of so many parts. */
  #parts = 1
  /** The newest map. */
  #seen: readonly Shard[] = []
  readonly #end = new AbortController()

  private constructor(session: TailSession, saved: readonly SavedShard[] | undefined, first: Start) {
    this.#session = session
    this.#saved = saved
    this.#first = first
  }

  /** Contacts nobody. @throws ReplError USAGE */
  static async open(session: TailSession): Promise<ShardTails> {
    const { flags } = session.run
    if (formatName(flags) === 'resp') throw usageError('--format resp names no shard: follow each master by itself, without --cluster')
    const saved = flags.state === undefined ? undefined : await readClusterState(flags.state)
    const first = firstStart(flags)
    if (first.kind === 'position')
      throw usageError('--from ID:OFFSET is of one history: with --cluster, --state keeps the place of each shard')
    if (flags.rdb !== undefined) await makeFolder(flags.rdb)
    return new ShardTails(session, saved, first)
  }

  get strands(): readonly Strand[] {
    return this.#all.map(({ strand }) => strand)
  }

  state(): object | undefined {
    const shards = [...this.#shards.values()].flatMap(({ name, source, saved, strand: { passed } }): SavedShard[] => {
      if (passed) return [{ shard: name, nodes: [...source.nodes], ...savedState(passed) }]
      return saved ? [saved] : []
    })
    return shards.length === 0 ? undefined : clusterRecord(shards)
  }

  goOn(): string {
    const { state } = this.#session.run.flags
    return state === undefined ? 'nothing; --state FILE would have kept the places' : `the same command (the places are in ${state})`
  }

  async run(): Promise<void> {
    const { connection } = this.#session.run
    const { cluster, shards } = await findShards(connection, this.#session.signal)
    connection.source.close?.()
    this.#parts = shards.length
    this.#seen = shards
    try {
      for (const shard of shards) this.#begin(cluster, shard)
      for (const gone of (this.#saved ?? []).filter(({ shard }) => !this.#shards.has(shard))) this.#tell({ type: 'gone', ...gone })
      await this.#tellMap()
      void this.#watch(cluster)
      await new Promise<void>((resolve, reject) => {
        const { signal } = this.#end
        const settle = () => (signal.reason instanceof ReplError ? reject(signal.reason) : resolve())
        if (signal.aborted) settle()
        else signal.addEventListener('abort', settle)
      })
    } finally {
      for (const { strand } of this.#all) strand.stop()
      await Promise.allSettled(this.#all.map(({ over }) => over))
      cluster.close()
    }
  }

  get #all(): readonly Followee[] {
    return [...this.#shards.values(), ...this.#left]
  }

  #begin(cluster: Cluster, shard: Shard, isNew = false): void {
    const { run } = this.#session
    const saved = this.#placeOf(shard)
    // What came while nobody looked is still in the backlog, or it is a gap.
    const start = saved ? placeOf(saved) : isNew || this.#saved ? ({ kind: 'backlog' } as const) : this.#first
    const source = new ShardSource(cluster, shard)
    const name = saved?.shard ?? shard.master?.id ?? ''
    const rdb = run.flags.rdb === undefined ? undefined : join(run.flags.rdb, `${name}.rdb`)
    const text = run.text?.ofShard(() => source.name)
    const strand = this.#session.spin(run.connection.preferring(source), start, { of: this.#parts, rdb }, (event) => text?.show(event), {
      shard: name,
      server: '',
    })
    const over = strand.run()
    const followee = { name, source, strand, over, saved, slots: shard.slots }
    this.#shards.set(name, followee)
    over.then(
      () => this.#left.includes(followee) || this.#end.abort(),
      (error) => this.#end.abort(replErrorOf(error)),
    )
  }

  /** Where it was left: in this run, or else by an earlier one. */
  #placeOf(shard: Shard): SavedShard | undefined {
    const left = this.#left.findLast(({ source, strand }) => strand.passed && ownsShard(shard, source.nodes))
    if (left?.strand.passed) return { shard: left.name, nodes: [...left.source.nodes], ...savedState(left.strand.passed) }
    const free = (this.#saved ?? []).filter(({ shard: name }) => !this.#shards.has(name))
    const isOwn = ({ nodes }: SavedShard, one: Shard) => ownsShard(one, new Set(nodes))
    // After a long time only a replica may be known; but one of a shard that lost its slots is now that of another.
    const isKin = (one: SavedShard) => sameNodes(shard, new Set(one.nodes)) && !this.#seen.some((seen) => isOwn(one, seen))
    return free.find((one) => isOwn(one, shard)) ?? free.find(isKin)
  }

  /** Until the end; a cluster that cannot be asked now is one that has not changed. */
  async #watch(cluster: Cluster): Promise<void> {
    const over = AbortSignal.any([this.#session.signal, this.#end.signal])
    while (!over.aborted) {
      await sleep(LOOK_EVERY_MS, over).catch(() => undefined)
      const shards = await cluster.look().catch(() => undefined)
      if (shards && !over.aborted) await this.#compare(cluster, shards).catch((error) => this.#end.abort(replErrorOf(error)))
    }
  }

  async #compare(cluster: Cluster, seen: readonly Shard[]): Promise<void> {
    this.#seen = seen
    const before = this.#map()
    const found = new Set<Followee>()
    for (const shard of seen) {
      const known = [...this.#shards.values()].find(({ source }) => ownsShard(shard, source.nodes))
      if (known) known.slots = shard.slots
      else if (shard.master) this.#begin(cluster, shard, true)
      if (known) found.add(known)
    }
    // A shard that is down is no longer there to be seen either; its slots are then served by nobody.
    const gone = missingSlots(seen) > 0 ? [] : [...this.#shards.values()].filter((one) => before.has(one.name) && !found.has(one))
    for (const one of gone) this.#leave(one)
    const moves = slotMoves(before, this.#map())
    if (moves.length === 0) return
    const serverOf = (name: string | undefined) => this.#all.find((one) => one.name === name)?.source.name
    for (const { slots, from, to } of moves) this.#tell({ type: 'moved', slots, from: serverOf(from), to: serverOf(to) })
    for (const { strand, source } of gone) this.#tell({ type: 'left', server: source.name, offset: strand.passed?.place.offset })
    await this.#tellMap()
  }

  #leave(one: Followee): void {
    this.#shards.delete(one.name)
    this.#left.push(one)
    one.slots = []
    one.strand.leave()
  }

  #map(): ReadonlyMap<string, readonly SlotRange[]> {
    return new Map([...this.#shards.values()].map(({ name, slots }) => [name, slots]))
  }

  #tell(change: ShardChange): void {
    this.#session.run.text?.shardChange(change)
  }

  /** For programs, in the output itself. */
  async #tellMap(): Promise<void> {
    if (formatName(this.#session.run.flags) !== 'json' || this.#session.run.flags.stats) return
    const shards = [...this.#shards.values()].map(({ name, source, slots }) => ({ shard: name, server: printable(source.name), slots }))
    await this.#session.write(jsonLine({ type: 'shards', schema: 'redis-repl/tail/1', shards }))
  }
}
