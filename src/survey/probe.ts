/** Polls the INFO of one server, or its ROLE when INFO is not permitted. Reconnects whenever the connection breaks. */

import type { Observation } from '../diagnosis/lag/lag.ts'
import { type Access, placed } from '../engine/ask/access.ts'
import { Denied } from '../engine/ask/denied.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { ignoreFailure, type ReplError, replErrorOf } from '../errors.ts'
import { now, sleep } from '../io/clock.ts'
import { endpointName, pinned } from '../io/endpoint.ts'
import { type Info, parseInfo, withoutSection } from '../protocol/info/info.ts'
import { infoFromRole } from '../protocol/info/role.ts'
import { serverInfo } from '../protocol/info/server-info.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'

/** How often to ask for all sections: those besides replication change slowly and cost the server more. */
const WHOLE_EVERY_MS = 1000
const RETRY_MS = 1000
/** A connection that answered and broke is replaced this long after its first query at the earliest. */
const REDIAL_MS = 100

export class Probe {
  readonly access: Access
  /** Time between two queries. */
  everyMs: number
  /** The last answer. */
  seen: Observation | undefined
  /** Why there is no current answer. */
  failure: ReplError | undefined
  readonly #onObservation: (observation: Observation) => void
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #first: Promise<void>
  #askedAt: number | undefined
  #remoteName: string | undefined
  #otherSections: Info = new Map()
  #otherSectionsAt = Number.NEGATIVE_INFINITY
  /** Shared by all connections to this server. */
  readonly #denied = new Denied()
  /** The refusal of INFO on this connection; from then on ROLE is used. */
  #refused: ReplError | undefined

  constructor(access: Access, everyMs: number, onObservation: (observation: Observation) => void, signal: AbortSignal) {
    this.access = access
    this.everyMs = everyMs
    this.#onObservation = onObservation
    this.#signal = AbortSignal.any([signal, this.#stop.signal])
    this.#first = new Promise((resolve, reject) => void this.#run(resolve).then(resolve, reject))
  }

  /** Resolves when the first query has been answered or has failed. */
  async first(): Promise<void> {
    await this.#first
  }

  /** How long the current query has gone unanswered, or the current connection attempt has taken. */
  get silentMs(): number {
    return this.#askedAt === undefined ? 0 : now() - this.#askedAt
  }

  /** For other connections: each of them must reach the server that answered this one, wherever its address leads. */
  get reached(): Access {
    const { access, seen } = this
    const endpoint = this.#remoteName === undefined ? access.endpoint : pinned(access.endpoint, this.#remoteName)
    // Where INFO is not permitted, each try to compare would add an entry to ACL LOG.
    return { ...access, endpoint, ...(seen && !seen.isByRole && { expected: seen.server }) }
  }

  stop(): void {
    this.#stop.abort('stopped')
  }

  async #run(onSettled: () => void): Promise<void> {
    while (!this.#signal.aborted) {
      this.#askedAt ??= now()
      const pauseMs = await this.#poll(onSettled)
      onSettled()
      await sleep(pauseMs, this.#signal).catch(ignoreFailure)
    }
  }

  /**
   * Asks over one connection until it fails. Servers and proxies close connections that still work, so the failure counts only
   * if it never answered, or if the next one fails too. @returns how long to wait before the next connection
   */
  async #poll(onSettled: () => void): Promise<number> {
    let link: QueryLink | undefined
    let firstAskedAt: number | undefined
    try {
      link = await QueryLink.open(this.access, this.#signal, this.#denied)
      this.#refused = undefined
      this.#remoteName = link.remoteName
      for (;;) {
        await this.#look(link)
        firstAskedAt ??= this.seen?.askedAt
        onSettled()
        await sleep(this.everyMs, this.#signal)
      }
    } catch (error) {
      const failure = placed(replErrorOf(error), this.access)
      // A server that hangs still has an unanswered query, so the time keeps counting.
      if (failure.details.reason !== 'SILENCE') this.#askedAt = undefined
      if (failure.code === 'LINK_LOST' && firstAskedAt !== undefined) return Math.max(0, firstAskedAt + REDIAL_MS - now())
      if (failure.code !== 'ABORTED') this.failure = failure
      return RETRY_MS
    } finally {
      link?.close()
    }
  }

  async #look(link: QueryLink): Promise<void> {
    const askedAt = now()
    this.#askedAt = askedAt
    const isWhole = askedAt - this.#otherSectionsAt >= WHOLE_EVERY_MS
    const info = this.#refused ? await this.#role(link, this.#refused) : await this.#ask(link, isWhole, askedAt)
    const answeredAt = now()
    link.takeEvents()
    this.#askedAt = this.failure = undefined
    const server = serverInfo(info)
    const id = server.runId ?? endpointName(this.access.endpoint)
    this.seen = { askedAt, answeredAt, id, server, ...(this.#refused && { isByRole: true }) }
    this.#onObservation(this.seen)
  }

  async #ask(link: QueryLink, isWhole: boolean, askedAt: number): Promise<Info> {
    const reply = await (isWhole ? link.ask('INFO') : link.ask('INFO', 'replication'))
    if (reply instanceof ServerError) return await this.#role(link, refusal(reply, { command: 'INFO' }))
    const text = String(reply)
    const info = parseInfo(text)
    if (!isWhole) return new Map([...this.#otherSections, ...info])
    this.#otherSections = parseInfo(withoutSection(text, 'Replication'))
    this.#otherSectionsAt = askedAt
    return info
  }

  /** A user without permission for INFO may have it for ROLE. @throws ReplError the refusal of INFO */
  async #role(link: QueryLink, refused: ReplError): Promise<Info> {
    const info = refused.code === 'NO_PERMISSION' ? infoFromRole(await link.ask('ROLE')) : undefined
    if (!info) throw refused
    this.#refused = refused
    return info
  }
}
