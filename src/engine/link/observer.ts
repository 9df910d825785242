/** What the server shows of a full resync in progress: its BGSAVE, what it holds back for us, and its live end. */
import { now } from '../../io/clock.ts'
import { clientEntries } from '../../protocol/info/client-list.ts'
import { infoNumber } from '../../protocol/info/info.ts'
import { numberIn, type ServerInfo } from '../../protocol/info/server-info.ts'
import type { Informant } from '../ask/informant.ts'
import type { BgsaveEvent, BufferEvent, ReplEvent, SaveCostEvent } from '../events.ts'

export class Observer {
  readonly #informant: Informant
  readonly #ownAddress: string
  #isListed = true

  /** @param ownAddress our end of the replication link, as CLIENT LIST shows it */
  constructor(informant: Informant, ownAddress: string) {
    this.#informant = informant
    this.#ownAddress = ownAddress
  }

  /** How far the BGSAVE has come, where the server tells (INFO persistence, 6.2 and later). */
  async progress(): Promise<BgsaveEvent[]> {
    const info = await this.#info()
    return info ? bgsave(info) : []
  }

  /**
   * The same, and our output buffer on the master.
   * @param since the offset of a snapshot in transfer: all that was written after it waits for us
   */
  async everything(since?: number): Promise<{ events: ReplEvent[]; masterOffset?: number }> {
    const info = await this.#info()
    const masterOffset = info && numberIn(info, 'master_repl_offset')
    const buffer = (await this.#ownBuffer()) ?? (since === undefined ? info && ofAll(info) : waiting(masterOffset, since))
    const events = [...(info ? bgsave(info) : []), ...(buffer ? [buffer] : [])]
    return { events, ...(masterOffset !== undefined && { masterOffset }) }
  }

  /** The costs of a BGSAVE that is over; undefined without INFO. */
  async costs(): Promise<SaveCostEvent | 'running' | undefined> {
    const info = await this.#info()
    if (!info) return undefined
    if (info.fields.get('rdb_bgsave_in_progress') === '1') return 'running'
    const forkUsec = numberIn(info, 'latest_fork_usec')
    const cowBytes = numberIn(info, 'rdb_last_cow_size')
    return { type: 'save-cost', at: now(), ...(forkUsec !== undefined && { forkUsec }), ...(cowBytes !== undefined && { cowBytes }) }
  }

  /** Where CLIENT LIST is not permitted it is asked once: every refusal is an entry in the ACL log. */
  async #ownBuffer(): Promise<BufferEvent | undefined> {
    if (!this.#isListed) return undefined
    const reply = await this.#informant.ask('CLIENT', 'LIST', 'TYPE', 'replica')
    this.#informant.takeEvents()
    this.#isListed = reply !== undefined
    const own = clientEntries(String(reply ?? '')).find((entry) => entry.get('addr') === this.#ownAddress)
    const bytes = own && infoNumber(own, 'omem')
    return bytes === undefined ? undefined : { type: 'buffer', at: now(), bytes, scope: 'ours' }
  }

  /** These questions are too many to show. */
  async #info(): Promise<ServerInfo | undefined> {
    const info = await this.#informant.info()
    this.#informant.takeEvents()
    return info
  }
}

function bgsave(info: ServerInfo): BgsaveEvent[] {
  const keysDone = numberIn(info, 'current_save_keys_processed')
  const keysTotal = numberIn(info, 'current_save_keys_total')
  return keysTotal ? [{ type: 'bgsave', at: now(), keysDone: keysDone ?? 0, keysTotal }] : []
}

function ofAll(info: ServerInfo): BufferEvent | undefined {
  const bytes = numberIn(info, 'mem_clients_slaves')
  return bytes === undefined ? undefined : { type: 'buffer', at: now(), bytes, scope: 'all replicas' }
}

function waiting(masterOffset: number | undefined, since: number): BufferEvent | undefined {
  return masterOffset === undefined ? undefined : { type: 'buffer', at: now(), bytes: masterOffset - since, scope: 'ours' }
}
