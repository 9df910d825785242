/**
 * Lag end to end, also through proxies and where PSYNC is not permitted: a nonce is published on the master, and a replica hands it
 * to its subscribers when it applies that point of the stream. Nothing but that is written, unless a key is named for it.
 */

import type { MarkerFigures } from '../diagnosis/lag/lag.ts'
import { Samples } from '../diagnosis/lag/quantile.ts'
import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { expectReplError, ignoreFailure, ReplError } from '../errors.ts'
import { now, sleep } from '../io/clock.ts'
import { randomHex } from '../io/random-hex.ts'
import { encodeCommand } from '../protocol/wire/multibulk.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'

/** What every marker begins with, so that one of an earlier run is known. */
const PREFIX = 'redis-repl:lag:'
const EVERY_MS = 100
/** How often a replica is asked for the key. */
const LOOK_EVERY_MS = 5
const RETRY_MS = 1000
/** The key goes by itself when nobody writes it any more. */
const KEY_LIVES_MS = 60_000
/** A marker that has not come out when so many more were sent will not. */
const REMEMBERED = 10_000

/** When a marker was on its way to the master. */
interface Sent {
  readonly askedAt: number
  answeredAt: number
}

export interface MarkerCost {
  readonly sent: number
  readonly bytes: number
}

interface Watched {
  readonly stop: AbortController
  running: Promise<void>
  readonly samples: Samples
  errorMs: number
  received: number
  /** How many had been sent when it was first watched. */
  from: number
  error: ReplError | undefined
}

export class Markers {
  readonly #master: Access
  readonly #key: string | undefined
  readonly #signal: AbortSignal
  readonly #stop = new AbortController()
  readonly #channel = `${PREFIX}${randomHex(6)}`
  readonly #sent = new Map<number, Sent>()
  #count = 0
  readonly #replicas = new Map<string, Watched>()
  #bytes = 0
  #error: ReplError | undefined
  readonly #running: Promise<void>

  /** @param key to write instead of publishing */
  constructor(master: Access, key: string | undefined, signal: AbortSignal) {
    this.#master = master
    this.#key = key
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
    this.#running = this.#again(
      () => this.#send(),
      (error) => {
        this.#error = error
      },
      this.#signal,
    )
  }

  add(id: string, access: Access): void {
    if (this.#replicas.has(id)) return
    const watched: Watched = {
      stop: new AbortController(),
      running: Promise.resolve(),
      samples: new Samples(),
      errorMs: 0,
      received: 0,
      from: this.#count,
      error: undefined,
    }
    this.#replicas.set(id, watched)
    const signal = AbortSignal.any([this.#signal, watched.stop.signal])
    const watch = () => (this.#key === undefined ? this.#subscribe(access, watched, signal) : this.#read(access, watched, signal))
    watched.running = this.#again(
      watch,
      (error) => {
        watched.error = error
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
    const watched = this.#replicas.get(id)
    if (!watched) return undefined
    const lag = watched.samples.summary()
    const error = this.#error ?? watched.error
    return {
      sent: this.#count - watched.from,
      received: watched.received,
      ...(lag && { lag, errorMs: watched.errorMs }),
      ...(error && { error }),
    }
  }

  /** By how much the history has grown for this, as the markers were sent; the server may write them a little longer. */
  get cost(): MarkerCost {
    return { sent: this.#count, bytes: this.#bytes }
  }

  async stop(): Promise<void> {
    this.#stop.abort('stopped')
    await Promise.all([this.#running, ...[...this.#replicas.values()].map(({ running }) => running)])
  }

  async #again(work: () => Promise<void>, failed: (error: ReplError | undefined) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await work()
      } catch (error) {
        const failure = expectReplError(error)
        if (failure.code !== 'ABORTED') failed(failure)
      }
      await sleep(RETRY_MS, signal).catch(ignoreFailure)
    }
  }

  /** Never returns by itself. @throws ReplError */
  async #send(): Promise<void> {
    const link = await QueryLink.open(this.#master, this.#signal)
    try {
      if (this.#key !== undefined) await refuseTaken(link, this.#key)
      for (;;) {
        const nonce = this.#count
        const command =
          this.#key === undefined
            ? ['PUBLISH', this.#channel, String(nonce)]
            : ['SET', this.#key, `${this.#channel}:${nonce}`, 'PX', String(KEY_LIVES_MS)]
        const sent = { askedAt: now(), answeredAt: Number.POSITIVE_INFINITY }
        this.#sent.set(nonce, sent)
        const reply = await link.ask(...command)
        sent.answeredAt = now()
        link.takeEvents()
        if (reply instanceof ServerError) throw refusal(reply, { command: command[0] ?? '' })
        this.#error = undefined
        this.#count += 1
        this.#sent.delete(nonce - REMEMBERED)
        this.#bytes += encodeCommand(command).length
        await sleep(EVERY_MS, this.#signal)
      }
    } finally {
      link.close()
    }
  }

  /** @throws ReplError */
  async #subscribe(access: Access, watched: Watched, signal: AbortSignal): Promise<void> {
    const link = await QueryLink.open(access, signal)
    try {
      const reply = await link.ask('SUBSCRIBE', this.#channel)
      if (reply instanceof ServerError) throw refusal(reply, { command: 'SUBSCRIBE' })
      watched.error = undefined
      for (;;) {
        const message = await link.pushed()
        if (Array.isArray(message) && message[0] === 'message') this.#received(watched, Number(message[2]), 0)
      }
    } finally {
      link.close()
    }
  }

  /** @throws ReplError */
  async #read(access: Access, watched: Watched, signal: AbortSignal): Promise<void> {
    const link = await QueryLink.open(access, signal)
    let last = -1
    try {
      await link.ask('READONLY')
      for (;;) {
        const askedAt = now()
        const reply = await link.ask('GET', this.#key ?? '')
        link.takeEvents()
        if (reply instanceof ServerError) throw refusal(reply, { command: 'GET' })
        watched.error = undefined
        const nonce = typeof reply === 'string' && reply.startsWith(this.#channel) ? Number(reply.split(':').at(-1)) : last
        if (nonce > last) this.#received(watched, nonce, now() - askedAt + LOOK_EVERY_MS)
        last = nonce
        await sleep(LOOK_EVERY_MS, signal)
      }
    } finally {
      link.close()
    }
  }

  /**
   * From the moment it was sent, which is an upper bound: it was on its way to the master for a part of that.
   * @param lookMs how much later than it came it may have been seen
   */
  #received(watched: Watched, nonce: number, lookMs: number): void {
    const sent = this.#sent.get(nonce)
    if (!sent) return
    const at = now()
    const wayMs = Math.min(sent.answeredAt, at) - sent.askedAt
    watched.received += 1
    watched.errorMs = Math.max(watched.errorMs, wayMs + lookMs)
    watched.samples.add(at - sent.askedAt)
  }
}

/** The key may be somebody's. @throws ReplError MARKER_KEY_TAKEN, or what GET is refused with */
async function refuseTaken(link: QueryLink, key: string): Promise<void> {
  const reply = await link.ask('GET', key)
  const isTaken = reply instanceof ServerError ? reply.text.startsWith('WRONGTYPE') : reply !== null && !String(reply).startsWith(PREFIX)
  if (isTaken) throw new ReplError('MARKER_KEY_TAKEN', { key })
  if (reply instanceof ServerError) throw refusal(reply, { command: 'GET' })
}
