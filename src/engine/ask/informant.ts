/**
 * Queries over an optional second connection. A fact that the server does not reveal is undefined, and the caller then becomes
 * more careful, never wrong.
 */

import { ReplError } from '../../errors.ts'
import { channelSetting } from '../../handshake/guard.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { type Settings, settingsFrom } from '../../protocol/settings.ts'
import { type Reply, ServerError } from '../../protocol/wire/reply.ts'
import { refusal } from '../../protocol/wire/server-error.ts'
import type { QueryEvent } from '../events.ts'
import type { Access } from './access.ts'
import { QueryLink } from './query.ts'

/** Connects on the first query, since a handshake that fails early never needs it. */
export class Informant {
  readonly #options: Access
  readonly #signal: AbortSignal
  #link: QueryLink | undefined
  #opening: Promise<void> | undefined
  #isClosed = false
  /** Why a query failed: the server refused INFO, or the connection broke. */
  unavailable: ReplError | undefined

  constructor(options: Access, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
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

  async setting(name: string): Promise<string | undefined> {
    return (await this.#settings(name))?.get(name)
  }

  /** Every `repl-*` setting, the one that the guard needs, and `others`; undefined when CONFIG is not permitted. */
  async replSettings(server: ServerIdentity | undefined, ...others: string[]): Promise<Settings | undefined> {
    const settings = await this.#settings('repl-*')
    const channel = channelSetting(server)
    const more = settings ? await this.#settingsByName([...(channel ? [channel] : []), ...others]) : []
    return settings && new Map([...settings, ...more])
  }

  takeEvents(): QueryEvent[] {
    return this.#link?.takeEvents() ?? []
  }

  close(): void {
    this.#isClosed = true
    this.#link?.close()
  }

  async #settingsByName(names: readonly string[]): Promise<(readonly [string, string])[]> {
    const found: (readonly [string, string])[] = []
    for (const name of names) found.push(...((await this.#settings(name)) ?? []))
    return found
  }

  async #settings(pattern: string): Promise<Settings | undefined> {
    return settingsFrom(await this.ask('CONFIG', 'GET', pattern))
  }

  async #connection(): Promise<QueryLink | undefined> {
    // Concurrent first queries share one connection.
    this.#opening ??= this.#open()
    await this.#opening
    return this.#link
  }

  async #open(): Promise<void> {
    this.#link = await QueryLink.open(this.#options, this.#signal).catch((error) => this.#giveUp(error))
    if (this.#isClosed) this.#link?.close()
  }

  #giveUp(error: unknown): undefined {
    if (!(error instanceof ReplError) || error.code === 'ABORTED') throw error
    this.unavailable ??= error
    this.#link?.close()
    this.#link = undefined
    return undefined
  }
}
