/** --prefer: selects a replica instead of its master, or the master instead of a replica, and reports the choice. */
import type { Access } from '../engine/ask/access.ts'
import { Informant } from '../engine/ask/informant.ts'
import type { Candidate, Choice, Found, Source } from '../engine/ask/source.ts'
import { ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { isTool } from '../protocol/info/replicas.ts'
import { isMasterOf, isOtherServer, isTop, loadsData, numberField, type ServerInfo } from '../protocol/info/server-info.ts'
import type { AddressMap } from './address-map.ts'

export type Preference = 'master' | 'replica'

/** A longer chain of masters is a circle. */
const MAX_DEPTH = 16

interface Server {
  readonly access: Access
  readonly info?: ServerInfo
  readonly failure?: ReplError
}

export class PreferredSource implements Source {
  readonly #inner: Source
  readonly #preference: Preference
  readonly #addresses: AddressMap
  /** The server that the inner source found. */
  #found: Access | undefined

  constructor(inner: Source, preference: Preference, addresses: AddressMap) {
    this.#inner = inner
    this.#preference = preference
    this.#addresses = addresses
  }

  get name(): string {
    return this.#inner.name
  }

  async find(signal: AbortSignal): Promise<Found> {
    const { access, choices = [] } = await this.#inner.find(signal)
    this.#found = access
    const chain = await this.#askChain(access, signal)
    const master = chain.at(-1) as Server
    const { access: chosen, choice } = this.#preference === 'master' ? preferMaster(master) : await this.#replica(chain, signal)
    return { access: chosen, choices: [...choices, choice] }
  }

  /** When the master moves, its replicas change too, so only the inner source counts. */
  async hasMoved(_: Access, signal: AbortSignal): Promise<boolean> {
    return this.#found !== undefined && ((await this.#inner.hasMoved?.(this.#found, signal)) ?? false)
  }

  close(): void {
    this.#inner.close?.()
  }

  /** The chain from the named server to its master, or to a server that cannot be asked. @throws ReplError of the named server */
  async #askChain(entry: Access, signal: AbortSignal): Promise<Server[]> {
    const chain = [await askServer(entry, signal)]
    const [first] = chain
    if (first?.failure) throw first.failure
    for (;;) {
      const { info } = chain.at(-1) as Server
      const link = info?.masterLink
      if (!link || isTop(info)) return chain
      if (chain.length > MAX_DEPTH) throw new ReplError('CIRCLE', { endpoint: endpointName(entry.endpoint) })
      chain.push(await askMaster(chain.at(-1) as Server, this.#addresses.access(link, entry), signal))
    }
  }

  /** Chooses among the replicas that the master lists and those on the chain to it. */
  async #replica(chain: readonly Server[], signal: AbortSignal): Promise<{ access: Access; choice: Choice }> {
    const master = chain.at(-1) as Server
    const listed = (master.info?.replicas ?? []).filter((one) => !isTool(one))
    const accesses = listed.map((one) => this.#addresses.access(one, master.access))
    const found = await Promise.all(accesses.map((access) => askServer(access, signal)))
    const ids = new Set(found.flatMap(({ info }) => info?.runId ?? []))
    // The user's name for a listed replica may be that of several.
    const isListed = (server: Server) => server.info?.runId !== undefined && ids.has(server.info.runId)
    const names = new Set(found.map(nameOf))
    const passed = chain.slice(0, -1).filter((server) => names.has(nameOf(server)) || !isListed(server))
    return preferReplica(master, byAddress([...found, ...passed]))
  }
}

/** One server for each address. An address that led to two servers may lead to either of them next time, so it names neither. */
function byAddress(servers: readonly Server[]): Server[] {
  const found = new Map<string, Server>()
  for (const server of servers) {
    const other = found.get(nameOf(server))
    found.set(nameOf(server), other ? together(other, server) : server)
  }
  return [...found.values()]
}

function together(one: Server, other: Server): Server {
  if (!one.info || !other.info) return one.info || one.failure?.details.reason === 'SEVERAL_SERVERS' ? one : other
  if (!isOtherServer(one.info, other.info)) return one
  const ids = { runId: one.info.runId ?? '', otherRunId: other.info.runId ?? '' }
  return { access: one.access, failure: new ReplError('SEVERAL_SERVERS', { endpoint: nameOf(one), ...ids }) }
}

function preferMaster(master: Server): { access: Access; choice: Choice } {
  if (master.failure) throw master.failure
  return { access: master.access, choice: { endpoint: nameOf(master), by: 'prefer master', isFallback: false, asked: [] } }
}

/** Chooses the healthy replica with the highest offset, otherwise the master. @throws ReplError of the master */
function preferReplica(master: Server, replicas: readonly Server[]): { access: Access; choice: Choice } {
  const candidates = replicas.map((server) => ({ server, considered: assess(server, master.info) }))
  const healthy = candidates.filter(({ considered }) => considered.answer === 'behind')
  const best = healthy.reduce<(typeof candidates)[number] | undefined>(
    (found, one) => (found && (found.considered.offset ?? 0) >= (one.considered.offset ?? 0) ? found : one),
    undefined,
  )
  if (!best && master.failure) throw master.failure
  const asked = candidates.map((one): Candidate => (one === best ? { ...one.considered, answer: 'chosen' } : one.considered))
  const { access } = best?.server ?? master
  return { access, choice: { endpoint: endpointName(access.endpoint), by: 'prefer replica', isFallback: best === undefined, asked } }
}

/** @param master undefined when it cannot be asked; then the replica's own INFO decides */
function assess(server: Server, master: ServerInfo | undefined): Candidate {
  const { info, failure } = server
  const name = nameOf(server)
  if (!info) return { name, answer: 'failed', ...(failure && { failure: failure.toFailure() }) }
  const { masterLink: link } = info
  if (!link) return { name, answer: 'no replica' }
  if (loadsData(info)) return { name, answer: 'loading' }
  if (link.sync) return { name, answer: 'syncing' }
  if (!link.isUp) return { name, answer: 'link down' }
  const [theirs, ours] = [info.history?.replid, master?.history?.replid]
  // Up to 3.2 the replid is the server's own run ID and does not identify a history.
  if (ours !== undefined && master?.fields.has('master_replid') && theirs !== ours) return { name, answer: 'other history' }
  const offset = link.appliedOffset ?? numberField(info, 'master_repl_offset')
  return { name, answer: 'behind', ...(offset !== undefined && { offset }) }
}

/** An announced address may mean another server here, such as 127.0.0.1. Only a server that shows the replica's history is its master. */
async function askMaster(replica: Server, access: Access, signal: AbortSignal): Promise<Server> {
  const reached = await askServer(access, signal)
  const isProven = reached.info && replica.info && isMasterOf(reached.info, replica.info)
  if (!reached.info || isProven) return reached
  const link = replica.info?.masterLink?.isUp ? 'up' : 'down'
  return { access, failure: new ReplError('NOT_ITS_MASTER', { endpoint: nameOf(reached), replica: nameOf(replica), link }) }
}

async function askServer(access: Access, signal: AbortSignal): Promise<Server> {
  const informant = new Informant(access, signal)
  try {
    const info = await informant.info()
    if (info) return { access: { ...access, expected: info }, info }
    const failure = informant.unavailable ?? new ReplError('NO_POSITION')
    return { access, failure: failure.with({ endpoint: endpointName(access.endpoint) }) }
  } finally {
    informant.close()
  }
}

function nameOf({ access }: Pick<Server, 'access'>): string {
  return endpointName(access.endpoint)
}
