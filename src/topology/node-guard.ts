/**
 * Decides whether the RDB of a cluster node may be kept, for every command that keeps one. A node holds one shard, so its RDB must
 * not be mistaken for one of the whole cluster. Slots that move meanwhile leave keys of other shards in it.
 */
import type { Access } from '../engine/ask/access.ts'
import type { PayloadFacts, PayloadGuard } from '../engine/ask/payload-guard.ts'
import { expectReplError, ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { type KnownShard, missingSlots } from '../protocol/cluster/cluster-map.ts'
import type { AddressMap } from './address-map.ts'
import { askClusterNode, type ClusterNodeView, movingSlots } from './cluster-node.ts'

/** Asks the server about its cluster only if it is a node of one. */
export class NodeGuard implements PayloadGuard {
  readonly #addresses: AddressMap
  readonly #isOneShardMeant: boolean
  readonly #signal: AbortSignal
  #access: Access | undefined
  #before: ClusterNodeView | undefined
  shard: KnownShard | undefined

  /**
   * @param addresses lead from a replica to its master, which knows the slots that move
   * @param isOneShardMeant the user wants the RDB of this node only
   */
  constructor(addresses: AddressMap, isOneShardMeant: boolean, signal: AbortSignal) {
    this.#addresses = addresses
    this.#isOneShardMeant = isOneShardMeant
    this.#signal = signal
  }

  /** @throws ReplError USAGE (ONE_SHARD); TRY_LATER (CLUSTER_MOVING) */
  async before(access: Access, isClusterNode: boolean): Promise<void> {
    this.#access = access
    if (isClusterNode) await this.#meetNode(access).catch(withEndpoint(access))
  }

  /** @throws ReplError USAGE (ONE_SHARD); TRY_LATER (CLUSTER_MOVING, CLUSTER_CHANGED) */
  async after(payload: PayloadFacts): Promise<void> {
    const access = this.#access
    if (access) await this.#judge(access, payload).catch(withEndpoint(access))
  }

  async #meetNode(access: Access): Promise<void> {
    this.#before = await this.#ask(access).catch(unlessRefused)
    this.shard = this.#before?.shard ?? {}
    if (!this.#isPermitted(this.shard)) throw new ReplError('ONE_SHARD', factsOf(this.shard))
    if (this.#before) refuseMoves(this.#before)
  }

  async #judge(access: Access, { replid, hasSlots }: PayloadFacts): Promise<void> {
    if (this.#before) await this.#confirm(access, this.#before, replid)
    if (hasSlots) this.shard ??= {}
    if (this.shard && !this.#isPermitted(this.shard)) throw new ReplError('ONE_SHARD')
  }

  async #ask(access: Access): Promise<ClusterNodeView> {
    return await askClusterNode(access, this.#addresses, this.#signal)
  }

  #isPermitted({ slots }: KnownShard): boolean {
    return this.#isOneShardMeant || (slots !== undefined && missingSlots([{ slots }]) === 0)
  }

  async #confirm(access: Access, before: ClusterNodeView, replid: string | undefined): Promise<void> {
    const after = await this.#ask(access)
    // An address may lead each connection to another server. Then these are the slots of another node, and so are its past moves.
    if (replid !== undefined && after.replid !== undefined && after.replid !== replid) {
      this.shard = {}
      return refuseMoves(after)
    }
    refuseMoves(after, before)
    if (JSON.stringify(after.shard?.slots) !== JSON.stringify(before.shard?.slots)) throw new ReplError('CLUSTER_CHANGED')
  }
}

function withEndpoint({ endpoint }: Access): (error: unknown) => never {
  return (error) => {
    throw expectReplError(error).with({ endpoint: endpointName(endpoint) })
  }
}

function factsOf({ slots, shards }: KnownShard) {
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
