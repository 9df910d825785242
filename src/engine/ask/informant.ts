/**
 * The second connection as something that may be missing: what it cannot tell is undefined, and whoever asks becomes more
 * careful, never wrong.
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

/** Connects when it is first asked: a handshake that fails before has no need of it. */
export class Informant {
  readonly #options: Access
  readonly #signal: AbortSignal
  #link: QueryLink | undefined
  #opening: Promise<void> | undefined
  #isClosed = false
  /** Why something could not be had: the server's refusal of INFO, or what broke the connection. */
  unavailable: ReplError | undefined

  constructor(options: Access, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** @throws ReplError ABORTED only, as all of these. */
  async info(): Promise<ServerInfo | undefined> {
    try {
      const reply = await (await this.#opened())?.info()
      if (!(reply instanceof ServerError)) return reply
      this.unavailable = refusal(reply, { command: 'INFO' })
    } catch (error) {
      this.#giveUp(error)
    }
    return undefined
  }

  /** A reply of any kind but an error. */
  async ask(...args: string[]): Promise<Reply | undefined> {
    const link = await this.#opened()
    const reply = await link?.ask(...args).catch((error) => this.#giveUp(error))
    return reply instanceof ServerError ? undefined : reply
  }

  async setting(name: string): Promise<string | undefined> {
    return (await this.#settings(name))?.get(name)
  }

  /** Every `repl-*` setting, those that the guards need besides, and others by name; undefined where CONFIG is not permitted. */
  async replSettings(server: ServerIdentity | undefined, ...others: string[]): Promise<Settings | undefined> {
    const settings = await this.#settings('repl-*')
    const channel = channelSetting(server)
    const more = settings ? await this.#each([...(channel ? [channel] : []), ...others]) : []
    return settings && new Map([...settings, ...more])
  }

  takeEvents(): QueryEvent[] {
    return this.#link?.takeEvents() ?? []
  }

  close(): void {
    this.#isClosed = true
    this.#link?.close()
  }

  async #each(names: readonly string[]): Promise<(readonly [string, string])[]> {
    const found: (readonly [string, string])[] = []
    for (const name of names) found.push(...((await this.#settings(name)) ?? []))
    return found
  }

  async #settings(pattern: string): Promise<Settings | undefined> {
    return settingsFrom(await this.ask('CONFIG', 'GET', pattern))
  }

  async #opened(): Promise<QueryLink | undefined> {
    // Two first questions at once share one connection.
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
