/**
 * Attaches to a master and its replicas at once, each at its live end and without a fork, and matches the arrival times of
 * their streams. One link to the master serves all replicas.
 */

import { ArrivalMatch, type End } from '../diagnosis/lag/arrival-match.ts'
import type { ArrivalFigures, ArrivalProblem } from '../diagnosis/lag/lag.ts'
import { mayHaveForked } from '../diagnosis/psync/verdict.ts'
import type { ReplEvent } from '../engine/events.ts'
import type { AttachOptions, Goal } from '../engine/goal.ts'
import { attach } from '../engine/link/attach.ts'
import { Visit } from '../engine/visit.ts'
import { awaitedLater, expectReplError, ignoreFailure, ReplError } from '../errors.ts'
import { sleep } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'
import { isSameReplid } from '../protocol/history.ts'

export type Attachment = Pick<AttachOptions, 'endpoint' | 'credentials' | 'clientName' | 'announce' | 'limits'>

/** The servers to which we do not attach again, by address, with the reason: a PSYNC there may have forked the server. */
export type Barred = Map<string, ReplError>

/** Receives every event of a server except its stream bytes. */
export type Report = (server: string, event: ReplEvent) => void

const RETRY_MS = 1000
/** Bytes that arrive this soon after the handshake were written before it. */
const HISTORY_MS = 50

/** The stream of one server; attaches again whenever the link breaks, unless that may fork the server. */
class Stream {
  problem: Omit<ArrivalProblem, 'end'> | undefined
  readonly #attachment: Attachment
  readonly #listener: StreamListener
  readonly #report: Report
  readonly #barred: Barred
  #visit = new Visit()
  /** The visit of the current or last stream. */
  #granted: Visit | undefined
  readonly #stop = new AbortController()
  #historyUntil = 0
  readonly running: Promise<void>

  constructor(attachment: Attachment, listener: StreamListener, { report, barred }: Shared, signal: AbortSignal) {
    this.#attachment = attachment
    this.#listener = listener
    this.#report = report
    this.#barred = barred
    this.running = awaitedLater(this.#run(AbortSignal.any([signal, this.#stop.signal])))
  }

  stop(): void {
    this.#stop.abort('stopped')
  }

  /** The replid of the current or last granted stream. */
  get replid(): string | undefined {
    const verdict = this.#granted?.seen.verdict?.verdict
    return verdict?.kind === 'continue' ? verdict.replid : undefined
  }

  /** The shortest round trip of its handshake. */
  get rttMs(): number | undefined {
    const rtts = this.#granted?.exchanges.map(({ rttMs }) => rttMs) ?? []
    return rtts.length === 0 ? undefined : Math.min(...rtts)
  }

  async #run(signal: AbortSignal): Promise<void> {
    const endpoint = endpointName(this.#attachment.endpoint)
    while (!signal.aborted) {
      const bar = this.#barred.get(endpoint)
      if (bar) {
        this.problem = { error: bar }
        return
      }
      this.#visit = new Visit()
      try {
        for await (const batch of attach({ ...this.#attachment, goal: LIVE_STREAM }, signal)) {
          for (const event of batch) this.#handle(event)
        }
      } catch (error) {
        this.problem = { error: expectReplError(error) }
      }
      this.#listener.onEnd()
      const contradiction = contradictionOf(this.#visit)
      if (contradiction) this.#barred.set(endpoint, contradiction.with({ endpoint }))
      else await sleep(RETRY_MS, signal).catch(ignoreFailure)
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
        this.#granted = this.#visit
        this.#historyUntil = event.at + HISTORY_MS
        this.#listener.onBegin(event.offset)
        break
      case 'stream-chunk':
        this.#listener.onBytes(event.data, event.offset, event.at, event.at < this.#historyUntil)
        break
    }
  }
}

/** What all streams of one survey share. */
interface Shared {
  readonly report: Report
  readonly barred: Barred
}

/** INFO granted the live end, and PSYNC was answered by a full resync, which may have forked the server. */
function contradictionOf({ seen: { server, forecast, verdict } }: Visit): ReplError | undefined {
  const link = { stopped: verdict?.stopped, verdict: verdict?.verdict, guard: server?.guard, history: forecast?.history }
  if (!mayHaveForked(link)) return undefined
  return new ReplError('NOT_GRANTED', forecast?.position ?? { replid: '', offset: 0 })
}

interface StreamListener {
  onBegin(offset: number): void
  onBytes(data: Buffer, to: number, at: number, isHistory: boolean): void
  onEnd(): void
}

/** Follows from the live end, without a fork. */
const LIVE_STREAM: Goal = { kind: 'stream', ack: { mode: 'safe' }, allowFork: false }

/** One replica and its match with the master. */
interface Pair {
  readonly match: ArrivalMatch
  readonly stream: Stream
}

export class Arrivals {
  readonly #signal: AbortSignal
  readonly #shared: Shared
  readonly #pairs = new Map<string, Pair>()
  readonly #master: Stream
  /** The last byte received from the master. */
  #offset: number | undefined

  constructor(master: Attachment, shared: Shared, signal: AbortSignal) {
    this.#signal = signal
    this.#shared = shared
    const forEachMatch = (act: (match: ArrivalMatch) => void) => {
      for (const { match } of this.#pairs.values()) act(match)
    }
    this.#master = new Stream(
      master,
      {
        onBegin: (offset) => {
          this.#offset = offset
          forEachMatch((match) => match.begin('master', offset))
        },
        onBytes: (data, to, at, isHistory) => {
          this.#offset = to
          forEachMatch((match) => push(match, 'master', data, to, at, isHistory))
        },
        onEnd: () => {
          this.#offset = undefined
          forEachMatch((match) => match.stop('master'))
        },
      },
      shared,
      signal,
    )
  }

  /** Attaches to a replica, unless already attached. */
  add(id: string, attachment: Attachment): void {
    if (this.#pairs.has(id)) return
    const match = new ArrivalMatch()
    if (this.#offset !== undefined) match.begin('master', this.#offset)
    const listener: StreamListener = {
      onBegin: (offset) => match.begin('replica', offset),
      onBytes: (data, to, at, isHistory) => push(match, 'replica', data, to, at, isHistory),
      onEnd: () => match.stop('replica'),
    }
    this.#pairs.set(id, { match, stream: new Stream(attachment, listener, this.#shared, this.#signal) })
  }

  /** Detaches from all other replicas. */
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
