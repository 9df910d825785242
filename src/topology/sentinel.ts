/** Finds the master that Sentinels name. A Sentinel may be down or out of date, so the master itself must confirm its role. */

import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import type { Candidate, Choice, Found, Source } from '../engine/ask/source.ts'
import { expectReplError, ignoreFailure, type Reason, ReplError, stopIfAborted } from '../errors.ts'
import { diallingOf, endpointName, isDiallable } from '../io/endpoint.ts'
import { sentinelFields } from '../protocol/info/sentinel.ts'
import { isOtherServer } from '../protocol/info/server-info.ts'
import { type Reply, ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'
import { type Address, type AddressMap, addressName } from './address-map.ts'
import { type Announced, confirmMaster, hasTakenOver } from './identity.ts'
import { answersInTime } from './in-time.ts'
import { hasMajority, votesOf } from './votes.ts'

/** How long to wait for the others once most Sentinels have named the same master. */
const GRACE_MS = 500

export interface SentinelOptions {
  readonly sentinels: readonly Access[]
  readonly masterName: string
  /** How to reach the servers themselves; the endpoint is replaced. */
  readonly template: Access
  readonly addresses: AddressMap
}

/** The answer of one Sentinel; without address and failure it does not know the master name. */
interface SentinelAnswer {
  readonly name: string
  readonly address?: Address
  readonly failure?: ReplError
}

/** A server that Sentinels name, and that confirms to be a master. */
interface Master {
  readonly address: Address
  readonly access: Access
}

export class SentinelSource implements Source {
  readonly name: string
  readonly #options: SentinelOptions
  /** Connections that stay open between questions, by Sentinel name. */
  readonly #links = new Map<string, QueryLink>()

  constructor(options: SentinelOptions) {
    const { sentinels, masterName, template, addresses } = options
    this.#options = { ...options, sentinels: sentinels.map((sentinel) => addresses.named(sentinel)) }
    const scheme = diallingOf(template.endpoint).tls ? 'rediss-sentinel' : 'redis-sentinel'
    this.name = `${scheme}://${sentinels.map(({ endpoint }) => endpointName(endpoint)).join(',')}/${encodeURIComponent(masterName)}`
  }

  /** @throws ReplError TRY_LATER (SEVERAL_MASTERS), and those of the Sentinels and of the server that they name */
  async find(signal: AbortSignal): Promise<Found> {
    const answers = await this.#askAll(signal)
    const named = votesOf(answers)
    const masters: Master[] = []
    let failure: ReplError | undefined
    for (const { address } of named) {
      try {
        masters.push({ address, access: await confirmMaster(this.#access(address), await this.#announced(address, answers), signal) })
        if (hasMajority(named)) break
      } catch (error) {
        failure ??= expectReplError(error)
        if (failure.code === 'ABORTED') throw failure
      }
    }
    const [master, ...others] = masters
    if (!master) throw failure ?? this.#noMaster(answers)
    const second = others.find(({ access }) => areTwo(access, master.access))
    if (second) throw this.#severalMasters(master, second)
    return { access: master.access, choices: [choiceOf(master, answers)] }
  }

  /** True only if the new server proves that it has taken over: during a failover there may be no master, or the Sentinels differ. */
  async hasMoved(from: Access, signal: AbortSignal): Promise<boolean> {
    const answers = await this.#askAll(signal)
    const named = votesOf(answers)
    const address = named[0]?.address
    const access = address && hasMajority(named) ? this.#access(address) : undefined
    if (!address || !access || endpointName(access.endpoint) === endpointName(from.endpoint)) return false
    return await hasTakenOver(access, await this.#announced(address, answers), from, signal)
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  /** What a Sentinel that names this master knows of it. Its run ID is unknown right after a failover. */
  async #announced(address: Address, answers: readonly SentinelAnswer[]): Promise<Announced> {
    const name = addressName(address)
    const sentinel = answers.find((answer) => answer.address && addressName(answer.address) === name)
    const reply = await this.#links
      .get(sentinel?.name ?? '')
      ?.ask('SENTINEL', 'MASTER', this.#options.masterName)
      .catch(ignoreFailure)
    const fields = sentinelFields(reply)
    const isSame = fields?.get('ip') === address.host && fields.get('port') === String(address.port)
    return { by: 'SENTINEL', ...(isSame && { runId: fields.get('runid') || undefined }) }
  }

  #access(address: Address): Access {
    return this.#options.addresses.access(address, this.#options.template)
  }

  async #askAll(signal: AbortSignal): Promise<SentinelAnswer[]> {
    const { sentinels } = this.#options
    const questions = sentinels.map((sentinel) => this.#begin(sentinel, signal))
    const isEnough = (answers: readonly SentinelAnswer[]) => votesOf(answers).some(({ count }) => count > sentinels.length / 2)
    const answers = await answersInTime(
      questions.map(({ answer }) => answer),
      isEnough,
      GRACE_MS,
    )
    return questions.map(({ abandon }, index) => answers[index] ?? abandon())
  }

  /** Asks a question that can be abandoned. */
  #begin(sentinel: Access, signal: AbortSignal): { answer: Promise<SentinelAnswer>; abandon: () => SentinelAnswer } {
    const name = endpointName(sentinel.endpoint)
    const abandoned = new AbortController()
    const abandon = () => {
      abandoned.abort('left')
      this.#links.get(name)?.close()
      return { name, failure: new ReplError('LATE', { endpoint: name }) }
    }
    return { answer: this.#ask(sentinel, AbortSignal.any([signal, abandoned.signal])), abandon }
  }

  async #ask(sentinel: Access, signal: AbortSignal): Promise<SentinelAnswer> {
    const name = endpointName(sentinel.endpoint)
    const openLink = this.#links.get(name)
    try {
      const link = openLink ?? (await QueryLink.open(sentinel, signal))
      this.#links.set(name, link)
      const reply = await link.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#options.masterName)
      if (reply instanceof ServerError) {
        return { name, failure: asSentinelFailure(refusal(reply, { endpoint: name, command: 'SENTINEL GET-MASTER-ADDR-BY-NAME' })) }
      }
      if (!Array.isArray(reply)) return { name }
      return { name, ...namedBy(reply, { endpoint: name, masterName: this.#options.masterName }) }
    } catch (error) {
      this.#links.get(name)?.close()
      this.#links.delete(name)
      stopIfAborted(signal)
      const failure = expectReplError(error)
      // The kept connection may have closed since, or with the signal of the caller that opened it. Try a new one.
      if (openLink && failure.code !== 'TIMEOUT') return await this.#ask(sentinel, signal)
      return { name, failure: asSentinelFailure(failure.with({ endpoint: name })) }
    }
  }

  #severalMasters(...masters: Master[]): ReplError {
    const { masterName } = this.#options
    return new ReplError('SEVERAL_MASTERS', {
      endpoint: this.name,
      masterName,
      masters: masters.map(({ address }) => addressName(address)),
    })
  }

  #noMaster(answers: readonly SentinelAnswer[]): ReplError {
    const failures = answers.flatMap(({ failure }) => (failure ? [failure] : []))
    const { masterName } = this.#options
    // A Sentinel that knows the name outvotes one that does not.
    const lost = failures.find(({ details }) => KNOWS_THE_NAME.includes(details.reason))
    if (lost) return lost
    if (answers.some(({ failure }) => !failure)) return new ReplError('SENTINEL_NAME', { masterName, endpoint: this.name })
    // A wrong password is more informative than a Sentinel that is down.
    const permanent = failures.find(({ code }) => !TRANSIENT.includes(code))
    return permanent ?? new ReplError('SENTINELS', { failures: failures.map((failure) => failure.toFailure()), endpoint: this.name })
  }
}

/** A Sentinel that has not resolved the name answers ["", port] (sentinel.c, announceSentinelAddr). */
function namedBy(
  [host, port]: readonly Reply[],
  facts: { endpoint: string; masterName: string },
): Pick<SentinelAnswer, 'address' | 'failure'> {
  const address = { host: typeof host === 'string' ? host : '', port: Number(port) }
  if (isDiallable(address)) return { address }
  if (address.host === '') return { failure: new ReplError('SENTINEL_UNRESOLVED', facts) }
  return { failure: new ReplError('SENTINEL_ADDRESS', { ...facts, address: `${address.host}:${String(port)}` }) }
}

/** Why a Sentinel that knows the name gives no address. */
const KNOWS_THE_NAME: readonly Reason[] = ['SENTINEL_UNRESOLVED', 'SENTINEL_ADDRESS', 'SENTINEL_UNSURE']
const TRANSIENT: readonly string[] = ['MASTER_UNREACHABLE', 'TIMEOUT', 'LINK_LOST', 'TRY_LATER', 'TLS_FAILED']

/** The reasons for a refusal by a Sentinel. They differ because Sentinels have their own passwords. */
const SENTINEL_REASONS = { NOAUTH: 'SENTINEL_NOAUTH', WRONGPASS: 'SENTINEL_WRONGPASS', NOPERM: 'SENTINEL_NOPERM' } as const

function asSentinelFailure(error: ReplError): ReplError {
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
      return new ReplError(SENTINEL_REASONS[reason], facts, cause)
    }
    case 'COMMAND_REFUSED': {
      const { reason: _, ...facts } = details
      return details.reply.startsWith('IDONTKNOW') ? new ReplError('SENTINEL_UNSURE', facts, cause) : error
    }
    default:
      return error
  }
}

function choiceOf({ address, access }: Master, answers: readonly SentinelAnswer[]): Choice {
  return {
    endpoint: endpointName(access.endpoint),
    announced: addressName(address),
    by: 'sentinel',
    isFallback: false,
    asked: answers.map(consider),
  }
}

/** Sentinels may know one server by two names. */
function areTwo({ expected: one }: Access, { expected: other }: Access): boolean {
  return one !== undefined && other !== undefined && isOtherServer(one, other)
}

function consider({ name, address, failure }: SentinelAnswer): Candidate {
  if (address) return { name, answer: 'says', address: addressName(address) }
  if (!failure) return { name, answer: 'unknown' }
  return { name, answer: 'failed', failure: failure.toFailure() }
}
