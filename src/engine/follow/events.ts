/** What a followed history consists of beside its bytes: where they begin, continue under another name, or are missing. */
import type { Failure } from '../../errors.ts'
import type { SlotRange } from '../../protocol/cluster/cluster-map.ts'
import type { Position } from '../../protocol/history.ts'
import type { ReplEvent } from '../events.ts'

/** LOST: the server no longer has it. DIVERGED: its history continues from an earlier point than ours. */
export type GapReason = 'LOST' | 'DIVERGED'

interface Served {
  readonly at: number
  /** As it was connected to. */
  readonly server: string
}

/** A new beginning: what is half received is dropped. */
export interface AttachedEvent extends Served {
  readonly type: 'attached'
  /** The last byte before those that follow. */
  readonly position: Position
  /** The last byte that is only read to learn the database from. */
  readonly showAfter: number
  /** Where a command is known to end, when the first byte may stand inside one. */
  readonly boundary?: number
}

/** The bytes continue, over another link and maybe under another replid. */
export interface ResumedEvent extends Served {
  readonly type: 'resumed'
  readonly position: Position
  readonly formerReplid: string
}

/** What lies between could not be had. Followed by `attached`. */
export interface GapEvent extends Served {
  readonly type: 'gap'
  readonly reason: GapReason
  readonly from: Position
  readonly to: Position
}

export type HistoryEvent = AttachedEvent | ResumedEvent | GapEvent

/** Asks the consumer for the position up to which everything is shown. */
interface SettleRequest {
  readonly type: 'settle'
  readonly resolve: (position: Position) => void
}

/** What stands between the bytes in the spool. */
export type SpoolEntry = HistoryEvent | SettleRequest

export type OnFull = 'block' | 'stop' | 'drop'

interface SpoolFullEvent {
  readonly type: 'spool-full'
  readonly at: number
  readonly bytes: number
  readonly onFull: OnFull
}

/** The link broke; the next attempt comes after so long. */
interface LinkDownEvent {
  readonly type: 'link-down'
  readonly at: number
  readonly error: Failure
  readonly retryMs: number
}

/** All that a follower reports. */
export type FollowEvent = ReplEvent | HistoryEvent | SpoolFullEvent | LinkDownEvent

/** Up to where everything is in the output, and how much that was. */
export interface Progress {
  readonly position: Position
  readonly commands: number
  readonly bytes: number
}

/** What happened to the shards of a cluster, or had happened while they were not followed. */
export type ShardChange =
  | { readonly type: 'moved'; readonly slots: readonly SlotRange[]; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly type: 'left'; readonly server: string; readonly offset: number | undefined }
  | { readonly type: 'gone'; readonly shard: string; readonly offset: number }
