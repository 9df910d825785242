/**
 * Follows a history over any number of links: what a link receives goes into the spool, and when it breaks the next one asks
 * for the byte behind. Only what is asked for ever forks a server, and a gap is an error or a record, never silence.
 */
import type { Position } from '../diagnosis/forecast.ts'
import type { StopReason } from '../diagnosis/verdict.ts'
import { ReplError } from '../errors.ts'
import type { Verdict } from '../handshake/machine.ts'
import { now, sleep, wallClock } from '../io/clock.ts'
import type { Spool } from '../io/spool.ts'
import type { History } from '../protocol/server-facts.ts'
import type { Place } from '../protocol/stream-state.ts'
import { Backoff, type RetryPolicy } from './backoff.ts'
import type { ForecastEvent, ReplEvent, StreamChunkEvent, VerdictEvent } from './events.ts'
import type { AttachedMark, GapReason, LinkDownEvent, PlaceMark, SpoolFullEvent, StreamMark } from './follow-events.ts'
import { ForkLeave } from './fork-leave.ts'
import type { AckMode, Heartbeat } from './heartbeat.ts'
import type { ReplicaOptions } from './options.ts'
import { replicateFrom, type Source } from './source.ts'
import { type Aim, aimAt, type Start } from './start.ts'
import { replicateInto, type Store, type StoredEvent } from './store.ts'

export interface FollowOptions extends Pick<ReplicaOptions, 'announce' | 'renamed' | 'allowFork' | 'maxRate'> {
  readonly source: Source
  readonly start: Start
  readonly ack: AckMode
  /** When the history cannot be continued: end with GAP, go on at the live end, or take a full resync. */
  readonly onGap: 'fail' | 'skip' | 'resync'
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
/** The position was lost, or all but lost, between INFO and PSYNC. */
const RACED: readonly (StopReason | undefined)[] = ['NEAR_EDGE', 'WOULD_FORK']
/** How often it is asked for again then. */
const RACES = 8
const FIRST_ROOM_BYTES = 64 * 1024
/** How long to wait for a server of the same history that is behind us. */
const AHEAD_PATIENCE_MS = 10_000

/** The spool is full and the link was left for it. */
class Left extends Error {}

export class Follower {
  readonly #options: FollowOptions
  readonly #spool: Spool<StreamMark>
  readonly #tell: (event: Told) => void
  readonly #signal: AbortSignal
  readonly #backoff: Backoff
  readonly #forkLeave = new ForkLeave()
  #start: Start
  #room = 0
  #races = 0
  #aheadSince: number | undefined
  #hasFollowed = false
  /** The renamed PSYNC was answered as PSYNC is. */
  #isProven = false
  /** The last byte that is in the spool. */
  #received: Position | undefined
  #gap: { readonly reason: GapReason; readonly from: Position } | undefined
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
    const mayFork = this.#forkLeave.take(isSnapshot || (allowFork && (!this.#hasFollowed || this.#gap !== undefined)))
    if (isSnapshot && !mayFork) throw this.#gapError('LOST')
    const manners = {
      announce,
      ack,
      ...(renamed && { renamed: { ...renamed, isProven: this.#isProven } }),
      ...(maxRate !== undefined && { maxRate }),
      goal: isSnapshot ? 'snapshot' : 'stream',
      allowFork: mayFork,
      choose: (history: History) => {
        this.#aim = aimAt(this.#start, history, this.#room)
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
    this.#races = this.#room = 0
    this.#aheadSince = undefined
    const { replid, offset } = positionOf(this.#verdict?.verdict)
    const before = this.#received
    this.#received = { replid, offset }
    this.#hasFollowed = true
    if (before && !this.#gap && this.#start.kind === 'place' && this.#start.place.offset === before.offset) {
      this.#mark({ type: 'resumed', ...this.#served(), replid, offset, was: before.replid })
    } else {
      const begin = this.#beginning(replid, offset)
      if (this.#gap) this.#mark({ type: 'gap', ...this.#served(), ...this.#gap, to: { replid, offset: begin.shownBehind } })
      this.#mark(begin)
    }
    this.#gap = undefined
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
    if (received && !this.#gap) this.#start = resumeAt(received)
  }

  /** PSYNC was not sent, or was answered by what we did not want. @throws ReplError GAP, or why there is nothing to follow */
  async #bridge(): Promise<void> {
    const reason = this.#verdict?.stopped
    const forecast = this.#forecast?.forecast
    if (forecast?.kind === 'later') return await this.#retry(new ReplError('TRY_LATER', { reason: 'NOT_SERVING', reply: forecast.reason }))
    if (reason === 'NO_INFO' || reason === 'NO_POSITION') {
      return await this.#retry(this.#noInfo ?? new ReplError('NOT_SUPPORTED', { reason: 'NO_POSITION' }))
    }
    if (reason === 'NO_BACKLOG') throw new ReplError('NOT_SUPPORTED', { reason })
    if (reason === 'RENAMED' || reason === 'AS_SYNC') {
      throw new ReplError('NOT_SUPPORTED', { reason, command: this.#options.renamed?.psync ?? 'PSYNC' })
    }
    const isRace = RACED.includes(reason) || this.#start.kind === 'backlog'
    if (isRace && this.#races < RACES) return this.#again()
    if (forecast?.kind === 'full' && forecast.reason === 'PAST_FORK') return await this.#rewind()
    if (forecast?.kind === 'full' && forecast.reason === 'AHEAD' && this.#received) return await this.#waitForIt()
    this.#lost('LOST')
  }

  #again(): void {
    this.#races += 1
    if (this.#start.kind === 'backlog') this.#room = Math.max(FIRST_ROOM_BYTES, this.#room * 2)
  }

  /** A replica that serves the same history and has less of it than we: it may catch up. */
  async #waitForIt(): Promise<void> {
    this.#aheadSince ??= now()
    if (now() - this.#aheadSince > AHEAD_PATIENCE_MS) return this.#lost('LOST')
    await this.#retry(new ReplError('TRY_LATER', { reason: 'BEHIND_US' }))
  }

  /** A promoted replica had received less than we have: what has not been shown can still be taken back. */
  async #rewind(): Promise<void> {
    const fork = (this.#forecast?.history.secondOffset ?? 0) - 1
    const replid = (this.#received ?? this.#forecast?.position)?.replid ?? ''
    const shown = this.#received && (await this.#settled())
    if (shown && shown.offset <= fork) {
      this.#start = { kind: 'place', replid, place: shown }
      this.#received = undefined
      return
    }
    this.#lost('DIVERGED', { replid, offset: fork })
  }

  /** What whoever takes from the spool has done with, when it has come to the end. */
  async #settled(): Promise<Place | undefined> {
    if (this.#signal.aborted) return undefined
    return await new Promise((resolve) => {
      this.#signal.addEventListener('abort', () => resolve(undefined), { once: true })
      this.#spool.mark({ type: 'settle', resolve })
    })
  }

  /** @param to where the new history took over, when that is known @throws ReplError GAP */
  #lost(reason: GapReason, to?: Position): void {
    // Behind a gap the live end is all that is left to ask for.
    const isHopeless = this.#gap !== undefined && this.#start.kind === 'now'
    if (this.#options.onGap === 'fail' || isHopeless) throw this.#gapError(reason)
    this.#gap ??= { reason, from: this.#from() }
    this.#races = 0
    if (this.#options.onGap === 'resync') this.#start = { kind: 'snapshot' }
    else this.#start = to ? resumeAt(to) : { kind: 'now' }
  }

  #gapError(reason: GapReason): ReplError {
    const { forecast } = this.#forecast ?? {}
    const { replid, offset } = this.#gap?.from ?? this.#from()
    const cause = forecast?.kind === 'full' ? forecast : undefined
    return new ReplError('GAP', {
      reason: reason === 'DIVERGED' ? 'DIVERGED' : (cause?.reason ?? 'LOST'),
      offset,
      given: replid,
      ...(cause?.bytes !== undefined && { bytes: cause.bytes }),
    })
  }

  #from(): Position {
    return this.#received ?? this.#forecast?.position ?? { replid: '', offset: 0 }
  }
}

/** The bytes go on as if nothing had happened, in the middle of a command if need be. */
function resumeAt({ replid, offset }: Position): Start {
  return { kind: 'place', replid, place: { offset, db: undefined, transaction: undefined } }
}

function positionOf(verdict: Verdict | undefined): Position {
  if (verdict?.kind === 'continue' || verdict?.kind === 'full') return { replid: verdict.replid, offset: verdict.offset }
  throw new ReplError('PROTOCOL', { reason: 'PSYNC_REPLY', reply: verdict?.kind ?? '' })
}
