/** Observes a full resync in progress from the server's side: its BGSAVE, our output buffer, and the live end. */
import { now } from '../../io/clock.ts'
import { clientEntries } from '../../protocol/info/client-list.ts'
import { infoNumber } from '../../protocol/info/info.ts'
import { numberField, type ServerInfo } from '../../protocol/info/server-info.ts'
import { type Informant, isRefusal } from '../ask/informant.ts'
import type { BgsaveEvent, BufferEvent, ReplEvent, SaveCostEvent } from '../events.ts'

export class Observer {
  readonly #informant: Informant
  readonly #ownAddress: string
  #isLossReported = false

  /** @param ownAddress our end of the replication link, as CLIENT LIST shows it */
  constructor(informant: Informant, ownAddress: string) {
    this.#informant = informant
    this.#ownAddress = ownAddress
  }

  /** Progress of the BGSAVE; empty when the server does not report it (INFO persistence, 6.2 and later). */
  async progress(): Promise<BgsaveEvent[]> {
    const info = await this.info()
    return info ? bgsave(info) : []
  }

  /**
   * Progress of the BGSAVE, our output buffer on the master, and the master's offset.
   * @param since the offset of the snapshot in transfer; the master buffers every write after it for us
   */
  async everything(since?: number): Promise<{ events: ReplEvent[]; masterOffset?: number }> {
    const info = await this.info()
    const masterOffset = info && numberField(info, 'master_repl_offset')
    const buffer = (await this.#ownBuffer()) ?? (since === undefined ? info && totalBuffer(info) : estimatedBuffer(masterOffset, since))
    const events = [...(info ? bgsave(info) : this.#loss()), ...(buffer ? [buffer] : [])]
    return { events, ...(masterOffset !== undefined && { masterOffset }) }
  }

  /** What the finished BGSAVE cost; `running` until it ends, undefined without INFO. */
  async costs(): Promise<SaveCostEvent | 'running' | undefined> {
    const info = await this.info()
    if (!info) return undefined
    if (info.fields.get('rdb_bgsave_in_progress') === '1') return 'running'
    const forkUsec = numberField(info, 'latest_fork_usec')
    const cowBytes = numberField(info, 'rdb_last_cow_size')
    return { type: 'save-cost', at: now(), ...(forkUsec !== undefined && { forkUsec }), ...(cowBytes !== undefined && { cowBytes }) }
  }

  async #ownBuffer(): Promise<BufferEvent | undefined> {
    const reply = await this.#informant.ask('CLIENT', 'LIST', 'TYPE', 'replica')
    this.#informant.takeEvents()
    const own = clientEntries(String(reply ?? '')).find((entry) => entry.get('addr') === this.#ownAddress)
    const bytes = own && infoNumber(own, 'omem')
    return bytes === undefined ? undefined : { type: 'buffer', at: now(), bytes, scope: 'ours' }
  }

  /** One warning when the connection for INFO is lost: what it would have shown is then missing from the figures. */
  #loss(): ReplEvent[] {
    const { unavailable } = this.#informant
    if (this.#isLossReported || !unavailable || isRefusal(unavailable)) return []
    this.#isLossReported = true
    return [{ type: 'warning', at: now(), code: 'INFO_LOST', cause: unavailable.toFailure() }]
  }

  /** Discards the query events: there are too many to show. */
  async info(): Promise<ServerInfo | undefined> {
    const info = await this.#informant.info()
    this.#informant.takeEvents()
    return info
  }
}

function bgsave(info: ServerInfo): BgsaveEvent[] {
  const keysDone = numberField(info, 'current_save_keys_processed')
  const keysTotal = numberField(info, 'current_save_keys_total')
  return keysTotal ? [{ type: 'bgsave', at: now(), keysDone: keysDone ?? 0, keysTotal }] : []
}

function totalBuffer(info: ServerInfo): BufferEvent | undefined {
  const bytes = numberField(info, 'mem_clients_slaves')
  return bytes === undefined ? undefined : { type: 'buffer', at: now(), bytes, scope: 'all replicas' }
}

function estimatedBuffer(masterOffset: number | undefined, since: number): BufferEvent | undefined {
  return masterOffset === undefined ? undefined : { type: 'buffer', at: now(), bytes: masterOffset - since, scope: 'ours' }
}
