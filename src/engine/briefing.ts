/**
 * What has to be known about the server before the handshake can go on, and the plan that follows from it. Everything
 * is optional: where INFO is not permitted the plan becomes more careful, never wrong.
 */
import type { StopReason, WarningCode } from '../diagnosis/verdict.ts'
import { ReplError } from '../errors.ts'
import { CAPABILITIES, canProbePermission, forkGuard, type Guard } from '../handshake/guard.ts'
import type { Plan, PsyncRequest } from '../handshake/plan.ts'
import { now } from '../io/clock.ts'
import { endpointName } from '../io/transport.ts'
import { type Info, infoNumber } from '../protocol/info.ts'
import { ServerError } from '../protocol/reply.ts'
import { refusal } from '../protocol/server-error.ts'
import { identityFromHello, identityFromInfo, type Position, positionFromInfo, type ServerIdentity } from '../protocol/server-facts.ts'
import type { BgsaveEvent, BillEvent, BillRow, ReplEvent } from './events.ts'
import type { ReplicaOptions } from './options.ts'
import { QueryLink } from './query.ts'

const BILL_FIELDS = [
  'master_replid',
  'total_forks',
  'latest_fork_usec',
  'sync_full',
  'sync_partial_ok',
  'sync_partial_err',
  'rdb_last_save_time',
] as const

export class Briefing {
  readonly #options: ReplicaOptions
  readonly #signal: AbortSignal
  #link: QueryLink | undefined
  #before: Info | undefined
  /** Why INFO could not be had: the server's refusal, or what broke the second connection. */
  #unavailable: ReplError | undefined
  #identity: ServerIdentity | undefined
  /** Why the plan does not ask for a sync, when it does not. */
  stopReason: StopReason | undefined

  constructor(options: ReplicaOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** What a rung of the ladder needs to know. @throws ReplError NOT_SUPPORTED for a Sentinel. */
  async brief(needs: 'server' | 'position', plan: Plan): Promise<{ plan: Plan; events: ReplEvent[] }> {
    return await (needs === 'server' ? this.#meetServer(plan) : this.#refreshPosition(plan))
  }

  /** Before REPLCONF capa: who is this, and which guards and requests fit? */
  async #meetServer(plan: Plan): Promise<{ plan: Plan; events: ReplEvent[] }> {
    await this.#open()
    this.#before = await this.#info()
    this.#identity = this.#before ? identityFromInfo(this.#before) : await this.#hello()
    if (this.#identity?.mode === 'sentinel') throw new ReplError('NOT_SUPPORTED', { reason: 'SENTINEL' })
    const isValkey = this.#identity?.flavour === 'valkey'
    const guard = this.#guard()
    const position = this.#before && positionFromInfo(this.#before)
    const psync = this.#request(position)
    const next: Plan = {
      ...plan,
      // A full resync asked for on purpose shall show itself, not wait for a second connection.
      capabilities: [...CAPABILITIES, ...(psync.kind === 'anything' ? [] : guard.capabilities)],
      emptyRdb: guard.emptyRdb,
      ...(isValkey ? { version: this.#identity?.version ?? '' } : {}),
      psync,
    }
    const server: ReplEvent = {
      type: 'server',
      at: now(),
      guard: guard.name,
      ...(this.#identity && { identity: this.#identity }),
      ...(position && { position }),
    }
    return { plan: next, events: [...this.#takeQueries(), server, ...(await this.#warnings()), ...this.#takeQueries()] }
  }

  /** Right before PSYNC: the live end moves with every write. */
  async #refreshPosition(plan: Plan): Promise<{ plan: Plan; events: ReplEvent[] }> {
    if (plan.psync.kind !== 'position') return { plan, events: [] }
    const info = await this.#info()
    const psync = this.#request(info && positionFromInfo(info))
    return { plan: { ...plan, psync }, events: this.#takeQueries() }
  }

  /** How far the server's BGSAVE has come, where it tells (INFO persistence, 6.2 and later). */
  async bgsaveProgress(): Promise<BgsaveEvent | undefined> {
    const info = await this.#info()
    this.#takeQueries()
    const keysDone = info && infoNumber(info, 'current_save_keys_processed')
    const keysTotal = info && infoNumber(info, 'current_save_keys_total')
    return keysTotal ? { type: 'bgsave', at: now(), keysDone: keysDone ?? 0, keysTotal } : undefined
  }

  /** After the visit: the server's own counters. */
  async bill(): Promise<ReplEvent[]> {
    // The visit is over: whatever hinders the last question takes nothing from its result.
    const after = await this.#info().catch(() => undefined)
    const before = this.#before
    const bill: BillEvent = before && after ? { type: 'bill', at: now(), rows: billRows(before, after) } : { type: 'bill', at: now() }
    return [...this.#takeQueries(), bill]
  }

  close(): void {
    this.#link?.close()
  }

  #guard(): Guard {
    const wantsFork = this.#options.goal === 'payload'
    return wantsFork ? { name: 'none', capabilities: [], emptyRdb: false } : forkGuard(this.#identity)
  }

  #request(position: Position | undefined): PsyncRequest {
    if (this.#options.goal === 'payload') return { kind: 'anything' }
    if (this.#options.stopBeforePsync) return this.#stop('ASKED_TO', { kind: 'nothing' })
    if (position?.backlogActive) return { kind: 'position', replid: position.replid, requestOffset: position.offset + 1 }
    if (this.#options.allowFork) return { kind: 'anything' }
    const reason = !this.#before ? 'NO_INFO' : position ? 'NO_BACKLOG' : 'NO_POSITION'
    return this.#stop(reason, { kind: canProbePermission(this.#identity) ? 'permission' : 'nothing' })
  }

  #stop(reason: StopReason, request: PsyncRequest): PsyncRequest {
    this.stopReason = reason
    return request
  }

  async #open(): Promise<void> {
    try {
      this.#link = await QueryLink.open(this.#options, this.#signal)
    } catch (error) {
      this.#giveUp(error)
    }
  }

  /** INFO, or undefined where it is not permitted or the second connection cannot be had. */
  async #info(): Promise<Info | undefined> {
    try {
      const reply = await this.#link?.info()
      if (!(reply instanceof ServerError)) return reply
      this.#unavailable = refusal(reply, { command: 'INFO' })
    } catch (error) {
      this.#giveUp(error)
    }
    return undefined
  }

  async #hello(): Promise<ServerIdentity | undefined> {
    const reply = await this.#link?.ask('HELLO').catch((error) => this.#giveUp(error))
    return reply === undefined ? undefined : identityFromHello(reply)
  }

  /** The handshake goes on without the second connection; only a stop by the user is passed on. */
  #giveUp(error: unknown): undefined {
    if (!(error instanceof ReplError) || error.code === 'ABORTED') throw error
    this.#unavailable ??= error
    this.#link?.close()
    this.#link = undefined
    return undefined
  }

  async #warnings(): Promise<ReplEvent[]> {
    if (!this.#before) return [this.#warning('NO_INFO', this.#unavailable)]
    if (this.#options.goal !== 'payload') return []
    const diskless = await this.#link?.config('repl-diskless-sync').catch((error) => this.#giveUp(error))
    if (diskless === 'yes') return []
    const warnings = [this.#warning(diskless === 'no' ? 'DISK_BASED' : 'DISK_UNKNOWN')]
    if (diskless === 'no' && (await this.#stopsWritesOnFailure())) warnings.push(this.#warning('STOP_WRITES_RISK'))
    if (this.#before.get('rdb_last_bgsave_status') === 'err') warnings.push(this.#warning('LAST_BGSAVE_FAILED'))
    return warnings
  }

  /** A failed BGSAVE makes such a master refuse writes with -MISCONF (server.c, writeCommandsDeniedByDiskError). */
  async #stopsWritesOnFailure(): Promise<boolean> {
    const save = await this.#link?.config('save').catch((error) => this.#giveUp(error))
    const stop = await this.#link?.config('stop-writes-on-bgsave-error').catch((error) => this.#giveUp(error))
    return Boolean(save) && stop === 'yes'
  }

  #warning(code: WarningCode, cause?: ReplError): ReplEvent {
    return { type: 'warning', at: now(), code, ...(cause && { cause: cause.with({ endpoint: endpointName(this.#options.endpoint) }) }) }
  }

  #takeQueries(): ReplEvent[] {
    return this.#link?.takeEvents() ?? []
  }
}

/** Servers of 6.0 and older do not count forks; the time of the latest one then stands for them. */
function billRows(before: Info, after: Info): BillRow[] {
  return BILL_FIELDS.filter((field) => before.has(field) || after.has(field)).map((field) => {
    const [was, is] = [before.get(field), after.get(field)]
    return { field, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }
  })
}
