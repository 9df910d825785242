/** Decides whether a payload may be kept, from what the server shows before and after it. */
import type { KnownShard } from '../../protocol/cluster/cluster-map.ts'
import type { Access } from './access.ts'

/** What the payload shows by itself. */
export interface PayloadFacts {
  /** The history of the snapshot, if PSYNC named it. */
  readonly replid: string | undefined
  /** Whether the RDB comes from a cluster node. Without INFO, nothing else shows that. */
  readonly hasSlots: boolean
}

/** For one link. */
export interface PayloadGuard {
  /** Undefined if the server is not a cluster node. */
  readonly shard: KnownShard | undefined
  /** Called before PSYNC, with the server of the link and what INFO says of it. @throws ReplError if its payload is not to be kept */
  before(access: Access, isClusterNode: boolean): Promise<void>
  /** Called at the end of the payload, before its sink is committed. @throws ReplError if the payload must not be kept */
  after(payload: PayloadFacts): Promise<void>
}
