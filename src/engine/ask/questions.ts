/** The questions that the engine asks a server. A refusal is distinguished from a failure. */

import type { ReplError } from '../../errors.ts'
import { channelSetting } from '../../handshake/guard.ts'
import type { Link } from '../../io/link.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { type Settings, settingsFrom } from '../../protocol/settings.ts'
import { type Reply, ServerError } from '../../protocol/wire/reply.ts'
import { refusal } from '../../protocol/wire/server-error.ts'
import type { QueryEvent } from '../events.ts'
import type { Denied } from './denied.ts'
import { QueryLink } from './query.ts'

export interface Questions {
  /** Why the last INFO brought no answer: it was refused, or the connection failed. */
  readonly unavailable: ReplError | undefined
  /** @returns undefined when INFO is refused, or cannot be asked */
  info(): Promise<ServerInfo | undefined>
  /** @returns any reply but an error; undefined for an error reply, or when the command cannot be sent */
  ask(...args: string[]): Promise<Reply | undefined>
  /** The questions since the last call, with secrets masked. */
  takeEvents(): QueryEvent[]
}

/**
 * Questions over the replication link itself, before it becomes a replica's. The answers come from the server that gets our PSYNC,
 * even if other connections to the same address reach another one. A failure of the link is thrown.
 */
export class LinkQuestions implements Questions {
  readonly #query: QueryLink
  unavailable: ReplError | undefined

  constructor(link: Link, limitMs: number, denied: Denied) {
    this.#query = QueryLink.over(link, limitMs, denied)
  }

  async info(): Promise<ServerInfo | undefined> {
    const reply = await this.#query.info()
    if (!(reply instanceof ServerError)) return reply
    this.unavailable = refusal(reply, { command: 'INFO' })
    return undefined
  }

  async ask(...args: string[]): Promise<Reply | undefined> {
    const reply = await this.#query.ask(...args)
    return reply instanceof ServerError ? undefined : reply
  }

  takeEvents(): QueryEvent[] {
    return this.#query.takeEvents().map((event) => ({ ...event, on: 'link' }))
  }
}

export async function setting(questions: Questions, name: string): Promise<string | undefined> {
  return (await settingsLike(questions, name))?.get(name)
}

/** Every `repl-*` setting, the one that the guard needs, and `others`; undefined when CONFIG is not permitted. */
export async function replSettings(
  questions: Questions,
  server: ServerIdentity | undefined,
  ...others: string[]
): Promise<Settings | undefined> {
  const found = await settingsLike(questions, 'repl-*')
  if (!found) return undefined
  const channel = channelSetting(server)
  const all = new Map(found)
  for (const name of [...(channel ? [channel] : []), ...others]) {
    for (const [key, value] of (await settingsLike(questions, name)) ?? []) all.set(key, value)
  }
  return all
}

async function settingsLike(questions: Questions, pattern: string): Promise<Settings | undefined> {
  return settingsFrom(await questions.ask('CONFIG', 'GET', pattern))
}
