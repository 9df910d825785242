/**
 * Attaches to a master and to its replicas at once, each at its live end and without a fork, and matches what comes from both.
 * The master is attached to once, whatever the number of replicas.
 */
import { ArrivalMatch, type End } from '../diagnosis/lag/arrival-match.ts'
import type { ArrivalFigures, ArrivalProblem } from '../diagnosis/lag/lag.ts'
import { isSame } from '../diagnosis/psync/forecast.ts'
import type { ReplEvent } from '../engine/events.ts'
import { replicate } from '../engine/link/replica.ts'
import type { ReplicaOptions } from '../engine/options.ts'
import { replErrorOf } from '../errors.ts'
import { sleep } from '../io/clock.ts'
import { endpointName } from '../io/endpoint.ts'

export type Attachment = Pick<ReplicaOptions, 'endpoint' | 'credentials' | 'clientName' | 'announce' | 'limits'>

/** What happens on the way to a stream, and of which server. */
export type Tell = (server: string, event: ReplEvent) => void

const RETRY_MS = 1000
/** What comes so soon behind the handshake was written before it. */
const HISTORY_MS = 50

/** The stream of one server, taken up again whenever it breaks. */
class Stream {
  problem: Omit<ArrivalProblem, 'end'> | undefined
  replid: string | undefined
  /** The shortest way to the server and back, of the exchanges of the handshake. */
  rttMs: number | undefined
  readonly #attachment: Attachment
  readonly #follow: Follow
  readonly #tell: Tell
  readonly #stop = new AbortController()
  #historyUntil = 0
  readonly running: Promise<void>

  constructor(attachment: Attachment, follow: Follow, tell: Tell, signal: AbortSignal) {
    this.#attachment = attachment
    this.#follow = follow
    this.#tell = tell
    this.running = this.#run(AbortSignal.any([signal, this.#stop.signal]))
  }

  stop(): void {
    this.#stop.abort()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const batch of replicate({ ...this.#attachment, goal: 'stream', ack: 'safe' }, signal)) {
          for (const event of batch) this.#handle(event)
        }
      } catch (error) {
        this.problem = { error: replErrorOf(error) }
      }
      this.#follow.ended()
      await sleep(RETRY_MS, signal).catch(() => {})
    }
  }

  #handle(event: ReplEvent): void {
    if (event.type !== 'stream-chunk') this.#tell(endpointName(this.#attachment.endpoint), event)
    switch (event.type) {
      case 'exchange':
        this.rttMs = Math.min(this.rttMs ?? event.rttMs, event.rttMs)
        break
      case 'verdict':
        if (event.stopped) this.problem = { stopped: event.stopped }
        if (event.verdict.kind === 'continue') this.replid = event.verdict.replid
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

/** One replica, matched with the master. */
interface Pair {
  readonly match: ArrivalMatch
  readonly stream: Stream
}

export class Arrivals {
  readonly #signal: AbortSignal
  readonly #tell: Tell
  readonly #pairs = new Map<string, Pair>()
  readonly #master: Stream
  /** The last byte that came from the master. */
  #offset: number | undefined

  /** @param tell each exchange of each handshake */
  constructor(master: Attachment, tell: Tell, signal: AbortSignal) {
    this.#signal = signal
    this.#tell = tell
    const each = (tell: (match: ArrivalMatch) => void) => {
      for (const { match } of this.#pairs.values()) tell(match)
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
      tell,
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
    this.#pairs.set(id, { match, stream: new Stream(attachment, follow, this.#tell, this.#signal) })
  }

  /** Leaves the replicas that are not among these. */
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

  /** Resolves when every stream has been left. */
  async stop(): Promise<void> {
    this.#master.stop()
    this.keep(new Set())
    await this.#master.running
  }

  #problem(stream: Stream): ArrivalProblem | undefined {
    if (this.#master.problem) return { end: 'master', ...this.#master.problem }
    if (stream.problem) return { end: 'replica', ...stream.problem }
    const { replid } = this.#master
    if (replid && stream.replid && !isSame(replid, stream.replid)) return { end: 'replica', isOtherHistory: true }
    return undefined
  }
}

function push(match: ArrivalMatch, end: End, data: Buffer, to: number, at: number, isHistory: boolean): void {
  if (isHistory) match.isHistory(to)
  match.push(end, data, to, at)
}
