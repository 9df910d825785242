/**
 * Follows a history over any number of links: what a link receives goes into the spool, and when it breaks the next one asks
 * for the byte behind. Only what is asked for ever forks a server, and a gap is an error or a record, never silence.
 */
import type { Position } from '../../diagnosis/psync/forecast.ts'
import { ReplError } from '../../errors.ts'
import type { Verdict } from '../../handshake/machine.ts'
import { now, sleep, wallClock } from '../../io/clock.ts'
import { onAbort } from '../../io/on-abort.ts'
import type { Spool } from '../../io/spool.ts'
import type { History } from '../../protocol/info/server-facts.ts'
import type { Place } from '../../protocol/stream/stream-state.ts'
import type { ForecastEvent, ReplEvent, StreamChunkEvent, VerdictEvent } from '../events.ts'
import type { AckMode, Heartbeat } from '../link/heartbeat.ts'
import type { ReplicaOptions } from '../options.ts'
import { replicateFrom, type Source } from '../source.ts'
import { replicateInto, type Store, type StoredEvent } from '../store.ts'
import { Backoff, type RetryPolicy } from './backoff.ts'
import type { AttachedMark, LinkDownEvent, PlaceMark, SpoolFullEvent, StreamMark } from './follow-events.ts'
import { ForkLeave } from './fork-permit.ts'
import { type GapOptions, GapRules, type Rewind, type Unserved } from './gap-rules.ts'
import { type Aim, aimAt, resumeAt, type Start } from './start.ts'

export interface FollowOptions extends GapOptions, Pick<ReplicaOptions, 'announce' | 'allowFork' | 'maxRate'> {
  readonly source: Source
  readonly start: Start
  readonly ack: AckMode
  /** When the spool is full: leave the rest with the master, end, or leave the master and come back when there is room. */
  readonly onFull: 'block' | 'stop' | 'drop'
  readonly spoolBytes: number
  readonly retry: RetryPolicy
  /** Where the payload of a full resync goes. */
  readonly rdb: () => Promise<Store>
}

export type Told = ReplEvent | StoredEvent | PlaceMark | SpoolFullEvent | LinkDownEvent

/** May be over at the next attempt. */
const PASSING: readonly string[] = ['LINK_LOST', 'MASTER_UNREACHABLE', 'TIMEOUT', 'TRY_LATER']

/** The spool is full and the link was left for it. */
class Left extends Error {}

export class Follower {
  readonly #options: FollowOptions
  readonly #spool: Spool<StreamMark>
  readonly #tell: (event: Told) => void
  readonly #signal: AbortSignal
  readonly #backoff: Backoff
  readonly #forkLeave = new ForkLeave()
  readonly #rules: GapRules
  #start: Start
  #hasFollowed = false
  /** The renamed PSYNC was answered as PSYNC is. */
  #isProven = false
  /** The last byte that is in the spool. */
  #received: Position | undefined
  /** Told once, until there is room again. */
  #isFull = false
  #heartbeat: Heartbeat | undefined
  #server = ''
  /** What this link has told so far. */
  #aim: Aim | undefined
  #forecast: ForecastEvent | undefined
  #verdict: VerdictEvent | undefined
  #noInfo: ReplError | undefined

  constructor(options: FollowOptions, spool: Spool<StreamMark>, tell: (event: Told) => void, signal: AbortSignal) {
    this.#options = options
    this.#spool = spool
    this.#tell = tell
    this.#signal = signal
    this.#start = options.start
    this.#backoff = new Backoff(options.retry)
    this.#rules = new GapRules(options)
  }

  /** Ends the spool when there is nothing more to follow; the reason is thrown to whoever takes from it. */
  async run(): Promise<void> {
    try {
      while (!this.#signal.aborted) await this.#live()
      this.#spool.end()
    } catch (error) {
      this.#spool.end(error instanceof ReplError ? error.with({ endpoint: this.#options.source.name }) : error)
    }
  }

  /** Whether there was a stream, if only an empty one. */
  get hasFollowed(): boolean {
    return this.#hasFollowed
  }

  /** What has reached the output, for an honest ACK. */
  delivered(offset: number): void {
    this.#heartbeat?.delivered(offset)
  }

  /** One link, from its connection to its end. Returns when there is a reason to try again. @throws ReplError */
  async #live(): Promise<void> {
    this.#aim = this.#forecast = this.#verdict = this.#noInfo = undefined
    try {
      for await (const batch of await this.#batches()) {
        for (const event of batch) await this.#handle(event)
      }
    } catch (error) {
      return await this.#retry(error)
    } finally {
      this.#heartbeat = undefined
    }
    await this.#bridge()
  }

  async #batches() {
    const { source, announce, renamed, ack, allowFork = false, maxRate } = this.#options
    const isSnapshot = this.#start.kind === 'snapshot'
    // Not to come back to what was followed: a gap would be hidden behind the fork.
    const mayFork = this.#forkLeave.take(isSnapshot || (allowFork && (!this.#hasFollowed || this.#rules.gap !== undefined)))
    if (isSnapshot && !mayFork) throw this.#rules.error(this.#unserved, 'LOST')
    const manners = {
      announce,
      ack,
      ...(renamed && { renamed: { ...renamed, isProven: this.#isProven } }),
      ...(maxRate !== undefined && { maxRate }),
      goal: isSnapshot ? 'snapshot' : 'stream',
      allowFork: mayFork,
      choose: (history: History) => {
        this.#aim = aimAt(this.#start, history, this.#rules.room)
        return this.#aim?.position
      },
    } as const
    if (!isSnapshot) return replicateFrom(source, manners, this.#signal)
    return replicateInto(await this.#options.rdb(), source, manners, this.#signal)
  }

  async #handle(event: ReplEvent | StoredEvent): Promise<void> {
    if (event.type === 'stream-chunk') return await this.#store(event)
    this.#tell(event)
    if (event.type === 'connected') this.#server = event.remote
    if (event.type === 'forecast') this.#forecast = event
    if (event.type === 'warning' && event.code === 'NO_INFO') this.#noInfo = event.cause
    if (event.type === 'verdict') this.#judged(event)
    if (event.type === 'following') this.#attached(event.heartbeat)
  }

  #judged(event: VerdictEvent): void {
    const { kind } = event.verdict
    this.#verdict = event
    this.#isProven ||= kind === 'continue' || kind === 'full'
    if (kind === 'continue') this.#forkLeave.giveBack()
  }

  #attached(heartbeat: Heartbeat): void {
    this.#heartbeat = heartbeat
    const { replid, offset } = positionOf(this.#verdict?.verdict)
    const before = this.#received
    const gap = this.#rules.attached()
    this.#received = { replid, offset }
    this.#hasFollowed = true
    if (before && !gap && this.#start.kind === 'place' && this.#start.place.offset === before.offset) {
      this.#mark({ type: 'resumed', ...this.#served(), replid, offset, was: before.replid })
    } else {
      const begin = this.#beginning(replid, offset)
      if (gap) this.#mark({ type: 'gap', ...this.#served(), ...gap, to: { replid, offset: begin.shownBehind } })
      this.#mark(begin)
    }
    this.#start = resumeAt(this.#received)
  }

  #beginning(replid: string, offset: number): AttachedMark {
    const { shownBehind = offset, mayCut = false } = this.#verdict?.verdict.kind === 'continue' ? (this.#aim ?? {}) : {}
    const live = this.#forecast?.history.offset ?? offset
    const start = this.#start
    return {
      type: 'attached',
      ...this.#served(),
      replid,
      offset,
      shownBehind,
      ...(mayCut && live > offset && { boundary: live }),
      ...(start.kind === 'place' && { db: start.place.db, transaction: start.place.transaction }),
    }
  }

  #served() {
    return { at: now(), server: this.#server }
  }

  #mark(mark: PlaceMark): void {
    this.#tell(mark)
    this.#spool.mark(mark)
  }

  async #store({ data, offset }: StreamChunkEvent): Promise<void> {
    const at = wallClock().getTime()
    while (!(await this.#spool.push(data, at))) await this.#full(data.length)
    if (this.#spool.bytes < this.#options.spoolBytes / 2) this.#isFull = false
    // A server that takes us in and lets us go at once shall not be asked five times a second.
    this.#backoff.reset()
    this.#forkLeave.earn()
    if (this.#received) this.#received = { replid: this.#received.replid, offset }
  }

  async #full(bytes: number): Promise<void> {
    const { onFull } = this.#options
    if (!this.#isFull) this.#tell({ type: 'spool-full', at: now(), bytes: this.#spool.bytes, onFull })
    this.#isFull = true
    if (onFull === 'stop') throw new ReplError('OUTPUT_FAILED', { reason: 'SPOOL_FULL', bytes: this.#spool.bytes })
    if (onFull === 'drop') throw new Left()
    await this.#spool.drainedTo(Math.max(0, this.#spool.bytes - bytes))
    this.#signal.throwIfAborted()
  }

  /** @throws what is no matter of trying again */
  async #retry(error: unknown): Promise<void> {
    const received = this.#received
    if (error instanceof Left) {
      await this.#spool.drainedTo(this.#options.spoolBytes / 2)
    } else {
      if (!(error instanceof ReplError) || !this.#hasFollowed || !PASSING.includes(error.code)) throw error
      // Whatever forks is never tried a second time by itself.
      if (this.#start.kind === 'snapshot') throw error
      const retryMs = this.#backoff.next(now())
      if (retryMs === undefined) throw error
      this.#tell({ type: 'link-down', at: now(), error, retryMs })
      await sleep(retryMs, this.#signal)
    }
    if (received && !this.#rules.gap) this.#start = resumeAt(received)
  }

  /** @throws ReplError GAP, or why there is nothing to follow */
  async #bridge(): Promise<void> {
    const step = this.#rules.next(this.#unserved)
    if (step.kind === 'later') await this.#retry(step.error)
    if (step.kind === 'rewind') await this.#rewind(step)
    if (step.kind === 'elsewhere') this.#start = step.start
  }

  get #unserved(): Unserved {
    return {
      stopped: this.#verdict?.stopped,
      forecast: this.#forecast,
      noInfo: this.#noInfo,
      start: this.#start,
      received: this.#received,
    }
  }

  async #rewind({ replid, fork }: Rewind): Promise<void> {
    const shown = this.#received && (await this.#settled())
    if (shown && shown.offset <= fork) {
      this.#start = { kind: 'place', replid, place: shown }
      this.#received = undefined
    } else this.#start = this.#rules.lost(this.#unserved, 'DIVERGED', { replid, offset: fork }).start
  }

  /** What whoever takes from the spool has done with, when it has come to the end. */
  async #settled(): Promise<Place | undefined> {
    if (this.#signal.aborted) return undefined
    return await new Promise((resolve) => {
      const forget = onAbort(this.#signal, () => resolve(undefined))
      const settled = (place: Place) => {
        forget()
        resolve(place)
      }
      this.#spool.mark({ type: 'settle', resolve: settled })
    })
  }
}

function positionOf(verdict: Verdict | undefined): Position {
  if (verdict?.kind === 'continue' || verdict?.kind === 'full') return { replid: verdict.replid, offset: verdict.offset }
  throw new ReplError('PROTOCOL', { reason: 'PSYNC_REPLY', reply: verdict?.kind ?? '' })
}
