/** Decides whether a payload may be kept, from what the server says before and after it. */
import type { KnownShard } from '../../protocol/cluster/cluster-map.ts'
import type { Access } from './access.ts'

/** What the payload shows by itself. */
export interface PayloadFacts {
  /** The history of the snapshot, if PSYNC named it. */
  readonly replid: string | undefined
  /** The RDB is that of a node of a cluster. Without INFO, nothing else shows it. */
  readonly hasSlots: boolean
}

/** For one link. */
export interface PayloadGuard {
  /** Undefined for a server that is no node of a cluster. */
  readonly shard: KnownShard | undefined
  /** Called before PSYNC, with the server of the link and what INFO says of it. @throws ReplError if its payload is not to be kept */
  before(access: Access, isClusterNode: boolean): Promise<void>
  /** Called at the end of the payload, before its sink is committed. @throws ReplError if the payload must not be kept */
  after(payload: PayloadFacts): Promise<void>
}
