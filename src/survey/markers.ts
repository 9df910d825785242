/**
 * Measures lag end to end, also through proxies and without permission for PSYNC. We publish a nonce on the master. A replica
 * passes it to its subscribers when it applies that point of the stream. No key is written unless the user names one.
 */

import type { MarkerFigures } from '../diagnosis/lag/lag.ts'
import { Samples } from '../diagnosis/lag/quantile.ts'
import { type Access, placed } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { awaitedLater, expectReplError, ignoreFailure, ReplError } from '../errors.ts'
import { now, sleep } from '../io/clock.ts'
import { randomHex } from '../io/random-hex.ts'
import { encodeCommand } from '../protocol/wire/multibulk.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'

/** The start of every marker, so that we recognise those of an earlier run. */
const PREFIX = 'redis-repl:lag:'
const EVERY_MS = 100
/** How often to read the key from a replica. */
const LOOK_EVERY_MS = 5
const RETRY_MS = 1000
/** The key expires this long after the last write. */
const KEY_LIVES_MS = 60_000
/** After this many newer markers, one that has not arrived counts as lost. */
const MAX_IN_FLIGHT = 10_000

/** When a marker was sent, and when the master replied. */
interface SentMarker {
  readonly sentAt: number
  answeredAt: number
}

export interface MarkerCost {
  readonly sent: number
  readonly bytes: number
}

interface Watch {
  readonly stop: AbortController
  running: Promise<void>
  readonly samples: Samples
  errorMs: number
  received: number
  /** How many markers had been sent when the watch began. */
  from: number
  error: ReplError | undefined
}

export class Markers {
  readonly #master: Access
  readonly #key: string | undefined
  readonly #signal: AbortSignal
  readonly #stop = new AbortController()
  readonly #channel = `${PREFIX}${randomHex(6)}`
  readonly #sent = new Map<number, SentMarker>()
  #count = 0
  readonly #replicas = new Map<string, Watch>()
  #bytes = 0
  #error: ReplError | undefined
  readonly #running: Promise<void>

  /** @param key to write instead of publishing */
  constructor(master: Access, key: string | undefined, signal: AbortSignal) {
    this.#master = master
    this.#key = key
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
    this.#running = this.#repeat(
      master,
      () => this.#send(),
      (error) => {
        this.#error = error
      },
      this.#signal,
    )
  }

  add(id: string, access: Access): void {
    if (this.#replicas.has(id)) return
    const replica: Watch = {
      stop: new AbortController(),
      running: Promise.resolve(),
      samples: new Samples(),
      errorMs: 0,
      received: 0,
      from: this.#count,
      error: undefined,
    }
    this.#replicas.set(id, replica)
    const signal = AbortSignal.any([this.#signal, replica.stop.signal])
    const watch = () => (this.#key === undefined ? this.#subscribe(access, replica, signal) : this.#read(access, replica, signal))
    replica.running = this.#repeat(
      access,
      watch,
      (error) => {
        replica.error = error
      },
      signal,
    )
  }

  keep(ids: ReadonlySet<string>): void {
    for (const [id, { stop }] of this.#replicas) {
      if (ids.has(id)) continue
      stop.abort('detached')
      this.#replicas.delete(id)
    }
  }

  figures(id: string): MarkerFigures | undefined {
    const replica = this.#replicas.get(id)
    if (!replica) return undefined
    const lag = replica.samples.summary()
    const error = this.#error ?? replica.error
    return {
      sent: this.#count - replica.from,
      received: replica.received,
      ...(lag && { lag, errorMs: replica.errorMs }),
      ...(error && { error }),
    }
  }

  /** The markers sent, and their bytes as we sent them; the server may replicate them in a slightly longer form. */
  get cost(): MarkerCost {
    return { sent: this.#count, bytes: this.#bytes }
  }

  async stop(): Promise<void> {
    this.#stop.abort('stopped')
    await Promise.all([this.#running, ...[...this.#replicas.values()].map(({ running }) => running)])
  }

  /** @param onError is given each failure, with the server that is asked */
  #repeat(access: Access, work: () => Promise<void>, onError: (error: ReplError) => void, signal: AbortSignal): Promise<void> {
    return awaitedLater(this.#repeatUntil(signal, work, (failure) => onError(placed(failure, access))))
  }

  async #repeatUntil(signal: AbortSignal, work: () => Promise<void>, onError: (error: ReplError) => void): Promise<void> {
    while (!signal.aborted) {
      try {
        await work()
      } catch (error) {
        const failure = expectReplError(error)
        if (failure.code !== 'ABORTED') onError(failure)
      }
      await sleep(RETRY_MS, signal).catch(ignoreFailure)
    }
  }

  /** Sends markers until it throws. @throws ReplError */
  async #send(): Promise<void> {
    const link = await QueryLink.open(this.#master, this.#signal)
    try {
      if (this.#key !== undefined) await checkKey(link, this.#key)
      for (;;) {
        const nonce = this.#count
        const command =
          this.#key === undefined
            ? ['PUBLISH', this.#channel, String(nonce)]
            : ['SET', this.#key, `${this.#channel}:${nonce}`, 'PX', String(KEY_LIVES_MS)]
        const sent = { sentAt: now(), answeredAt: Number.POSITIVE_INFINITY }
        this.#sent.set(nonce, sent)
        const reply = await link.ask(...command)
        sent.answeredAt = now()
        link.takeEvents()
        if (reply instanceof ServerError) throw refusal(reply, { command: command[0] ?? '' })
        this.#error = undefined
        this.#count += 1
        this.#sent.delete(nonce - MAX_IN_FLIGHT)
        this.#bytes += encodeCommand(command).length
        await sleep(EVERY_MS, this.#signal)
      }
    } finally {
      link.close()
    }
  }

  /** Receives markers until it throws. @throws ReplError */
  async #subscribe(access: Access, replica: Watch, signal: AbortSignal): Promise<void> {
    const link = await QueryLink.open(access, signal)
    try {
      const reply = await link.ask('SUBSCRIBE', this.#channel)
      if (reply instanceof ServerError) throw refusal(reply, { command: 'SUBSCRIBE' })
      replica.error = undefined
      for (;;) {
        const message = await link.pushed()
        if (Array.isArray(message) && message[0] === 'message') this.#record(replica, Number(message[2]), 0)
      }
    } finally {
      link.close()
    }
  }

  /** Reads the key until it throws. @throws ReplError */
  async #read(access: Access, replica: Watch, signal: AbortSignal): Promise<void> {
    const link = await QueryLink.open(access, signal)
    let last = -1
    try {
      await link.ask('READONLY')
      for (;;) {
        const sentAt = now()
        const reply = await link.ask('GET', this.#key ?? '')
        link.takeEvents()
        if (reply instanceof ServerError) throw refusal(reply, { command: 'GET' })
        replica.error = undefined
        const nonce = typeof reply === 'string' && reply.startsWith(this.#channel) ? Number(reply.split(':').at(-1)) : last
        if (nonce > last) this.#record(replica, nonce, now() - sentAt + LOOK_EVERY_MS)
        last = nonce
        await sleep(LOOK_EVERY_MS, signal)
      }
    } finally {
      link.close()
    }
  }

  /**
   * Counts the lag from the moment of sending. That is an upper bound, since it includes the way to the master.
   * @param lookMs how long after its arrival we may have noticed the marker
   */
  #record(replica: Watch, nonce: number, lookMs: number): void {
    const sent = this.#sent.get(nonce)
    if (!sent) return
    const at = now()
    const tripMs = Math.min(sent.answeredAt, at) - sent.sentAt
    replica.received += 1
    replica.errorMs = Math.max(replica.errorMs, tripMs + lookMs)
    replica.samples.add(at - sent.sentAt)
  }
}

/** The key may hold data of another program. @throws ReplError MARKER_KEY_TAKEN, or the refusal of GET */
async function checkKey(link: QueryLink, key: string): Promise<void> {
  const reply = await link.ask('GET', key)
  const isTaken = reply instanceof ServerError ? reply.text.startsWith('WRONGTYPE') : reply !== null && !String(reply).startsWith(PREFIX)
  if (isTaken) throw new ReplError('MARKER_KEY_TAKEN', { key })
  if (reply instanceof ServerError) throw refusal(reply, { command: 'GET' })
}
