/** Follows all shards of a cluster at once, while shards appear, disappear, move slots and fail over. */
import { ignoreFailure, ReplError, replErrorOf } from '../../errors.ts'
import { sleep } from '../../io/clock.ts'
import { onAbort } from '../../io/on-abort.ts'
import { missingSlots, ownsShard, type Shard, type SlotRange, sharesNode, slotMoves } from '../../protocol/cluster/cluster-map.ts'
import type { Source } from '../ask/source.ts'
import type { ShardPosition } from './checkpoint.ts'
import type { ShardChange } from './events.ts'
import type { HistoryPipeline } from './pipeline.ts'
import type { Start } from './start.ts'

const LOOK_EVERY_MS = 1000

/** A source that finds the current master of one shard. */
export interface ShardSource extends Source {
  /** The ids of its nodes, which survive a failover. */
  readonly nodes: ReadonlySet<string>
}

/** The map of a cluster, and a source for each shard. */
interface ShardMap {
  look(): Promise<readonly Shard[]>
  source(shard: Shard): ShardSource
}

export interface ShardsOptions {
  readonly map: ShardMap
  /** The shards at the start. */
  readonly shards: readonly Shard[]
  /** The checkpoint of an earlier run. */
  readonly saved: readonly ShardPosition[] | undefined
  /** Where shards begin that no earlier run followed. */
  readonly first: Start
  /** @param parts the shared limits (spool, rate) are split into this many parts */
  readonly open: (source: ShardSource, start: Start, shard: string, parts: number) => HistoryPipeline
  readonly changed: (change: ShardChange) => void
  /** Gets the slots of each shard, at the start and after each change. */
  readonly mapped: (shards: readonly ServedSlots[]) => Promise<void>
}

export interface ServedSlots {
  readonly shard: string
  readonly server: string
  readonly slots: readonly SlotRange[]
}

interface FollowedShard {
  /** Its name in the output: the id of its master when it was first seen. */
  readonly name: string
  readonly source: ShardSource
  readonly pipeline: HistoryPipeline
  readonly over: Promise<void>
  /** Its position until it makes progress. */
  readonly saved: ShardPosition | undefined
  slots: readonly SlotRange[]
}

export class ShardsFollower {
  readonly #options: ShardsOptions
  readonly #signal: AbortSignal
  readonly #shards = new Map<string, FollowedShard>()
  /** Shards without slots, which are no longer followed. */
  readonly #former: FollowedShard[] = []
  #newestMap: readonly Shard[]
  readonly #end = new AbortController()

  constructor(options: ShardsOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#newestMap = options.shards
  }

  /** Of all shards, former ones included. */
  get pipelines(): readonly HistoryPipeline[] {
    return this.#all.map(({ pipeline }) => pipeline)
  }

  /** The position of each shard; shards without a known position are left out. */
  get positions(): readonly ShardPosition[] {
    return [...this.#shards.values()].flatMap((shard) => positionOf(shard) ?? shard.saved ?? [])
  }

  /** Returns when stopped, or when one of the views is done. @throws ReplError of the first shard that fails */
  async run(): Promise<void> {
    const { shards, saved = [], changed } = this.#options
    try {
      for (const shard of shards) this.#begin(shard)
      const gone = saved.filter(({ shard }) => !this.#shards.has(shard))
      for (const { shard, position } of gone) changed({ type: 'gone', shard, offset: position.offset })
      await this.#reportMap()
      void this.#watch()
      await this.#untilEnd()
    } finally {
      this.#end.abort('ended')
      for (const { pipeline } of this.#all) pipeline.stop()
      await Promise.allSettled(this.#all.map(({ over }) => over))
    }
  }

  async #untilEnd(): Promise<void> {
    const { signal } = this.#end
    await new Promise<void>((resolve) => void onAbort(signal, resolve))
    if (signal.reason instanceof ReplError) throw signal.reason
  }

  get #all(): readonly FollowedShard[] {
    return [...this.#shards.values(), ...this.#former]
  }

  #begin(shard: Shard, isNew = false): void {
    const { map, open, shards, saved: earlier, first } = this.#options
    const saved = this.#savedOf(shard)
    // Writes made while the shard was not followed are still in its backlog, or they are a gap.
    const fallback: Start = isNew || earlier ? { kind: 'backlog' } : first
    const start: Start = saved ? { kind: 'resume', position: saved.position } : fallback
    const source = map.source(shard)
    const name = saved?.shard ?? shard.master?.id ?? ''
    const pipeline = open(source, start, name, shards.length)
    const over = pipeline.run()
    const followed = { name, source, pipeline, over, saved, slots: shard.slots }
    this.#shards.set(name, followed)
    over.then(
      () => this.#former.includes(followed) || this.#end.abort('ended'),
      (error) => this.#end.abort(replErrorOf(error)),
    )
  }

  /** The last position of the shard: from this run, or else from the checkpoint of an earlier one. */
  #savedOf(shard: Shard): ShardPosition | undefined {
    const left = this.#former.findLast((one) => one.pipeline.progress && ownsShard(shard, one.source.nodes))
    if (left) return positionOf(left)
    const unclaimed = (this.#options.saved ?? []).filter(({ shard: name }) => !this.#shards.has(name))
    const isOwn = ({ nodes }: ShardPosition, one: Shard) => ownsShard(one, new Set(nodes))
    // Long after a checkpoint only a replica may match. But the replica may belong to another shard by now.
    const isKin = (one: ShardPosition) => sharesNode(shard, new Set(one.nodes)) && !this.#newestMap.some((seen) => isOwn(one, seen))
    return unclaimed.find((one) => isOwn(one, shard)) ?? unclaimed.find(isKin)
  }

  /** Watches the map until the end. A cluster that cannot be queried counts as unchanged. */
  async #watch(): Promise<void> {
    const over = AbortSignal.any([this.#signal, this.#end.signal])
    try {
      for (;;) {
        await sleep(LOOK_EVERY_MS, over)
        const seen = await this.#options.map.look().catch(ignoreFailure)
        if (seen && !over.aborted) await this.#compare(seen)
      }
    } catch (error) {
      if (!over.aborted) this.#end.abort(replErrorOf(error))
    }
  }

  async #compare(seen: readonly Shard[]): Promise<void> {
    this.#newestMap = seen
    const before = this.#slots()
    const found = new Set<FollowedShard>()
    for (const shard of seen) {
      const known = [...this.#shards.values()].find(({ source }) => ownsShard(shard, source.nodes))
      if (known) known.slots = shard.slots
      else if (shard.master) this.#begin(shard, true)
      if (known) found.add(known)
    }
    // A shard that is down also disappears from the map, but then no other shard serves its slots.
    const gone = missingSlots(seen) > 0 ? [] : [...this.#shards.values()].filter((one) => before.has(one.name) && !found.has(one))
    for (const one of gone) this.#stopFollowing(one)
    const moves = slotMoves(before, this.#slots())
    if (moves.length === 0) return
    const { changed } = this.#options
    const serverOf = (name: string | undefined) => this.#all.find((one) => one.name === name)?.source.name
    for (const { slots, from, to } of moves) changed({ type: 'moved', slots, from: serverOf(from), to: serverOf(to) })
    for (const { pipeline, source } of gone) changed({ type: 'left', server: source.name, offset: pipeline.progress?.position.offset })
    await this.#reportMap()
  }

  #stopFollowing(one: FollowedShard): void {
    this.#shards.delete(one.name)
    this.#former.push(one)
    one.slots = []
    one.pipeline.stopReceiving()
  }

  #slots(): ReadonlyMap<string, readonly SlotRange[]> {
    return new Map([...this.#shards.values()].map(({ name, slots }) => [name, slots]))
  }

  async #reportMap(): Promise<void> {
    await this.#options.mapped([...this.#shards.values()].map(({ name, source, slots }) => ({ shard: name, server: source.name, slots })))
  }
}

function positionOf({ name, source, pipeline }: FollowedShard): ShardPosition | undefined {
  return pipeline.progress && { shard: name, nodes: [...source.nodes], position: pipeline.progress.position }
}
