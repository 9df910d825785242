/**
 * Follows a history over any number of links. Received bytes go into the spool, and each new link resumes at the next byte.
 * A server forks only if the user asked for it. A gap is an error or a record, never silent.
 */
import { ReplError, stopIfAborted } from '../../errors.ts'
import type { Verdict } from '../../handshake/machine.ts'
import { now, sleep, wallClock } from '../../io/clock.ts'
import { onAbort } from '../../io/on-abort.ts'
import type { Spool } from '../../io/spool.ts'
import type { History, Position } from '../../protocol/history.ts'
import { isBareNewlines } from '../../protocol/wire/newlines.ts'
import type { ReplEvent, StreamChunkEvent } from '../events.ts'
import { Delivered } from '../link/ack.ts'
import { SetslotWatch } from '../link/setslot-watch.ts'
import { type Overrun, Overruns } from '../overrun.ts'
import { type LinkPlan, replicate } from '../replicate.ts'
import { Visit } from '../visit.ts'
import { attachedEvent, positionOf, serverStamp } from './attached.ts'
import { Backoff, isTransient } from './backoff.ts'
import type { FollowEvent, HistoryEvent, SpoolEntry } from './events.ts'
import { ForkPermit } from './fork-permit.ts'
import { type FailedLink, GapRules, type Rewind } from './gap-rules.ts'
import { type FollowOptions, linkPlan } from './link-plan.ts'
import { resumeAt, type Start, type StreamRequest, streamRequest } from './start.ts'

/** A link that lasts this long, past its first ACK, is usable even if the master writes nothing. */
const STABLE_MS = 1000

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
  readonly #overruns = new Overruns()
  #start: Start
  #mayFork: boolean
  #hasFollowed = false
  /** A reply proved that the renamed command is PSYNC. */
  #isProven = false
  /** The last byte in the spool. */
  #received: Position | undefined
  /** When the stream of this link began. */
  #attachedAt = Number.POSITIVE_INFINITY
  /** The full spool is reported; reset when half of it is free. */
  #isFull = false
  #delivered = new Delivered()
  #setslots = new SetslotWatch()
  /** What this link has shown so far. */
  #visit = new Visit()
  #request: StreamRequest | undefined

  constructor(options: FollowOptions, spool: Spool<SpoolEntry>, report: (event: FollowEvent) => void, signal: AbortSignal) {
    this.#options = options
    this.#spool = spool
    this.#report = report
    this.#signal = signal
    this.#start = options.start
    this.#mayFork = options.allowFork
    this.#backoff = new Backoff(options.retry)
    this.#rules = new GapRules(options)
  }

  /** Follows until aborted or failed, then ends the spool. A failure reaches the reader of the spool. */
  async run(): Promise<void> {
    try {
      while (!this.#signal.aborted) await this.#followLink()
      this.#spool.end()
    } catch (error) {
      this.#spool.end(error instanceof ReplError ? error.with({ endpoint: this.#options.source.name }) : error)
    }
  }

  /** Whether any link reached its stream, even an empty one. */
  get hasFollowed(): boolean {
    return this.#hasFollowed
  }

  /** Sets what an honest ACK may claim. Ignores positions of a history that this link does not serve. */
  delivered({ replid, offset }: Position): void {
    if (this.#attachedAt <= now() && replid === this.#received?.replid) this.#delivered.set(offset)
  }

  /** One link, from its connection to its end. Returns when a new link may help. @throws ReplError */
  async #followLink(): Promise<void> {
    this.#visit = new Visit()
    this.#attachedAt = Number.POSITIVE_INFINITY
    this.#request = undefined
    this.#delivered = new Delivered()
    try {
      for await (const batch of replicate(this.#options.source, await this.#linkPlan(), this.#signal)) {
        for (const event of batch) await this.#handle(event)
      }
    } catch (error) {
      if (now() - this.#attachedAt >= STABLE_MS) this.#forkPermit.renew()
      return await this.#retry(error)
    }
    await this.#chooseNext()
  }

  async #linkPlan(): Promise<LinkPlan> {
    const isSnapshot = this.#start.kind === 'snapshot'
    // No fork to resume what we already followed: it would hide a gap.
    const mayFork = this.#forkPermit.take(isSnapshot || (this.#mayFork && (!this.#hasFollowed || this.#rules.gap !== undefined)))
    if (isSnapshot && !mayFork) throw this.#rules.error(this.#unserved, 'LOST')
    const choose = (history: History) => {
      this.#request = streamRequest(this.#start, history, this.#rules.room, this.#overruns.lookBackBytes(this.#visit.seen.server))
      return this.#request?.position
    }
    // Another history may continue at the same offset.
    if (!this.#received || this.#rules.gap) this.#setslots = new SetslotWatch()
    const isProven = this.#isProven
    return await linkPlan(this.#options, { isSnapshot, mayFork, choose, isProven, delivered: this.#delivered, setslots: this.#setslots })
  }

  async #handle(event: ReplEvent): Promise<void> {
    if (event.type === 'stream-chunk') return await this.#store(event)
    this.#visit.add(event)
    this.#report(event)
    if (event.type === 'verdict') this.#onVerdict(event.verdict)
    if (event.type === 'following') this.#onStream()
  }

  #onVerdict({ kind }: Verdict): void {
    this.#isProven ||= kind === 'continue' || kind === 'full'
    if (kind === 'continue') this.#forkPermit.giveBack()
  }

  #onStream(): void {
    const position = positionOf(this.#visit.seen.verdict?.verdict)
    const before = this.#received
    const gap = this.#rules.attached()
    const start = this.#start
    this.#received = position
    this.#hasFollowed = true
    this.#attachedAt = now()
    if (before && !gap && start.kind === 'resume' && start.position.offset === before.offset) {
      this.#record({ type: 'resumed', ...serverStamp(this.#visit), position, formerReplid: before.replid })
    } else {
      const attached = attachedEvent(this.#visit, this.#request, start, position)
      if (gap) this.#record({ type: 'gap', ...serverStamp(this.#visit), ...gap, to: { ...position, offset: attached.showAfter } })
      this.#record(attached)
    }
    this.#start = resumeAt(position)
  }

  #record(event: HistoryEvent): void {
    this.#report(event)
    this.#spool.pushEvent(event)
  }

  async #store({ data, offset }: StreamChunkEvent): Promise<void> {
    const at = wallClock().getTime()
    while (!(await this.#spool.push(data, at))) await this.#full(data.length)
    if (this.#spool.bytes < this.#options.spoolBytes / 2) this.#isFull = false
    if (!isBareNewlines(data)) this.#progressed()
    if (this.#received) this.#received = { replid: this.#received.replid, offset }
  }

  /** Called when bytes of the history arrive: a server that accepts us and disconnects at once keeps the backoff growing. */
  #progressed(): void {
    this.#backoff.reset()
    this.#forkPermit.renew()
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

  /** Waits until the next attempt is due. @throws the error when a retry cannot help or is not allowed */
  async #retry(error: unknown): Promise<void> {
    const received = this.#attachedAt <= now() ? this.#received : undefined
    const overrun = received && this.#judgeOverrun(error, received)
    if (error instanceof SpoolOverrun) await this.#spool.drainedTo(this.#options.spoolBytes / 2)
    else if (overrun?.isFinal) throw overrun.error
    else await this.#pause(overrun?.error ?? error)
    // A link without a stream is tried again as it was.
    if (received) this.#start = overrun?.restart ? { kind: 'after', position: overrun.restart } : resumeAt(received)
  }

  async #pause(error: unknown): Promise<void> {
    if (!(error instanceof ReplError) || !this.#hasFollowed || !isTransient(error)) throw error
    // A fork is never retried automatically.
    if (this.#start.kind === 'snapshot') throw error
    const retryMs = this.#backoff.next(now())
    if (retryMs === undefined) throw error
    this.#report({ type: 'link-down', at: now(), error: error.toFailure(), retryMs })
    await sleep(retryMs, this.#signal)
  }

  #judgeOverrun(error: unknown, received: Position): Overrun | undefined {
    const { server, forecast, verdict } = this.#visit.seen
    const begin = positionOf(verdict?.verdict).offset
    const showAfter = this.#request?.showAfter ?? begin
    return this.#overruns.judge(error, { server, begin, showAfter, received, live: forecast?.history.offset ?? begin })
  }

  /** Chooses the next start after a link without a stream. @throws ReplError GAP, or why there is no stream */
  async #chooseNext(): Promise<void> {
    if (await this.#isForkPermitted()) return
    const step = this.#rules.next(this.#unserved)
    if (step.kind === 'later') await this.#retry(step.error)
    if (step.kind === 'rewind') await this.#rewind(step)
    if (step.kind === 'restart') this.#start = step.start
  }

  /** Asks once, before the first stream of a server without a backlog. */
  async #isForkPermitted(): Promise<boolean> {
    const { verdict, server } = this.#visit.seen
    const { askToFork } = this.#options
    if (verdict?.stopped !== 'NO_BACKLOG' || this.#hasFollowed || this.#mayFork || !askToFork) return false
    this.#mayFork = await askToFork(server)
    return this.#mayFork
  }

  get #unserved(): FailedLink {
    const { seen, warnings } = this.#visit
    return {
      stopped: seen.verdict?.stopped,
      verdict: seen.verdict?.verdict,
      guard: seen.server?.guard,
      forecast: seen.forecast,
      noInfo: warnings.find(({ code }) => code === 'NO_INFO')?.cause,
      start: this.#start,
      received: this.#received,
    }
  }

  async #rewind({ replid, fork }: Rewind): Promise<void> {
    const shown = this.#received && (await this.#settle())
    if (shown && shown.offset <= fork) {
      this.#start = { kind: 'resume', position: { ...shown, replid } }
      this.#received = undefined
    } else this.#start = this.#rules.lost(this.#unserved, 'DIVERGED', { replid, offset: fork }).start
  }

  /** @returns the position up to which everything is shown, once the consumer has emptied the spool; undefined on abort */
  async #settle(): Promise<Position | undefined> {
    if (this.#signal.aborted) return undefined
    let forget = () => {}
    return await new Promise<Position | undefined>((resolve) => {
      forget = onAbort(this.#signal, () => resolve(undefined))
      this.#spool.pushEvent({ type: 'settle', resolve })
    }).finally(() => forget())
  }
}
