/**
 * Follows a history over any number of links: what a link receives goes into the spool, and when it breaks the next one asks
 * for the next byte. Only what the user asked for ever forks a server, and a gap is an error or a record, never silence.
 */
import { ReplError, stopIfAborted } from '../../errors.ts'
import type { Verdict } from '../../handshake/machine.ts'
import { now, sleep, wallClock } from '../../io/clock.ts'
import { onAbort } from '../../io/on-abort.ts'
import type { Spool } from '../../io/spool.ts'
import type { History, Position } from '../../protocol/history.ts'
import type { ReplEvent, StreamChunkEvent } from '../events.ts'
import { Delivered } from '../link/ack.ts'
import { SetslotWatch } from '../link/setslot-watch.ts'
import { type Errand, replicate } from '../replicate.ts'
import { Visit } from '../visit.ts'
import { attachedEvent, positionOf, servedBy } from './attached.ts'
import { Backoff } from './backoff.ts'
import { errandOf, type FollowOptions } from './errand.ts'
import type { FollowEvent, HistoryEvent, SpoolEntry } from './events.ts'
import { ForkPermit } from './fork-permit.ts'
import { GapRules, type Rewind, type Unserved } from './gap-rules.ts'
import { resumeAt, type Start, type StreamRequest, streamRequest } from './start.ts'

/** May be over at the next attempt. */
const PASSING: readonly string[] = ['LINK_LOST', 'MASTER_UNREACHABLE', 'TIMEOUT', 'TRY_LATER']

/** A link that was not cut for so long, after its first ACK, is of use even where nothing is written. */
const HELD_MS = 1000

/** The link was closed because the spool is full. */
class SpoolOverrun extends Error {}

export class Follower {
  readonly #options: FollowOptions
  readonly #spool: Spool<SpoolEntry>
  readonly #report: (event: FollowEvent) => void
  readonly #signal: AbortSignal
  readonly #backoff: Backoff
  readonly #forkPermit = new ForkPermit()
  readonly #rules: GapRules
  #start: Start
  #hasFollowed = false
  /** The renamed PSYNC was answered as PSYNC is. */
  #isProven = false
  /** The last byte that is in the spool. */
  #received: Position | undefined
  /** When the stream of this link began. */
  #attachedAt = Number.POSITIVE_INFINITY
  /** Reported once, until there is room again. */
  #isFull = false
  #delivered = new Delivered()
  #setslots = new SetslotWatch()
  /** What this link has shown so far, and what was asked for. */
  #visit = new Visit()
  #request: StreamRequest | undefined

  constructor(options: FollowOptions, spool: Spool<SpoolEntry>, report: (event: FollowEvent) => void, signal: AbortSignal) {
    this.#options = options
    this.#spool = spool
    this.#report = report
    this.#signal = signal
    this.#start = options.start
    this.#backoff = new Backoff(options.retry)
    this.#rules = new GapRules(options)
  }

  /** Ends the spool when there is nothing more to follow; whatever ended it is thrown to the reader of the spool. */
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

  /** What has reached the output, for an honest ACK. Offsets of a history that this link does not serve mean nothing to it. */
  delivered({ replid, offset }: Position): void {
    if (replid === this.#received?.replid) this.#delivered.set(offset)
  }

  /** One link, from its connection to its end. Returns when there is a reason to try again. @throws ReplError */
  async #live(): Promise<void> {
    this.#visit = new Visit()
    this.#attachedAt = Number.POSITIVE_INFINITY
    this.#request = undefined
    this.#delivered = new Delivered()
    try {
      for await (const batch of replicate(this.#options.source, await this.#errand(), this.#signal)) {
        for (const event of batch) await this.#handle(event)
      }
    } catch (error) {
      if (now() - this.#attachedAt >= HELD_MS) this.#forkPermit.renew()
      return await this.#retry(error)
    }
    await this.#bridge()
  }

  async #errand(): Promise<Errand> {
    const { allowFork } = this.#options
    const isSnapshot = this.#start.kind === 'snapshot'
    // Not to come back to what was followed: a gap would be hidden behind the fork.
    const mayFork = this.#forkPermit.take(isSnapshot || (allowFork && (!this.#hasFollowed || this.#rules.gap !== undefined)))
    if (isSnapshot && !mayFork) throw this.#rules.error(this.#unserved, 'LOST')
    const choose = (history: History) => {
      this.#request = streamRequest(this.#start, history, this.#rules.room)
      return this.#request?.position
    }
    // Another history may continue at the same offset.
    if (!this.#received || this.#rules.gap) this.#setslots = new SetslotWatch()
    const isProven = this.#isProven
    return await errandOf(this.#options, { isSnapshot, mayFork, choose, isProven, delivered: this.#delivered, setslots: this.#setslots })
  }

  async #handle(event: ReplEvent): Promise<void> {
    if (event.type === 'stream-chunk') return await this.#store(event)
    this.#visit.add(event)
    this.#report(event)
    if (event.type === 'verdict') this.#judged(event.verdict)
    if (event.type === 'following') this.#attached()
  }

  #judged({ kind }: Verdict): void {
    this.#isProven ||= kind === 'continue' || kind === 'full'
    if (kind === 'continue') this.#forkPermit.giveBack()
  }

  #attached(): void {
    const position = positionOf(this.#visit.seen.verdict?.verdict)
    const before = this.#received
    const gap = this.#rules.attached()
    const start = this.#start
    this.#received = position
    this.#hasFollowed = true
    this.#attachedAt = now()
    if (before && !gap && start.kind === 'resume' && start.position.offset === before.offset) {
      this.#enter({ type: 'resumed', ...servedBy(this.#visit), position, formerReplid: before.replid })
    } else {
      const attached = attachedEvent(this.#visit, this.#request, start, position)
      if (gap) this.#enter({ type: 'gap', ...servedBy(this.#visit), ...gap, to: { ...position, offset: attached.showAfter } })
      this.#enter(attached)
    }
    this.#start = resumeAt(position)
  }

  #enter(event: HistoryEvent): void {
    this.#report(event)
    this.#spool.mark(event)
  }

  async #store({ data, offset }: StreamChunkEvent): Promise<void> {
    const at = wallClock().getTime()
    while (!(await this.#spool.push(data, at))) await this.#full(data.length)
    if (this.#spool.bytes < this.#options.spoolBytes / 2) this.#isFull = false
    // Only now: a server that accepts us and cuts us off at once is asked less and less often.
    this.#backoff.reset()
    this.#forkPermit.renew()
    if (this.#received) this.#received = { replid: this.#received.replid, offset }
  }

  async #full(bytes: number): Promise<void> {
    const { onFull } = this.#options
    if (!this.#isFull) this.#report({ type: 'spool-full', at: now(), bytes: this.#spool.bytes, onFull })
    this.#isFull = true
    if (onFull === 'stop') throw new ReplError('SPOOL_FULL', { spooledBytes: this.#spool.bytes })
    if (onFull === 'drop') throw new SpoolOverrun()
    await this.#spool.drainedTo(Math.max(0, this.#spool.bytes - bytes))
    stopIfAborted(this.#signal)
  }

  /** @throws what no later attempt would change */
  async #retry(error: unknown): Promise<void> {
    const received = this.#received
    if (error instanceof SpoolOverrun) {
      await this.#spool.drainedTo(this.#options.spoolBytes / 2)
    } else {
      if (!(error instanceof ReplError) || !this.#hasFollowed || !PASSING.includes(error.code)) throw error
      // Nothing that forks is tried a second time by itself.
      if (this.#start.kind === 'snapshot') throw error
      const retryMs = this.#backoff.next(now())
      if (retryMs === undefined) throw error
      this.#report({ type: 'link-down', at: now(), error: error.asFact(), retryMs })
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
    const { seen, warnings } = this.#visit
    return {
      stopped: seen.verdict?.stopped,
      forecast: seen.forecast,
      noInfo: warnings.find(({ code }) => code === 'NO_INFO')?.cause,
      start: this.#start,
      received: this.#received,
    }
  }

  async #rewind({ replid, fork }: Rewind): Promise<void> {
    const shown = this.#received && (await this.#settled())
    if (shown && shown.offset <= fork) {
      this.#start = { kind: 'resume', position: { ...shown, replid } }
      this.#received = undefined
    } else this.#start = this.#rules.lost(this.#unserved, 'DIVERGED', { replid, offset: fork }).start
  }

  /** Up to where everything is shown, when the consumer has come to the end of the spool. */
  async #settled(): Promise<Position | undefined> {
    if (this.#signal.aborted) return undefined
    let forget = () => {}
    return await new Promise<Position | undefined>((resolve) => {
      forget = onAbort(this.#signal, () => resolve(undefined))
      this.#spool.mark({ type: 'settle', resolve })
    }).finally(() => forget())
  }
}
