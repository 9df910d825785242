/**
 * Collects what the handshake needs to know about the server, and makes the plan from it. Every fact is optional: without INFO
 * the plan becomes more careful, never wrong.
 */
import { recogniseProvider } from '../../diagnosis/errors/provider.ts'
import { bytesToLive, forecastPsync } from '../../diagnosis/psync/forecast.ts'
import type { StopReason, WarningCode } from '../../diagnosis/psync/verdict.ts'
import { ignoreFailure, ReplError } from '../../errors.ts'
import { CAPABILITIES, canProbePermission, forkGuard, type Guard, isHarmless, NO_GUARD } from '../../handshake/guard.ts'
import type { Plan, PsyncRequest } from '../../handshake/plan.ts'
import { now, sleep } from '../../io/clock.ts'
import { endpointName } from '../../io/endpoint.ts'
import { type History, type Position, requestOffset } from '../../protocol/history.ts'
import { identityFromHello, type ServerIdentity } from '../../protocol/info/identity.ts'
import { numberField, type ServerInfo } from '../../protocol/info/server-info.ts'
import type { Settings } from '../../protocol/settings.ts'
import type { Informant } from '../ask/informant.ts'
import type { CountersEvent, ForecastEvent, ReplEvent } from '../events.ts'
import { type AttachOptions, followsStream, forksOnPurpose, maxRateOf, mayFork, wantedPosition } from '../goal.ts'
import { counterRows } from './counters.ts'

/** Smallest margin for what a master may write between INFO and PSYNC; at most half of the backlog. */
const EDGE_BYTES = 64 * 1024
/** The margin is also this many times what the master wrote between the two INFOs, several round trips apart. */
const EDGE_FACTOR = 4

export interface PlanStep {
  readonly plan: Plan
  readonly events: ReplEvent[]
}

export class Planner {
  readonly #options: AttachOptions
  readonly #informant: Informant
  readonly #signal: AbortSignal
  #before: ServerInfo | undefined
  #beganAt = 0
  #identity: ServerIdentity | undefined
  #guard: Guard | undefined
  #settings: Settings | undefined
  /** The reply to PSYNC as predicted from INFO; absent without INFO. */
  forecast: ForecastEvent | undefined
  /** Why the plan requests no sync; undefined when it requests one. */
  stopReason: StopReason | undefined

  constructor(options: AttachOptions, informant: Informant, signal: AbortSignal) {
    this.#options = options
    this.#informant = informant
    this.#signal = signal
  }

  /** Completes a plan with the facts that a rung of the ladder needs. @throws ReplError NOT_SUPPORTED for a Sentinel. */
  async complete(needs: 'server' | 'position', plan: Plan): Promise<PlanStep> {
    return await (needs === 'server' ? this.#meetServer(plan) : this.#refreshPosition(plan))
  }

  /** Before REPLCONF capa: identifies the server, and chooses the guard and the PSYNC request. */
  async #meetServer(plan: Plan): Promise<PlanStep> {
    this.#before = await this.#informant.info()
    this.#beganAt = now()
    this.#identity = this.#before?.identity ?? identityFromHello((await this.#informant.ask('HELLO')) ?? null)
    if (this.#identity?.mode === 'sentinel') throw new ReplError('SENTINEL')
    const { goal } = this.#options
    const needsLimit = goal.kind === 'live' || goal.kind === 'stream' || maxRateOf(goal) !== undefined
    const settings = await this.#informant.replSettings(this.#identity, ...(needsLimit ? ['client-output-buffer-limit'] : []))
    this.#settings = settings
    this.#guard = forksOnPurpose(goal) ? undefined : forkGuard(this.#identity, settings, this.#before?.waitingForSave)
    const history = this.#before?.history
    const psync = this.#request(this.#before)
    const next: Plan = {
      ...plan,
      // The guard capabilities make a full resync wait for a second connection; an intended one must start.
      capabilities: [...CAPABILITIES, ...(psync.kind === 'anything' ? [] : (this.#guard?.capabilities ?? []))],
      emptyRdb: this.#guard?.emptyRdb ?? false,
      ...(this.#identity?.flavour === 'valkey' ? { version: this.#identity.version } : {}),
      psync,
    }
    const warnings = await this.#warnings(settings)
    return { plan: next, events: [...this.#informant.takeEvents(), this.#serverEvent(history, settings), ...warnings] }
  }

  /** Right before PSYNC, since the live end moves with every write. */
  async #refreshPosition(plan: Plan): Promise<PlanStep> {
    if (plan.psync.kind !== 'position') return { plan, events: [] }
    const info = await this.#informant.info()
    const psync = this.#request(info)
    const warnings = info ? [] : [this.#warning('NO_INFO', this.#informant.unavailable)]
    return { plan: { ...plan, psync }, events: [...this.#informant.takeEvents(), ...warnings] }
  }

  /** Adds the hosted service, when it is recognised, to the refusal of a command. */
  async withProvider(error: ReplError): Promise<ReplError> {
    const { details } = error
    if (details.reason !== 'UNKNOWN_COMMAND' && details.reason !== 'COMMAND_REFUSED') return error
    const info = await this.#informant.info().catch(ignoreFailure)
    const provider = recogniseProvider(info, details.reply)
    return provider ? error.with({ provider }) : error
  }

  /** What is known of the server so far. */
  get server(): { readonly identity?: ServerIdentity; readonly settings?: Settings } {
    return { ...(this.#identity && { identity: this.#identity }), ...(this.#settings && { settings: this.#settings }) }
  }

  /** After the visit: the master's write rate and the server's own counters. */
  async counters(): Promise<ReplEvent[]> {
    const { goal } = this.#options
    const sampleMs = 'sampleMs' in goal ? goal.sampleMs : 0
    const restMs = this.#before ? sampleMs - (now() - this.#beganAt) : 0
    // An abort only cuts the sample short; the other results stay valid.
    if (restMs > 0) await sleep(restMs, this.#signal).catch(ignoreFailure)
    // The visit has ended, so a failure of this last query must not spoil its result.
    const after = await this.#informant.info().catch(ignoreFailure)
    const before = this.#before
    if (!before || !after) return [...this.#informant.takeEvents(), { type: 'counters', at: now() }]
    const counters: CountersEvent = { type: 'counters', at: now(), rows: counterRows(before.fields, after.fields) }
    return [...this.#informant.takeEvents(), ...(sampleMs > 0 ? this.#writeRate(before, after) : []), counters]
  }

  /** Empty when a new history began in between. */
  #writeRate(before: ServerInfo, after: ServerInfo): ReplEvent[] {
    const [was, is] = [before.history, after.history]
    if (!was || !is || was.replid !== is.replid || is.offset < was.offset) return []
    return [{ type: 'write-rate', at: now(), bytes: is.offset - was.offset, overMs: now() - this.#beganAt }]
  }

  #request(info: ServerInfo | undefined): PsyncRequest {
    const { goal, renamed } = this.#options
    const history = info?.history
    const position = wantedPosition(goal, history)
    this.stopReason = undefined
    if (forksOnPurpose(goal)) return { kind: 'anything' }
    if (goal.kind === 'verdict' && goal.stopBeforePsync) return this.#stop('ASKED_TO')
    const isRenamed = renamed?.psync !== undefined && !renamed.isProven
    if (isRenamed && !mayFork(goal)) {
      if (history) this.#predict(history, position)
      return this.#stop('RENAMED')
    }
    if (history) return this.#requestFrom(history, position)
    // Without a history a refusal cannot be ruled out, so we send nothing that could fork.
    if (mayFork(goal)) return positionRequest(position)
    return this.#stop(info ? 'NO_POSITION' : 'NO_INFO')
  }

  /** @param position to request instead of the live end */
  #requestFrom(history: History, position: Position | undefined): PsyncRequest {
    const { forecast, position: wanted } = this.#predict(history, position)
    if (forecast.kind === 'continue') {
      const mayFork = this.#mayBeLost(history, wanted, position !== undefined) && this.#objection(history, wanted) !== undefined
      return mayFork ? this.#stop('NEAR_EDGE') : positionRequest(wanted)
    }
    if (forecast.kind === 'later') {
      if (canProbePermission(this.#identity) || this.#options.goal.kind === 'stream') return this.#stop('PUT_OFF')
      if (!position) return positionRequest(wanted)
    }
    // The server no longer has this position, so there is no stream to follow.
    if (position && this.#options.goal.kind === 'stream') return this.#stop('LOST')
    const objection = this.#objection(history, position)
    return objection ? this.#stop(objection) : positionRequest(position)
  }

  #predict(history: History, position: Position | undefined): ForecastEvent {
    const wanted = position ?? { replid: history.replid, offset: history.offset }
    const { forecast, decided } = forecastPsync(history, wanted)
    this.forecast = { type: 'forecast', at: now(), position: wanted, history, forecast, ...(decided && { decided }) }
    return this.forecast
  }

  /** At the live end only the write rate counts: a small backlog of an idle master is safe. */
  #mayBeLost(history: History, wanted: Position, isGiven: boolean): boolean {
    const before = this.#before?.history
    const margin = EDGE_FACTOR * (before ? history.offset - before.offset : 0)
    const atLeast = isGiven ? Math.min(EDGE_BYTES, (history.backlog?.size ?? 0) / 2) : 0
    return bytesToLive(history, wanted) < Math.max(atLeast, margin)
  }

  /** Why we must not send a PSYNC that would be refused; undefined when it is harmless or allowed. */
  #objection(history: History, position: Position | undefined): StopReason | undefined {
    if (mayFork(this.#options.goal)) return undefined
    if (!position) return 'NO_BACKLOG'
    if (position.replid === '?') return 'CERTAIN'
    const guard = this.#guard ?? NO_GUARD
    if (!guard.isCertain) return 'GUARD_UNKNOWN'
    if (isHarmless(guard, history.backlog !== undefined)) return undefined
    return guard.name === 'none' || guard.name === 'empty-rdb' ? 'NO_GUARD' : 'NEW_REPLID'
  }

  /** Requests no sync, but still checks the PSYNC permission where that is safe. */
  #stop(reason: StopReason): PsyncRequest {
    this.stopReason = reason
    const mayProbe = !['ASKED_TO', 'LOST', 'RENAMED'].includes(reason) && canProbePermission(this.#identity)
    return { kind: mayProbe ? 'permission' : 'nothing' }
  }

  #serverEvent(history: History | undefined, settings: Settings | undefined): ReplEvent {
    return {
      type: 'server',
      at: now(),
      ...(this.#guard && { guard: this.#guard }),
      ...(this.#identity && { identity: this.#identity }),
      ...(history && { history }),
      ...(settings && { settings }),
      ...(this.#before && { uptimeSeconds: numberField(this.#before, 'uptime_in_seconds') ?? 0 }),
    }
  }

  async #warnings(settings: Settings | undefined): Promise<ReplEvent[]> {
    if (!this.#before) return [this.#warning('NO_INFO', this.#informant.unavailable)]
    // INFO replication shows this field only when min-replicas-to-write is on.
    if (followsStream(this.#options.goal) && this.#before.fields.has('min_slaves_good_slaves')) return [this.#warning('MIN_REPLICAS')]
    if (!forksOnPurpose(this.#options.goal)) return []
    const diskless = settings?.get('repl-diskless-sync')
    if (diskless === 'yes') return []
    const warnings = [this.#warning(diskless === 'no' ? 'DISK_BASED' : 'DISK_UNKNOWN')]
    if (diskless === 'no' && (await this.#stopsWritesOnFailure())) warnings.push(this.#warning('STOP_WRITES_RISK'))
    if (this.#before.fields.get('rdb_last_bgsave_status') === 'err') warnings.push(this.#warning('LAST_BGSAVE_FAILED'))
    return warnings
  }

  /** Whether a failed BGSAVE makes the master refuse writes with -MISCONF (server.c, writeCommandsDeniedByDiskError). */
  async #stopsWritesOnFailure(): Promise<boolean> {
    const save = await this.#informant.setting('save')
    return Boolean(save) && (await this.#informant.setting('stop-writes-on-bgsave-error')) === 'yes'
  }

  #warning(code: WarningCode, cause?: ReplError): ReplEvent {
    const endpoint = endpointName(this.#options.endpoint)
    return { type: 'warning', at: now(), code, ...(cause && { cause: cause.with({ endpoint }).toFailure() }) }
  }
}

function positionRequest(position: Position | undefined): PsyncRequest {
  if (!position || position.replid === '?') return { kind: 'anything' }
  return { kind: 'position', replid: position.replid, requestOffset: requestOffset(position) }
}
