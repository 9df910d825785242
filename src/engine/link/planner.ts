/**
 * Collects what the handshake needs to know about the server, and makes the plan from it. Every fact is optional: without INFO
 * the plan becomes more careful, never wrong.
 */
import { ownProtocolOf, recogniseProvider } from '../../diagnosis/errors/provider.ts'
import type { StopReason, WarningCode } from '../../diagnosis/psync/verdict.ts'
import { awaitedLater, ignoreFailure, type Reason, ReplError } from '../../errors.ts'
import { CAPABILITIES, forkGuard, type Guard } from '../../handshake/guard.ts'
import type { Plan, PsyncRequest } from '../../handshake/plan.ts'
import { now, sleep } from '../../io/clock.ts'
import { endpointName } from '../../io/endpoint.ts'
import type { History } from '../../protocol/history.ts'
import { identityFromHello, type ServerIdentity } from '../../protocol/info/identity.ts'
import { dataBytesOf, numberField, type ServerInfo } from '../../protocol/info/server-info.ts'
import type { Settings } from '../../protocol/settings.ts'
import { userOf } from '../ask/access.ts'
import { confirmServer } from '../ask/confirm-server.ts'
import { type Informant, isRefusal } from '../ask/informant.ts'
import { type Questions, replSettings } from '../ask/questions.ts'
import { refuseSentinel } from '../ask/sentinel-masters.ts'
import { warningsFor } from '../ask/warnings.ts'
import type { CountersEvent, ForecastEvent, QueryEvent, ReplEvent } from '../events.ts'
import { type AttachOptions, forksOnPurpose, maxRateOf, mayFork } from '../goal.ts'
import { choosePsync, isCertainlyGranted } from '../psync-choice.ts'
import { counterRows } from './counters.ts'

/** Refusals that the name of a hosted service explains. */
const REFUSALS: readonly Reason[] = ['UNKNOWN_COMMAND', 'COMMAND_BLOCKED', 'COMMAND_REFUSED']

export interface PlanStep {
  readonly plan: Plan
  readonly events: ReplEvent[]
}

export class Planner {
  readonly #options: AttachOptions
  readonly #questions: Questions
  readonly #informant: Informant
  readonly #signal: AbortSignal
  #before: ServerInfo | undefined
  /** Why `#before` is missing. */
  #infoFailure: ReplError | undefined
  #beganAt = 0
  #identity: ServerIdentity | undefined
  #guard: Guard | undefined
  #settings: Settings | undefined
  /** The reply to PSYNC as predicted from INFO; absent without INFO. */
  forecast: ForecastEvent | undefined
  /** Why the plan requests no sync; undefined when it requests one. */
  stopReason: StopReason | undefined

  /**
   * @param questions before PSYNC: over the replication link if there is one
   * @param informant after it
   */
  constructor(options: AttachOptions, questions: Questions, informant: Informant, signal: AbortSignal) {
    this.#options = options
    this.#questions = questions
    this.#informant = informant
    this.#signal = signal
  }

  /** Completes a plan with the facts that a rung of the ladder needs. @throws ReplError NOT_SUPPORTED for a Sentinel. */
  async complete(needs: 'server' | 'position', plan: Plan): Promise<PlanStep> {
    return await (needs === 'server' ? this.#meetServer(plan) : this.#refreshPosition(plan))
  }

  /** Before the first REPLCONF: identifies the server, and chooses the guard and the PSYNC request. */
  async #meetServer(plan: Plan): Promise<PlanStep> {
    const questions = this.#questions
    this.#before = await questions.info()
    this.#infoFailure = questions.unavailable
    if (this.#before) confirmServer(this.#before, this.#options.expected)
    this.#beganAt = now()
    this.#identity = this.#before?.identity ?? identityFromHello((await questions.ask('HELLO')) ?? null)
    await refuseSentinel(questions, this.#identity)
    const { goal } = this.#options
    const needsLimit = goal.kind === 'live' || goal.kind === 'stream' || maxRateOf(goal) !== undefined
    const isSecond = questions !== this.#informant
    const meeting = isSecond && this.#before ? awaitedLater(this.#informant.meet(this.#before)) : undefined
    const others = needsLimit ? ['client-output-buffer-limit'] : []
    const settings = this.#needsSettings() ? await replSettings(questions, this.#identity, ...others) : undefined
    this.#settings = settings
    this.#guard = forksOnPurpose(goal) ? undefined : forkGuard(this.#identity, settings, this.#before?.waitingForSave)
    const history = this.#before?.history
    const psync = this.#request(this.#before)
    this.#refuseOwnProtocol()
    const next: Plan = {
      ...plan,
      // The guard capabilities make a full resync wait for a second connection; an intended one must start.
      capabilities: [...CAPABILITIES, ...(psync.kind === 'anything' ? [] : (this.#guard?.capabilities ?? []))],
      emptyRdb: this.#guard?.emptyRdb ?? false,
      ...(this.#identity?.flavour === 'valkey' ? { version: this.#identity.version } : {}),
      psync,
    }
    const warnings = await this.#warnings(settings)
    await meeting
    return { plan: next, events: [...this.#takeQueries(), this.#serverEvent(history, settings), ...warnings] }
  }

  /**
   * A position that the server certainly grants needs no guard. An ACL user may lack +config|get, and a denied command adds an
   * entry to ACL LOG, so such a user asks only if the settings decide something.
   */
  #needsSettings(): boolean {
    const { goal, credentials } = this.#options
    if (credentials?.username === undefined || forksOnPurpose(goal)) return true
    return this.#before !== undefined && !mayFork(goal) && !isCertainlyGranted(this.#options, this.#before)
  }

  /** If no PSYNC is sent, no refusal shows that the server does not support it. @throws ReplError NOT_SUPPORTED (OWN_PROTOCOL) */
  #refuseOwnProtocol(): void {
    const provider = ownProtocolOf(this.#identity)
    if (provider && this.stopReason !== undefined && this.stopReason !== 'ASKED_TO') throw new ReplError('OWN_PROTOCOL', { provider })
  }

  /** Right before PSYNC, since the live end moves with every write. */
  async #refreshPosition(plan: Plan): Promise<PlanStep> {
    if (plan.psync.kind !== 'position') return { plan, events: [] }
    const info = await this.#questions.info()
    const psync = this.#request(info)
    const warnings = info ? [] : [this.#warning('NO_INFO', this.#questions.unavailable)]
    return { plan: { ...plan, psync }, events: [...this.#takeQueries(), ...warnings] }
  }

  /** Adds the hosted service, when it is recognised, to the refusal of a command. */
  async withProvider(error: ReplError): Promise<ReplError> {
    const { details } = error
    if (!REFUSALS.includes(details.reason) || !('reply' in details)) return error
    const info = this.#before ?? (await this.#informant.info().catch(ignoreFailure))
    const { endpoint } = this.#options
    const provider = recogniseProvider(info, details.reply ?? '', endpoint.kind === 'tcp' ? (endpoint.knownAs ?? endpoint).host : '')
    return provider ? error.with({ provider }) : error
  }

  /** What is known of the server so far. */
  get server(): { readonly identity?: ServerIdentity; readonly settings?: Settings } {
    return { ...(this.#identity && { identity: this.#identity }), ...(this.#settings && { settings: this.#settings }) }
  }

  /** INFO as it was before PSYNC, or why there is none. */
  get before(): { readonly info?: ServerInfo; readonly infoFailure?: ReplError } {
    return this.#before ? { info: this.#before } : { ...(this.#infoFailure && { infoFailure: this.#infoFailure }) }
  }

  /** After the visit: the master's write rate and the server's own counters. */
  async counters(): Promise<ReplEvent[]> {
    const { goal } = this.#options
    const sampleMs = 'sampleMs' in goal ? goal.sampleMs : 0
    const restMs = this.#before ? sampleMs - (now() - this.#beganAt) : 0
    // An abort only cuts the sample short; the other results stay valid.
    if (restMs > 0) await sleep(restMs, this.#signal).catch(ignoreFailure)
    // The visit has ended, so a failure of this last query must not spoil its result.
    const before = this.#before
    const after = before && (await this.#informant.info().catch(ignoreFailure))
    if (!before || !after) return [...this.#informant.takeEvents(), ...this.#unknownCounters()]
    const counters: CountersEvent = { type: 'counters', at: now(), rows: counterRows(before.fields, after.fields) }
    return [...this.#informant.takeEvents(), ...(sampleMs > 0 ? this.#writeRate(before, after) : []), counters]
  }

  /** A loss before the handshake has been reported already, as NO_INFO. */
  #unknownCounters(): ReplEvent[] {
    const cause = this.#before ? this.#informant.unavailable : this.#infoFailure
    const failure = cause?.with({ endpoint: endpointName(this.#options.endpoint) }).toFailure()
    const warnings = this.#before && cause && !isRefusal(cause) ? [this.#warning('INFO_LOST', cause)] : []
    return [...warnings, { type: 'counters', at: now(), ...(failure && { cause: failure }) }]
  }

  /** Empty when a new history began in between. */
  #writeRate(before: ServerInfo, after: ServerInfo): ReplEvent[] {
    const [was, is] = [before.history, after.history]
    if (!was || !is || was.replid !== is.replid || is.offset < was.offset) return []
    return [{ type: 'write-rate', at: now(), bytes: is.offset - was.offset, overMs: now() - this.#beganAt }]
  }

  #request(info: ServerInfo | undefined): PsyncRequest {
    const known = { identity: this.#identity, guard: this.#guard, before: this.#before }
    const { request, stopReason, forecast } = choosePsync(this.#options, known, info)
    this.stopReason = stopReason
    this.forecast = forecast ?? this.forecast
    return request
  }

  #serverEvent(history: History | undefined, settings: Settings | undefined): ReplEvent {
    const dataBytes = this.#before && dataBytesOf(this.#before)
    const lastForkUsec = this.#before && numberField(this.#before, 'latest_fork_usec')
    return {
      type: 'server',
      at: now(),
      ...(this.#guard && { guard: this.#guard }),
      ...(this.#identity && { identity: this.#identity }),
      ...(history && { history }),
      ...(settings && { settings }),
      ...(dataBytes !== undefined && { dataBytes }),
      ...(lastForkUsec !== undefined && { lastForkUsec }),
      ...(this.#before && { uptimeSeconds: numberField(this.#before, 'uptime_in_seconds') ?? 0 }),
    }
  }

  async #warnings(settings: Settings | undefined): Promise<ReplEvent[]> {
    if (!this.#before) return [this.#warning('NO_INFO', this.#questions.unavailable)]
    const codes = await warningsFor(this.#options.goal, this.#before, settings, this.#questions)
    return codes.map((code) => this.#warning(code))
  }

  #takeQueries(): QueryEvent[] {
    return [this.#questions, this.#informant].flatMap((asked) => asked.takeEvents()).sort((a, b) => a.at - b.at)
  }

  #warning(code: WarningCode, cause?: ReplError): ReplEvent {
    const where = cause && { endpoint: endpointName(this.#options.endpoint), ...userOf(cause, this.#options) }
    return { type: 'warning', at: now(), code, ...(cause && { cause: cause.with({ ...where }).toFailure() }) }
  }
}
