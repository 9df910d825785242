/**
 * Queries over an optional second connection. A fact that the server does not reveal is undefined, and the caller then becomes
 * more careful, never wrong. A connection that breaks is replaced: proxies and servers close those that are idle.
 */

import { awaitedLater, type ErrorCode, expectReplError, type Failure, ReplError } from '../../errors.ts'
import { after, now } from '../../io/clock.ts'
import { endpointName } from '../../io/endpoint.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { type Reply, ServerError } from '../../protocol/wire/reply.ts'
import { refusal } from '../../protocol/wire/server-error.ts'
import type { QueryEvent } from '../events.ts'
import type { Access } from './access.ts'
import { Denied } from './denied.ts'
import { QueryLink } from './query.ts'
import type { Questions } from './questions.ts'

/** Shorter than the idle limits of common proxies and firewalls, which begin at 30 s. */
const KEEP_ALIVE_MS = 10_000
/** The shortest pause after a failed connection attempt. The pause is also as long as that attempt took. */
const REOPEN_AFTER_MS = 1000
/** Failures after which another connection may work. A wrong password, for example, stays wrong, and each try is logged. */
const PASSING: readonly ErrorCode[] = ['LINK_LOST', 'TIMEOUT', 'MASTER_UNREACHABLE', 'TRY_LATER']

/** Whether the server refused INFO itself. Otherwise the connection failed, or could not be made. */
export function isRefusal({ details }: Failure): boolean {
  return 'reply' in details && details.command === 'INFO'
}

/** Connects on the first query, since a handshake that fails early never needs it. */
export class Informant implements Questions {
  readonly #options: Access
  readonly #signal: AbortSignal
  readonly #denied: Denied
  readonly #keepAliveMs: number
  /** The connection, or the attempt to make one; undefined when the next query has to connect. */
  #opening: Promise<QueryLink | undefined> | undefined
  #link: QueryLink | undefined
  /** No new attempt before this time. */
  #reopenAt = 0
  #cancelKeepAlive = () => {}
  #keepingAlive: Promise<void> | undefined
  /** The queries of connections that broke. */
  #events: QueryEvent[] = []
  #isClosed = false
  /** The server that every connection must reach; undefined until it is known. */
  #server: ServerInfo | undefined
  /** The last failure of the connection. */
  #failure: ReplError | undefined
  /** Why the last INFO failed: the server refused it, or the connection broke. Undefined when it was answered. */
  unavailable: ReplError | undefined
  /** The same for the last ask(). */
  unanswered: ReplError | undefined

  constructor(options: Access, signal: AbortSignal, denied = new Denied(), keepAliveMs = KEEP_ALIVE_MS) {
    this.#options = options
    this.#signal = signal
    this.#denied = denied
    this.#keepAliveMs = keepAliveMs
    this.#server = options.expected
  }

  /**
   * Ties every connection to the server of the replication link: an address may lead each connection to another server.
   * @throws ReplError SEVERAL_SERVERS if this one reaches another
   */
  async meet(server: ServerInfo): Promise<void> {
    this.#server = server
    await this.#connection()
    if (this.#failure?.details.reason === 'SEVERAL_SERVERS') throw this.#failure.with({ endpoint: endpointName(this.#options.endpoint) })
  }

  /** Like all these methods, it only throws ABORTED. @returns undefined when INFO is refused or the connection fails */
  async info(): Promise<ServerInfo | undefined> {
    const reply = await this.#query((link) => link.info())
    const isRefused = reply instanceof ServerError
    this.unavailable = isRefused ? refusal(reply, { command: 'INFO' }) : reply ? undefined : this.#failure
    return isRefused ? undefined : reply
  }

  /** @returns any reply but an error; undefined for an error reply or a failed connection */
  async ask(...args: string[]): Promise<Reply | undefined> {
    const reply = await this.#query((link) => link.ask(...args))
    const isRefused = reply instanceof ServerError
    this.unanswered = isRefused ? refusal(reply, { command: args[0] ?? '' }) : reply === undefined ? this.#failure : undefined
    return isRefused ? undefined : reply
  }

  takeEvents(): QueryEvent[] {
    const events = [...this.#events, ...(this.#link?.takeEvents() ?? [])]
    this.#events = []
    return events
  }

  close(): void {
    this.#isClosed = true
    this.#drop(this.#link)
  }

  /** Asks again when the connection breaks, but only once: a server that is gone must not keep us asking. */
  async #query<T>(question: (link: QueryLink) => Promise<T>): Promise<T | undefined> {
    await this.#keepingAlive
    for (let isAgain = false; ; isAgain = true) {
      const link = await this.#connection()
      if (!link) return undefined
      try {
        const reply = await question(link)
        this.#keepAlive(link)
        return reply
      } catch (error) {
        this.#drop(link)
        this.#fail(error, now())
        if (isAgain || this.#failure?.code !== 'LINK_LOST') return undefined
      }
    }
  }

  async #connection(): Promise<QueryLink | undefined> {
    if (!this.#opening && (this.#isClosed || now() < this.#reopenAt)) return undefined
    // Concurrent queries share one connection.
    this.#opening ??= this.#open()
    return await this.#opening
  }

  /** Every connection comes from here, the first one and those that replace it. */
  async #open(): Promise<QueryLink | undefined> {
    const startedAt = now()
    try {
      const link = await QueryLink.open({ ...this.#options, ...(this.#server && { expected: this.#server }) }, this.#signal, this.#denied)
      this.#link = link
      if (!this.#isClosed) return link
      this.#drop(link)
    } catch (error) {
      this.#fail(error, now() + Math.max(REOPEN_AFTER_MS, now() - startedAt))
      this.#opening = undefined
    }
    return undefined
  }

  /** @param reopenAt when another connection may work. @throws the error when it is ABORTED or a bug */
  #fail(error: unknown, reopenAt: number): void {
    if (!(error instanceof ReplError) || error.code === 'ABORTED') throw error
    this.#failure = error
    this.#reopenAt = PASSING.includes(error.code) ? reopenAt : Number.POSITIVE_INFINITY
  }

  #drop(link: QueryLink | undefined): void {
    link?.close()
    // Another query on the same connection may have replaced it already.
    if (link !== this.#link) return
    this.#cancelKeepAlive()
    this.#events = this.takeEvents()
    this.#link = undefined
    this.#opening = undefined
  }

  #keepAlive(link: QueryLink): void {
    if (link !== this.#link) return
    this.#cancelKeepAlive()
    this.#cancelKeepAlive = after(this.#keepAliveMs, () => {
      this.#keepingAlive = awaitedLater(this.#ping(link))
    })
  }

  /** The next query replaces a connection that does not answer. A refused PING is not repeated: it adds an entry to ACL LOG. */
  async #ping(link: QueryLink): Promise<void> {
    try {
      const reply = await link.ping()
      const isRefused = reply instanceof ServerError && refusal(reply, { command: 'PING' }).code === 'NO_PERMISSION'
      if (!isRefused) this.#keepAlive(link)
    } catch (error) {
      this.#drop(link)
      expectReplError(error)
    }
  }
}
