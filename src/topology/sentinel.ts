/** The master that Sentinels name: any of them may be down or behind, so the master itself has the last word. */

import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import type { Considered, Found, Source } from '../engine/ask/source.ts'
import { expectReplError, ReplError, stopIfAborted } from '../errors.ts'
import { diallingOf, endpointName } from '../io/endpoint.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'
import { type Address, type AddressMap, addressName } from './address-map.ts'
import { confirmMaster, isMaster } from './confirm-master.ts'
import { answersInTime } from './in-time.ts'

/** How long the others may take once most Sentinels have named the same master. */
const GRACE_MS = 500

export interface SentinelOptions {
  readonly sentinels: readonly Access[]
  readonly masterName: string
  /** How the servers themselves are reached; the endpoint is replaced. */
  readonly template: Access
  readonly addresses: AddressMap
}

/** What one Sentinel says. */
interface Said {
  readonly name: string
  readonly address?: Address
  readonly failure?: ReplError
}

export class SentinelSource implements Source {
  readonly name: string
  readonly #options: SentinelOptions
  /** Kept between questions, by the Sentinel's name. */
  readonly #links = new Map<string, QueryLink>()

  constructor(options: SentinelOptions) {
    this.#options = options
    const { sentinels, masterName, template } = options
    const scheme = diallingOf(template.endpoint).tls ? 'rediss-sentinel' : 'redis-sentinel'
    this.name = `${scheme}://${sentinels.map(({ endpoint }) => endpointName(endpoint)).join(',')}/${encodeURIComponent(masterName)}`
  }

  async find(signal: AbortSignal): Promise<Found> {
    const said = await this.#askAll(signal)
    let failure: ReplError | undefined
    for (const address of namedBy(said)) {
      const access = this.#access(address)
      try {
        await confirmMaster(access, signal)
        return {
          access,
          choices: [{ endpoint: endpointName(access.endpoint), by: 'sentinel', isFallback: false, asked: said.map(asAsked) }],
        }
      } catch (error) {
        failure ??= expectReplError(error)
        if (failure.code === 'ABORTED') throw failure
      }
    }
    throw failure ?? this.#nobodyKnows(said)
  }

  /** Only a master that says so itself is moved to: in the middle of a failover there is none. */
  async hasMoved(from: Access, signal: AbortSignal): Promise<boolean> {
    const [address] = namedBy(await this.#askAll(signal))
    const access = address && this.#access(address)
    if (!access || endpointName(access.endpoint) === endpointName(from.endpoint)) return false
    return await isMaster(access, signal)
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  #access(address: Address): Access {
    return this.#options.addresses.access(address, this.#options.template)
  }

  async #askAll(signal: AbortSignal): Promise<Said[]> {
    const { sentinels } = this.#options
    const asked = sentinels.map((sentinel) => this.#begin(sentinel, signal))
    const isEnough = (said: readonly Said[]) => votes(said).some(({ count }) => count > sentinels.length / 2)
    const said = await answersInTime(
      asked.map(({ answer }) => answer),
      isEnough,
      GRACE_MS,
    )
    return asked.map(({ leave }, index) => said[index] ?? leave())
  }

  /** A question that can be left alone. */
  #begin(sentinel: Access, signal: AbortSignal): { answer: Promise<Said>; leave: () => Said } {
    const name = endpointName(sentinel.endpoint)
    const left = new AbortController()
    const leave = () => {
      left.abort('left')
      this.#links.get(name)?.close()
      return { name, failure: new ReplError('LATE', { endpoint: name }) }
    }
    return { answer: this.#ask(sentinel, AbortSignal.any([signal, left.signal])), leave }
  }

  async #ask(sentinel: Access, signal: AbortSignal): Promise<Said> {
    const name = endpointName(sentinel.endpoint)
    const kept = this.#links.get(name)
    try {
      const link = kept ?? (await QueryLink.open(sentinel, signal))
      this.#links.set(name, link)
      const reply = await link.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#options.masterName)
      if (reply instanceof ServerError) {
        return { name, failure: ofSentinel(refusal(reply, { endpoint: name, command: 'SENTINEL GET-MASTER-ADDR-BY-NAME' })) }
      }
      const [host, port] = Array.isArray(reply) ? reply.map(String) : []
      return host === undefined || port === undefined ? { name } : { name, address: { host, port: Number(port) } }
    } catch (error) {
      this.#links.get(name)?.close()
      this.#links.delete(name)
      stopIfAborted(signal)
      const failure = expectReplError(error)
      // It may have ended since, or with whoever had opened it.
      if (kept && failure.code !== 'TIMEOUT') return await this.#ask(sentinel, signal)
      return { name, failure: ofSentinel(failure.with({ endpoint: name })) }
    }
  }

  #nobodyKnows(said: readonly Said[]): ReplError {
    const failures = said.flatMap(({ failure }) => (failure ? [failure] : []))
    const { masterName } = this.#options
    if (said.some(({ failure }) => !failure)) return new ReplError('SENTINEL_NAME', { masterName, endpoint: this.name })
    // A password that is wrong is more than a Sentinel that is down.
    const telling = failures.find(({ code }) => !PASSING.includes(code))
    return telling ?? new ReplError('SENTINELS', { failures: failures.map((failure) => failure.asFact()), endpoint: this.name })
  }
}

const PASSING: readonly string[] = ['MASTER_UNREACHABLE', 'TIMEOUT', 'LINK_LOST', 'TRY_LATER', 'TLS_FAILED']

/** What the same refusal means of a Sentinel: they have their own passwords. */
const OF_SENTINEL = { NOAUTH: 'SENTINEL_NOAUTH', WRONGPASS: 'SENTINEL_WRONGPASS', NOPERM: 'SENTINEL_NOPERM' } as const

function ofSentinel(error: ReplError): ReplError {
  const { details, cause } = error
  switch (details.reason) {
    case 'UNKNOWN_COMMAND': {
      const { reason: _, ...facts } = details
      return details.command?.startsWith('SENTINEL') ? new ReplError('NO_SENTINEL', facts, cause) : error
    }
    case 'NOAUTH':
    case 'WRONGPASS':
    case 'NOPERM': {
      const { reason, ...facts } = details
      return new ReplError(OF_SENTINEL[reason], facts, cause)
    }
    default:
      return error
  }
}

function asAsked({ name, address, failure }: Said): Considered {
  if (address) return { name, answer: 'says', address: addressName(address) }
  if (!failure) return { name, answer: 'unknown' }
  return { name, answer: 'failed', failure: failure.asFact() }
}

/** In the order of how many name them: one may be behind the others. */
function namedBy(said: readonly Said[]): Address[] {
  return votes(said)
    .sort((a, b) => b.count - a.count)
    .map(({ address }) => address)
}

function votes(said: readonly Said[]): { address: Address; count: number }[] {
  const found = new Map<string, { address: Address; count: number }>()
  for (const { address } of said) {
    if (!address) continue
    const name = addressName(address)
    found.set(name, { address, count: (found.get(name)?.count ?? 0) + 1 })
  }
  return [...found.values()]
}
