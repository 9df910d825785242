/**
 * Attaches to a master and to its replicas at once, each at its live end and without a fork, and matches what comes from both.
 * The master is attached to once, whatever the number of replicas.
 */

import { ArrivalMatch, type End } from '../diagnosis/lag/arrival-match.ts'
import type { ArrivalFigures, ArrivalProblem } from '../diagnosis/lag/lag.ts'
import type { ReplEvent } from '../engine/events.ts'
import type { AttachOptions, Goal } from '../engine/goal.ts'
import { attach } from '../engine/link/attach.ts'
import { Visit } from '../engine/visit.ts'
import { expectReplError, ignoreFailure } from '../errors.ts'
import { sleep } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { isSameReplid } from '../protocol/history.ts'

export type Attachment = Pick<AttachOptions, 'endpoint' | 'credentials' | 'clientName' | 'announce' | 'limits'>

/** Hears what happens until the stream begins, and at which server. */
export type Report = (server: string, event: ReplEvent) => void

const RETRY_MS = 1000
/** What comes so soon after the handshake was written before it. */
const HISTORY_MS = 50

/** The stream of one server, attached to again whenever it breaks. */
class Stream {
  problem: Omit<ArrivalProblem, 'end'> | undefined
  readonly #attachment: Attachment
  readonly #follow: Follow
  readonly #report: Report
  #visit = new Visit()
  readonly #stop = new AbortController()
  #historyUntil = 0
  readonly running: Promise<void>

  constructor(attachment: Attachment, follow: Follow, report: Report, signal: AbortSignal) {
    this.#attachment = attachment
    this.#follow = follow
    this.#report = report
    this.running = this.#run(AbortSignal.any([signal, this.#stop.signal]))
  }

  stop(): void {
    this.#stop.abort('stopped')
  }

  /** The history that was granted last. */
  get replid(): string | undefined {
    const { verdict } = this.#visit.seen
    return verdict?.verdict.kind === 'continue' ? verdict.verdict.replid : undefined
  }

  /** The shortest round trip of the exchanges of the handshake. */
  get rttMs(): number | undefined {
    const rtts = this.#visit.exchanges.map(({ rttMs }) => rttMs)
    return rtts.length === 0 ? undefined : Math.min(...rtts)
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#visit = new Visit()
      try {
        for await (const batch of attach({ ...this.#attachment, goal: FOLLOW }, signal)) {
          for (const event of batch) this.#handle(event)
        }
      } catch (error) {
        this.problem = { error: expectReplError(error) }
      }
      this.#follow.ended()
      await sleep(RETRY_MS, signal).catch(ignoreFailure)
    }
  }

  #handle(event: ReplEvent): void {
    if (event.type !== 'stream-chunk') this.#report(endpointName(this.#attachment.endpoint), event)
    this.#visit.add(event)
    switch (event.type) {
      case 'verdict':
        if (event.stopped) this.problem = { stopped: event.stopped }
        break
      case 'following':
        this.problem = undefined
        this.#historyUntil = event.at + HISTORY_MS
        this.#follow.began(event.offset)
        break
      case 'stream-chunk':
        this.#follow.came(event.data, event.offset, event.at, event.at < this.#historyUntil)
        break
    }
  }
}

interface Follow {
  began(offset: number): void
  came(data: Buffer, to: number, at: number, isHistory: boolean): void
  ended(): void
}

/** At the live end, without a fork. */
const FOLLOW: Goal = { kind: 'stream', ack: { mode: 'safe' }, allowFork: false }

/** One replica, matched with the master. */
interface Pair {
  readonly match: ArrivalMatch
  readonly stream: Stream
}

export class Arrivals {
  readonly #signal: AbortSignal
  readonly #report: Report
  readonly #pairs = new Map<string, Pair>()
  readonly #master: Stream
  /** The last byte that came from the master. */
  #offset: number | undefined

  /** @param report hears each exchange of each handshake */
  constructor(master: Attachment, report: Report, signal: AbortSignal) {
    this.#signal = signal
    this.#report = report
    const each = (act: (match: ArrivalMatch) => void) => {
      for (const { match } of this.#pairs.values()) act(match)
    }
    this.#master = new Stream(
      master,
      {
        began: (offset) => {
          this.#offset = offset
          each((match) => match.begin('master', offset))
        },
        came: (data, to, at, isHistory) => {
          this.#offset = to
          each((match) => push(match, 'master', data, to, at, isHistory))
        },
        ended: () => {
          this.#offset = undefined
          each((match) => match.stop('master'))
        },
      },
      report,
      signal,
    )
  }

  /** Attaches to a replica that is not attached to yet. */
  add(id: string, attachment: Attachment): void {
    if (this.#pairs.has(id)) return
    const match = new ArrivalMatch()
    if (this.#offset !== undefined) match.begin('master', this.#offset)
    const follow: Follow = {
      began: (offset) => match.begin('replica', offset),
      came: (data, to, at, isHistory) => push(match, 'replica', data, to, at, isHistory),
      ended: () => match.stop('replica'),
    }
    this.#pairs.set(id, { match, stream: new Stream(attachment, follow, this.#report, this.#signal) })
  }

  /** Detaches from the replicas that are not among these. */
  keep(ids: ReadonlySet<string>): void {
    for (const [id, { stream }] of this.#pairs) {
      if (ids.has(id)) continue
      stream.stop()
      this.#pairs.delete(id)
    }
  }

  figures(id: string): ArrivalFigures | undefined {
    const pair = this.#pairs.get(id)
    if (!pair) return undefined
    const { match, stream } = pair
    const { lag } = match
    const problem = this.#problem(stream)
    const { rttMs } = stream
    return {
      histogram: match.histogram,
      comparedBytes: match.comparedBytes,
      skippedBytes: match.skippedBytes,
      ...(lag && { lag }),
      ...(rttMs !== undefined && this.#master.rttMs !== undefined && { errorMs: Math.max(rttMs, this.#master.rttMs) }),
      ...(match.differsAt !== undefined && { differsAt: match.differsAt }),
      ...(problem && { problem }),
    }
  }

  /** Resolves when every stream has ended. */
  async stop(): Promise<void> {
    const streams = [this.#master, ...[...this.#pairs.values()].map(({ stream }) => stream)]
    this.#master.stop()
    this.keep(new Set())
    await Promise.all(streams.map(({ running }) => running))
  }

  #problem(stream: Stream): ArrivalProblem | undefined {
    if (this.#master.problem) return { end: 'master', ...this.#master.problem }
    if (stream.problem) return { end: 'replica', ...stream.problem }
    const { replid } = this.#master
    if (replid && stream.replid && !isSameReplid(replid, stream.replid)) return { end: 'replica', isOtherHistory: true }
    return undefined
  }
}

function push(match: ArrivalMatch, end: End, data: Buffer, to: number, at: number, isHistory: boolean): void {
  if (isHistory) match.isHistory(to)
  match.push(end, data, to, at)
}
