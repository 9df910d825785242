/**
 * A node of a cluster holds one shard. A dump of it must not pass for a dump of the cluster, and slots that move meanwhile leave
 * keys of other shards in it.
 */
import type { Access } from '../../engine/ask/access.ts'
import type { Source } from '../../engine/ask/source.ts'
import type { ReplEvent } from '../../engine/events.ts'
import { expectReplError, ReplError } from '../../errors.ts'
import { endpointName } from '../../io/endpoint.ts'
import { missingSlots, type OwnShard } from '../../protocol/cluster/cluster-map.ts'
import { askClusterNode, type ClusterNodeView, movingSlots } from '../../topology/cluster-node.ts'

/** The shard of the server, as the report names it. Its fields are absent if the node does not tell them. */
export type DumpedShard = Partial<OwnShard>

/** Follows the events of one dump. Asks the server about its cluster only if it is a node of one. */
export class NodeGuard {
  readonly #source: Source
  #access: Access | undefined
  readonly #isOneShardMeant: boolean
  readonly #signal: AbortSignal
  #before: ClusterNodeView | undefined
  /** The history of the snapshot. */
  #replid: string | undefined
  /** Undefined for a server that is no node of a cluster. */
  shard: DumpedShard | undefined

  /** @param isOneShardMeant the user wants the dump of this node only (--shard) */
  constructor(source: Source, isOneShardMeant: boolean, signal: AbortSignal) {
    this.#source = source
    this.#isOneShardMeant = isOneShardMeant
    this.#signal = signal
  }

  /** Remembers the server that it finds. */
  get source(): Source {
    const find = async (signal: AbortSignal) => {
      const found = await this.#source.find(signal)
      this.#access = found.access
      return found
    }
    return { name: this.#source.name, find }
  }

  /**
   * Call it with each event before the next is requested: that of the server comes before PSYNC, and the end of the payload
   * before its file gets its name.
   * @throws ReplError USAGE (ONE_SHARD); TRY_LATER (CLUSTER_MOVING, CLUSTER_CHANGED)
   */
  async see(event: ReplEvent): Promise<void> {
    const access = this.#access
    if (!access) return
    try {
      if (event.type === 'server' && event.identity?.mode === 'cluster') await this.#meetNode(access)
      if (event.type === 'verdict' && event.verdict.kind === 'full') this.#replid = event.verdict.replid
      if (event.type === 'payload-end') await this.#judgePayload(access, event.header.hasSlots === true)
    } catch (error) {
      throw expectReplError(error).with({ endpoint: endpointName(access.endpoint) })
    }
  }

  /** @param hasSlots the RDB is that of a node of a cluster; without INFO, nothing else shows it */
  async #judgePayload(access: Access, hasSlots: boolean): Promise<void> {
    if (this.#before) await this.#confirm(access, this.#before)
    if (hasSlots) this.shard ??= {}
    if (this.shard && !this.#isPermitted(this.shard)) throw new ReplError('ONE_SHARD')
  }

  async #meetNode(access: Access): Promise<void> {
    this.#before = await askClusterNode(access, this.#signal).catch(unlessRefused)
    this.shard = this.#before?.shard ?? {}
    if (!this.#isPermitted(this.shard)) throw new ReplError('ONE_SHARD', factsOf(this.shard))
    if (this.#before) refuseMoves(this.#before)
  }

  #isPermitted({ slots }: DumpedShard): boolean {
    return this.#isOneShardMeant || (slots !== undefined && missingSlots([{ slots }]) === 0)
  }

  async #confirm(access: Access, before: ClusterNodeView): Promise<void> {
    const after = await askClusterNode(access, this.#signal)
    // An address may lead each connection to another server. Then these are the slots of another node.
    if (this.#replid !== undefined && after.replid !== undefined && after.replid !== this.#replid) {
      this.shard = {}
      return
    }
    refuseMoves(after, before)
    if (JSON.stringify(after.shard?.slots) !== JSON.stringify(before.shard?.slots)) throw new ReplError('CLUSTER_CHANGED')
  }
}

function factsOf({ slots, shards }: DumpedShard) {
  return { ...(slots && { slots }), ...(shards !== undefined && { shards }) }
}

function refuseMoves(view: ClusterNodeView, earlier?: ClusterNodeView): void {
  const slots = movingSlots(view.moves, earlier?.moves)
  if (slots) throw new ReplError('CLUSTER_MOVING', { slots })
}

/** Without the right to CLUSTER the slots are unknown; the dump is the user's decision then. */
function unlessRefused(error: unknown): undefined {
  const { code } = expectReplError(error)
  if (code !== 'NO_PERMISSION' && code !== 'NOT_SUPPORTED') throw error
}
