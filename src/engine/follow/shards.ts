/** Follows every shard of a cluster at once, while shards come, go and change their slots and masters. */
import { ignoreFailure, ReplError, replErrorOf } from '../../errors.ts'
import { sleep } from '../../io/clock.ts'
import { onAbort } from '../../io/on-abort.ts'
import { missingSlots, ownsShard, type Shard, type SlotRange, sameNodes, slotMoves } from '../../protocol/cluster/cluster-map.ts'
import type { Source } from '../ask/source.ts'
import type { ShardPosition } from './checkpoint.ts'
import type { ShardChange } from './events.ts'
import type { HistoryPipeline } from './pipeline.ts'
import type { Start } from './start.ts'

const LOOK_EVERY_MS = 1000

/** A source that leads to the master of one shard, whichever node that is by now. */
export interface ShardSource extends Source {
  /** The ids of its nodes: they stay the same when the master does not. */
  readonly nodes: ReadonlySet<string>
}

/** The map of a cluster, and how its shards are reached. */
interface ShardMap {
  look(): Promise<readonly Shard[]>
  source(shard: Shard): ShardSource
}

export interface ShardsOptions {
  readonly map: ShardMap
  /** As they are seen first. */
  readonly shards: readonly Shard[]
  /** Where an earlier run ended. */
  readonly saved: readonly ShardPosition[] | undefined
  /** Where a shard that was never followed begins. */
  readonly first: Start
  /** @param parts of what all shards have together, each has one of so many parts */
  readonly open: (source: ShardSource, start: Start, shard: string, parts: number) => HistoryPipeline
  readonly changed: (change: ShardChange) => void
  /** Which shard serves which slots, at the beginning and after each change. */
  readonly mapped: (shards: readonly ServedSlots[]) => Promise<void>
}

export interface ServedSlots {
  readonly shard: string
  readonly server: string
  readonly slots: readonly SlotRange[]
}

interface FollowedShard {
  /** Its name in the output: the id of the node that was its master when it was seen first. */
  readonly name: string
  readonly source: ShardSource
  readonly pipeline: HistoryPipeline
  readonly over: Promise<void>
  /** Where it began, until it has a position of its own. */
  readonly saved: ShardPosition | undefined
  slots: readonly SlotRange[]
}

export class ShardsFollower {
  readonly #options: ShardsOptions
  readonly #signal: AbortSignal
  readonly #shards = new Map<string, FollowedShard>()
  /** Those that hold no slots any more. */
  readonly #left: FollowedShard[] = []
  /** The newest map. */
  #seen: readonly Shard[]
  readonly #end = new AbortController()

  constructor(options: ShardsOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#seen = options.shards
  }

  /** All there have been. */
  get pipelines(): readonly HistoryPipeline[] {
    return this.#all.map(({ pipeline }) => pipeline)
  }

  /** How far each shard is; empty while nothing is known. */
  get positions(): readonly ShardPosition[] {
    return [...this.#shards.values()].flatMap((shard) => positionOf(shard) ?? shard.saved ?? [])
  }

  /** Returns when it was stopped, or when one of the views has seen enough. @throws ReplError of the first shard that fails */
  async run(): Promise<void> {
    const { shards, saved = [], changed } = this.#options
    try {
      for (const shard of shards) this.#begin(shard)
      const gone = saved.filter(({ shard }) => !this.#shards.has(shard))
      for (const { shard, position } of gone) changed({ type: 'gone', shard, offset: position.offset })
      await this.#reportMap()
      void this.#watch()
      await this.#ended()
    } finally {
      this.#end.abort('ended')
      for (const { pipeline } of this.#all) pipeline.stop()
      await Promise.allSettled(this.#all.map(({ over }) => over))
    }
  }

  async #ended(): Promise<void> {
    const { signal } = this.#end
    await new Promise<void>((resolve) => void onAbort(signal, resolve))
    if (signal.reason instanceof ReplError) throw signal.reason
  }

  get #all(): readonly FollowedShard[] {
    return [...this.#shards.values(), ...this.#left]
  }

  #begin(shard: Shard, isNew = false): void {
    const { map, open, shards, saved: earlier, first } = this.#options
    const saved = this.#savedOf(shard)
    // What was written while the shard was not followed is still in the backlog, or it is a gap.
    const otherwise: Start = isNew || earlier ? { kind: 'backlog' } : first
    const start: Start = saved ? { kind: 'resume', position: saved.position } : otherwise
    const source = map.source(shard)
    const name = saved?.shard ?? shard.master?.id ?? ''
    const pipeline = open(source, start, name, shards.length)
    const over = pipeline.run()
    const followed = { name, source, pipeline, over, saved, slots: shard.slots }
    this.#shards.set(name, followed)
    over.then(
      () => this.#left.includes(followed) || this.#end.abort('ended'),
      (error) => this.#end.abort(replErrorOf(error)),
    )
  }

  /** Where it was left: in this run, or else by an earlier one. */
  #savedOf(shard: Shard): ShardPosition | undefined {
    const left = this.#left.findLast((one) => one.pipeline.progress && ownsShard(shard, one.source.nodes))
    if (left) return positionOf(left)
    const free = (this.#options.saved ?? []).filter(({ shard: name }) => !this.#shards.has(name))
    const isOwn = ({ nodes }: ShardPosition, one: Shard) => ownsShard(one, new Set(nodes))
    // After a long time only a replica may be known; but one of a shard that lost its slots now belongs to another.
    const isKin = (one: ShardPosition) => sameNodes(shard, new Set(one.nodes)) && !this.#seen.some((seen) => isOwn(one, seen))
    return free.find((one) => isOwn(one, shard)) ?? free.find(isKin)
  }

  /** Until the end. A cluster that cannot be asked now counts as unchanged. */
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
    this.#seen = seen
    const before = this.#slots()
    const found = new Set<FollowedShard>()
    for (const shard of seen) {
      const known = [...this.#shards.values()].find(({ source }) => ownsShard(shard, source.nodes))
      if (known) known.slots = shard.slots
      else if (shard.master) this.#begin(shard, true)
      if (known) found.add(known)
    }
    // A shard that is down is missing from the map too, but its slots are then served by no other.
    const gone = missingSlots(seen) > 0 ? [] : [...this.#shards.values()].filter((one) => before.has(one.name) && !found.has(one))
    for (const one of gone) this.#leave(one)
    const moves = slotMoves(before, this.#slots())
    if (moves.length === 0) return
    const { changed } = this.#options
    const serverOf = (name: string | undefined) => this.#all.find((one) => one.name === name)?.source.name
    for (const { slots, from, to } of moves) changed({ type: 'moved', slots, from: serverOf(from), to: serverOf(to) })
    for (const { pipeline, source } of gone) changed({ type: 'left', server: source.name, offset: pipeline.progress?.position.offset })
    await this.#reportMap()
  }

  #leave(one: FollowedShard): void {
    this.#shards.delete(one.name)
    this.#left.push(one)
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
