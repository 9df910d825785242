/**
 * Queries over an optional second connection. A fact that the server does not reveal is undefined, and the caller then becomes
 * more careful, never wrong.
 */

import { ReplError } from '../../errors.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { type Reply, ServerError } from '../../protocol/wire/reply.ts'
import { refusal } from '../../protocol/wire/server-error.ts'
import type { QueryEvent } from '../events.ts'
import type { Access } from './access.ts'
import { Denied } from './denied.ts'
import { QueryLink } from './query.ts'
import { confirmServer, type Questions } from './questions.ts'

/** Connects on the first query, since a handshake that fails early never needs it. */
export class Informant implements Questions {
  readonly #options: Access
  readonly #signal: AbortSignal
  readonly #denied: Denied
  #link: QueryLink | undefined
  #opening: Promise<void> | undefined
  #isClosed = false
  /** The server that every connection must reach; undefined until it is known. */
  #server: ServerInfo | undefined
  /** Why a query failed: the server refused INFO, or the connection broke. */
  unavailable: ReplError | undefined

  constructor(options: Access, signal: AbortSignal, denied = new Denied()) {
    this.#options = options
    this.#denied = denied
    this.#signal = signal
    this.#server = options.expected
  }

  /**
   * Ties every connection to the server of the replication link: an address may lead each connection to another server.
   * @throws ReplError SEVERAL_SERVERS if this one reaches another
   */
  async meet(server: ServerInfo): Promise<void> {
    this.#server = server
    await this.#connection()
    if (this.unavailable?.details.reason === 'SEVERAL_SERVERS') throw this.unavailable
  }

  /** Like all these methods, it only throws ABORTED. @returns undefined when INFO is refused or the connection fails */
  async info(): Promise<ServerInfo | undefined> {
    try {
      const reply = await (await this.#connection())?.info()
      if (!(reply instanceof ServerError)) return reply
      this.unavailable = refusal(reply, { command: 'INFO' })
    } catch (error) {
      this.#giveUp(error)
    }
    return undefined
  }

  /** @returns any reply but an error; undefined for an error reply or a failed connection */
  async ask(...args: string[]): Promise<Reply | undefined> {
    const link = await this.#connection()
    const reply = await link?.ask(...args).catch((error) => this.#giveUp(error))
    return reply instanceof ServerError ? undefined : reply
  }

  takeEvents(): QueryEvent[] {
    return this.#link?.takeEvents() ?? []
  }

  close(): void {
    this.#isClosed = true
    this.#link?.close()
  }

  async #connection(): Promise<QueryLink | undefined> {
    // Concurrent first queries share one connection.
    this.#opening ??= this.#open()
    await this.#opening
    return this.#link
  }

  async #open(): Promise<void> {
    const link = await QueryLink.open(this.#options, this.#signal, this.#denied).catch((error) => this.#giveUp(error))
    this.#link = link
    if (this.#isClosed) link?.close()
    else if (link && this.#server) await this.#recognise(link, this.#server).catch((error) => this.#giveUp(error))
  }

  /** @throws ReplError SEVERAL_SERVERS */
  async #recognise(link: QueryLink, server: ServerInfo): Promise<void> {
    const info = await link.info()
    if (!(info instanceof ServerError)) confirmServer(info, server)
  }

  #giveUp(error: unknown): undefined {
    if (!(error instanceof ReplError) || error.code === 'ABORTED') throw error
    this.unavailable ??= error
    this.#link?.close()
    this.#link = undefined
    return undefined
  }
}
