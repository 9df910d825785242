/** Questions such as INFO, CONFIG and HELLO, over an ordinary client connection or over a link that is not a replica's yet. */

import { ReplError } from '../../errors.ts'
import { type Command, withoutSecrets } from '../../handshake/plan.ts'
import { auth } from '../../handshake/steps.ts'
import { now } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import { connectSocket } from '../../io/socket-link.ts'
import { Turns } from '../../io/turns.ts'
import type { Credentials } from '../../protocol/credentials.ts'
import { parseServerInfo, type ServerInfo } from '../../protocol/info/server-info.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'
import { type Reply, ReplyDecoder, ServerError } from '../../protocol/wire/reply.ts'
import { refusal, withReplyText } from '../../protocol/wire/server-error.ts'
import type { QueryEvent } from '../events.ts'
import { ProgressReader } from '../progress-reader.ts'
import type { Access } from './access.ts'
import { confirmServer } from './confirm-server.ts'
import { Denied } from './denied.ts'

/** Time limit of one read. A subscriber then reads again, since there may be long gaps between messages. */
const PATIENCE_MS = 60_000

export class QueryLink {
  readonly #link: Link
  readonly #decoder = new ReplyDecoder()
  readonly #limitMs: number
  readonly #denied: Denied
  #events: QueryEvent[] = []
  /** Each query waits for the reply to the previous one. */
  readonly #turns = new Turns()
  /** Received messages that the subscriber has not read yet. */
  #pushed: Reply[] = []

  private constructor(link: Link, limitMs: number, denied: Denied) {
    this.#link = link
    this.#limitMs = limitMs
    this.#denied = denied
  }

  /** Asks over a replication link. Only before PSYNC, and only while no other reply is outstanding there. */
  static over(link: Link, limitMs: number, denied: Denied): QueryLink {
    return new QueryLink(link, limitMs, denied)
  }

  /** @throws ReplError of connecting or AUTH; SEVERAL_SERVERS if it reached another server than expected */
  static async open(options: Access, signal: AbortSignal, denied = new Denied()): Promise<QueryLink> {
    const { endpoint, limits, connect = connectSocket } = options
    const link = new QueryLink(await connect(endpoint, { limitMs: limits.connectMs }, signal), limits.stepMs, denied)
    try {
      if (options.credentials) await link.#authenticate(options.credentials)
      if (options.clientName !== undefined) await link.#introduce(options.clientName)
      if (options.expected) await link.#confirm(options.expected)
      return link
    } catch (error) {
      link.close()
      throw error
    }
  }

  /** Sends one command, unless the server has denied it before. An error reply is a value. @throws ReplError when no reply comes */
  async ask(...args: string[]): Promise<Reply> {
    const refused = this.#denied.of(args)
    if (refused) return refused
    const reply = await this.#turns.take(() => this.#exchange({ args, shown: args }))
    this.#denied.note(args, reply)
    return reply
  }

  /** Keeps an idle connection open. It appears in no trace. @throws ReplError when no reply comes */
  async ping(): Promise<Reply> {
    return await this.#turns.take(() => this.#reply({ args: ['PING'], shown: ['PING'] }))
  }

  /** Waits without limit for the next message to a subscriber. @throws ReplError LINK_LOST, ABORTED */
  async pushed(): Promise<Reply> {
    while (this.#pushed.length === 0) {
      const chunk = await this.#link.read(PATIENCE_MS).catch(ignoreTimeout)
      if (chunk === undefined) throw new ReplError('CLOSED', { state: 'QUERY' })
      if (chunk) this.#pushed.push(...this.#decoder.push(chunk))
    }
    return this.#pushed.shift() ?? null
  }

  /** The default sections of INFO, or the server's refusal. */
  async info(): Promise<ServerInfo | ServerError> {
    const reply = await this.ask('INFO')
    return reply instanceof ServerError ? reply : parseServerInfo(String(reply))
  }

  /** The address of the server that this connection reached. */
  get remoteName(): string {
    return this.#link.remoteName
  }

  /** The queries since the last call, with secrets masked. */
  takeEvents(): QueryEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  close(): void {
    this.#link.close()
  }

  /** Without permission for INFO nothing can be compared. */
  async #confirm(expected: ServerInfo): Promise<void> {
    const info = await this.info()
    if (!(info instanceof ServerError)) confirmServer(info, expected)
  }

  /** The first command without a password. A refused name is not a failure, but a server at its connection limit is. */
  async #introduce(name: string): Promise<void> {
    const reply = await this.ask('CLIENT', 'SETNAME', name)
    const refused = reply instanceof ServerError ? refusal(reply, { state: 'QUERY', command: 'CLIENT' }) : undefined
    if (refused?.details.reason === 'MAX_CLIENTS') throw refused
  }

  async #authenticate(credentials: Credentials): Promise<void> {
    const command = auth({ credentials })
    if (!command) return
    const reply = await this.#exchange(command)
    if (!(reply instanceof ServerError)) return
    const refused = refusal(reply, { state: 'QUERY', command: command.shown.join(' ') })
    if (refused.details.reason !== 'NO_PASSWORD_SET') throw withReplyText(refused, withoutSecrets(reply.text, command))
  }

  async #exchange(command: Command): Promise<Reply> {
    const sentAt = now()
    const reply = await this.#reply(command)
    const shown = withoutSecrets(summarize(reply), command)
    this.#events.push({ type: 'query', on: 'second', at: now(), rttMs: now() - sentAt, sent: command.shown, reply: shown })
    return reply
  }

  async #reply({ args, shown }: Command): Promise<Reply> {
    this.#link.write(encodeCommand(args))
    const reader = ProgressReader.ofReply()
    for (;;) {
      const chunk = await reader.read(this.#link, this.#limitMs, (next) => this.#decoder.isOfLongReply(next))
      if (!chunk) throw new ReplError('CLOSED', { state: 'QUERY', command: shown.join(' ') })
      const [reply, ...others] = this.#decoder.push(chunk)
      if (reply === undefined) continue
      this.#pushed.push(...others)
      return reply
    }
  }
}

/** @returns null for a timeout; other errors are thrown again */
function ignoreTimeout(error: unknown): null {
  if (error instanceof ReplError && error.code === 'TIMEOUT') return null
  throw error
}

function summarize(reply: Reply): string {
  if (reply instanceof ServerError) return `-${reply.text}`
  if (typeof reply === 'string') return reply.length > 80 ? `(${Buffer.byteLength(reply)} bytes)` : reply
  return JSON.stringify(reply)
}
