/**
 * What has to be known about the server before the handshake can go on, and the plan that follows from it. Everything
 * is optional: where INFO is not permitted the plan becomes more careful, never wrong.
 */

import { recogniseProvider } from '../../diagnosis/errors/provider.ts'
import { bytesToLive, forecastPsync, type Position, requestOffset } from '../../diagnosis/psync/forecast.ts'
import type { StopReason, WarningCode } from '../../diagnosis/psync/verdict.ts'
import { ReplError } from '../../errors.ts'
import { CAPABILITIES, canProbePermission, forkGuard, type Guard, isHarmless, NO_GUARD, type Settings } from '../../handshake/guard.ts'
import type { Plan, PsyncRequest } from '../../handshake/plan.ts'
import { now, sleep } from '../../io/clock.ts'
import { endpointName } from '../../io/endpoint.ts'
import { type Info, infoNumber } from '../../protocol/info/info.ts'
import {
  type History,
  historyFromInfo,
  identityFromHello,
  identityFromInfo,
  type ServerIdentity,
} from '../../protocol/info/server-facts.ts'
import type { Informant } from '../ask/informant.ts'
import type { BillEvent, ForecastEvent, ReplEvent } from '../events.ts'
import { forksOnPurpose, type ReplicaOptions } from '../options.ts'
import { billRows } from './bill.ts'

/** What a master may write between INFO and PSYNC, at the least; half of a smaller backlog. */
const EDGE_BYTES = 64 * 1024
/** And how many times as much as between the two INFOs, which lie several round trips apart. */
const EDGE_FACTOR = 4

export interface Briefed {
  readonly plan: Plan
  readonly events: ReplEvent[]
}

export class Briefing {
  readonly #options: ReplicaOptions
  readonly #informant: Informant
  readonly #signal: AbortSignal
  #before: Info | undefined
  #beganAt = 0
  #identity: ServerIdentity | undefined
  #guard: Guard | undefined
  #settings: Settings | undefined
  /** What the handshake waits for and what it knows: absent where INFO is. */
  forecast: ForecastEvent | undefined
  /** Why the plan does not ask for a sync, when it does not. */
  stopReason: StopReason | undefined

  constructor(options: ReplicaOptions, informant: Informant, signal: AbortSignal) {
    this.#options = options
    this.#informant = informant
    this.#signal = signal
  }

  /** What a rung of the ladder needs to know. @throws ReplError NOT_SUPPORTED for a Sentinel. */
  async brief(needs: 'server' | 'position', plan: Plan): Promise<Briefed> {
    return await (needs === 'server' ? this.#meetServer(plan) : this.#refreshPosition(plan))
  }

  /** Before REPLCONF capa: who is this, and which guards and requests fit? */
  async #meetServer(plan: Plan): Promise<Briefed> {
    this.#before = await this.#informant.info()
    this.#beganAt = now()
    this.#identity = this.#before ? identityFromInfo(this.#before) : identityFromHello((await this.#informant.ask('HELLO')) ?? null)
    if (this.#identity?.mode === 'sentinel') throw new ReplError('SENTINEL')
    const { goal, maxRate } = this.#options
    const needsLimit = goal === 'live' || maxRate !== undefined
    const settings = await this.#informant.replSettings(this.#identity, ...(needsLimit ? ['client-output-buffer-limit'] : []))
    this.#settings = settings
    this.#guard = forksOnPurpose(this.#options) ? undefined : forkGuard(this.#identity, settings, waitingReplicas(this.#before))
    const history = this.#before && historyFromInfo(this.#before)
    const psync = this.#request(this.#before)
    const next: Plan = {
      ...plan,
      // A full resync asked for on purpose shall show itself, not wait for a second connection.
      capabilities: [...CAPABILITIES, ...(psync.kind === 'anything' ? [] : (this.#guard?.capabilities ?? []))],
      emptyRdb: this.#guard?.emptyRdb ?? false,
      ...(this.#identity?.flavour === 'valkey' ? { version: this.#identity.version } : {}),
      psync,
    }
    const warnings = await this.#warnings(settings)
    return { plan: next, events: [...this.#informant.takeEvents(), this.#serverEvent(history, settings), ...warnings] }
  }

  /** Right before PSYNC: the live end moves with every write. */
  async #refreshPosition(plan: Plan): Promise<Briefed> {
    if (plan.psync.kind !== 'position') return { plan, events: [] }
    const info = await this.#informant.info()
    const psync = this.#request(info)
    const warnings = info ? [] : [this.#warning('NO_INFO', this.#informant.unavailable)]
    return { plan: { ...plan, psync }, events: [...this.#informant.takeEvents(), ...warnings] }
  }

  /** A command that is not there, with what is known of whoever does not have it. */
  async withProvider(error: ReplError): Promise<ReplError> {
    const { details } = error
    if (details.reason !== 'UNKNOWN_COMMAND' && details.reason !== 'COMMAND_REFUSED') return error
    const info = await this.#informant.info().catch(() => undefined)
    const provider = recogniseProvider(info, details.reply)
    return provider ? error.with({ provider }) : error
  }

  /** Whom we follow, as far as it is known. */
  get server(): { readonly identity?: ServerIdentity; readonly settings?: Settings } {
    return { ...(this.#identity && { identity: this.#identity }), ...(this.#settings && { settings: this.#settings }) }
  }

  /** After the visit: how much the master wrote meanwhile, and the server's own counters. */
  async bill(): Promise<ReplEvent[]> {
    const { sampleMs = 0 } = this.#options
    const restMs = this.#before ? sampleMs - (now() - this.#beganAt) : 0
    // Whoever has no time for the rate gets the rest.
    if (restMs > 0) await sleep(restMs, this.#signal).catch(() => undefined)
    // The visit is over: whatever hinders the last question takes nothing from its result.
    const after = await this.#informant.info().catch(() => undefined)
    const before = this.#before
    if (!before || !after) return [...this.#informant.takeEvents(), { type: 'bill', at: now() }]
    const bill: BillEvent = { type: 'bill', at: now(), rows: billRows(before, after) }
    return [...this.#informant.takeEvents(), ...(sampleMs > 0 ? this.#writeRate(before, after) : []), bill]
  }

  /** Nothing for a history that began anew in between. */
  #writeRate(before: Info, after: Info): ReplEvent[] {
    const [was, is] = [historyFromInfo(before), historyFromInfo(after)]
    if (!was || !is || was.replid !== is.replid || is.offset < was.offset) return []
    return [{ type: 'write-rate', at: now(), bytes: is.offset - was.offset, overMs: now() - this.#beganAt }]
  }

  #request(info: Info | undefined): PsyncRequest {
    const { stopBeforePsync, position, choose, renamed } = this.#options
    const history = info && historyFromInfo(info)
    this.stopReason = undefined
    if (forksOnPurpose(this.#options)) return { kind: 'anything' }
    if (stopBeforePsync) return this.#stop('ASKED_TO')
    const isRenamed = renamed?.psync !== undefined && !renamed.isProven
    if (isRenamed && !this.#options.allowFork) {
      if (history) this.#foresee(history, choose?.(history) ?? position)
      return this.#stop('RENAMED')
    }
    if (history) return this.#requestFrom(history, choose?.(history) ?? position)
    // Without a history nothing is known, so nothing is asked that could fork.
    if (this.#options.allowFork) return positionRequest(position)
    return this.#stop(info ? 'NO_POSITION' : 'NO_INFO')
  }

  /** @param position what to ask for instead of the live end */
  #requestFrom(history: History, position: Position | undefined): PsyncRequest {
    const { forecast, position: wanted } = this.#foresee(history, position)
    if (forecast.kind === 'continue') {
      const mayFork = this.#mayBeLost(history, wanted, position !== undefined) && this.#objection(history, wanted) !== undefined
      return mayFork ? this.#stop('NEAR_EDGE') : positionRequest(wanted)
    }
    if (forecast.kind === 'later') {
      if (canProbePermission(this.#identity) || this.#options.goal === 'stream') return this.#stop('PUT_OFF')
      if (!position) return positionRequest(wanted)
    }
    // To follow from a position that is gone is no question any more.
    if (position && this.#options.goal === 'stream') return this.#stop('LOST')
    const objection = this.#objection(history, position)
    return objection ? this.#stop(objection) : positionRequest(position)
  }

  #foresee(history: History, position: Position | undefined): ForecastEvent {
    const wanted = position ?? { replid: history.replid, offset: history.offset }
    const { forecast, decided } = forecastPsync(history, wanted)
    this.forecast = { type: 'forecast', at: now(), position: wanted, history, forecast, ...(decided && { decided }) }
    return this.forecast
  }

  /** At the live end only the master's own speed counts: a small backlog of an idle one is safe. */
  #mayBeLost(history: History, wanted: Position, isGiven: boolean): boolean {
    const before = this.#before && historyFromInfo(this.#before)
    const margin = EDGE_FACTOR * (before ? history.offset - before.offset : 0)
    const atLeast = isGiven ? Math.min(EDGE_BYTES, (history.backlog?.size ?? 0) / 2) : 0
    return bytesToLive(history, wanted) < Math.max(atLeast, margin)
  }

  /** Why a PSYNC is not sent that would be refused. */
  #objection(history: History, position: Position | undefined): StopReason | undefined {
    if (this.#options.allowFork) return undefined
    if (!position) return 'NO_BACKLOG'
    if (position.replid === '?') return 'CERTAIN'
    const guard = this.#guard ?? NO_GUARD
    if (!guard.isCertain) return 'GUARD_UNKNOWN'
    if (isHarmless(guard, history.backlog !== undefined)) return undefined
    return guard.name === 'none' || guard.name === 'empty-rdb' ? 'NO_GUARD' : 'NEW_REPLID'
  }

  /** The right to PSYNC may be seen all the same. */
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
      ...(this.#before && { uptimeSeconds: infoNumber(this.#before, 'uptime_in_seconds') ?? 0 }),
    }
  }

  async #warnings(settings: Settings | undefined): Promise<ReplEvent[]> {
    if (!this.#before) return [this.#warning('NO_INFO', this.#informant.unavailable)]
    // Printed only where the setting is on (INFO replication).
    if (followsOn(this.#options) && this.#before.has('min_slaves_good_slaves')) return [this.#warning('MIN_REPLICAS')]
    if (!forksOnPurpose(this.#options)) return []
    const diskless = settings?.get('repl-diskless-sync')
    if (diskless === 'yes') return []
    const warnings = [this.#warning(diskless === 'no' ? 'DISK_BASED' : 'DISK_UNKNOWN')]
    if (diskless === 'no' && (await this.#stopsWritesOnFailure())) warnings.push(this.#warning('STOP_WRITES_RISK'))
    if (this.#before.get('rdb_last_bgsave_status') === 'err') warnings.push(this.#warning('LAST_BGSAVE_FAILED'))
    return warnings
  }

  /** A failed BGSAVE makes such a master refuse writes with -MISCONF (server.c, writeCommandsDeniedByDiskError). */
  async #stopsWritesOnFailure(): Promise<boolean> {
    const save = await this.#informant.setting('save')
    return Boolean(save) && (await this.#informant.setting('stop-writes-on-bgsave-error')) === 'yes'
  }

  #warning(code: WarningCode, cause?: ReplError): ReplEvent {
    return { type: 'warning', at: now(), code, ...(cause && { cause: cause.with({ endpoint: endpointName(this.#options.endpoint) }) }) }
  }
}

function followsOn({ goal }: ReplicaOptions): boolean {
  return goal === 'stream' || goal === 'snapshot'
}

function positionRequest(position: Position | undefined): PsyncRequest {
  if (!position || position.replid === '?') return { kind: 'anything' }
  return { kind: 'position', replid: position.replid, requestOffset: requestOffset(position) }
}

/** Replicas that a BGSAVE is about to be started for. */
function waitingReplicas(info: Info | undefined): number {
  return [...(info ?? [])].filter(([field, value]) => /^slave\d+$/.test(field) && value.includes('state=wait_bgsave')).length
}
