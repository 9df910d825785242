/** What a follower reports besides the bytes of a history: where they begin, resume, or are missing. */
import type { Failure } from '../../errors.ts'
import type { SlotRange } from '../../protocol/cluster/cluster-map.ts'
import type { Position } from '../../protocol/history.ts'
import type { ReplEvent, StoredEvent } from '../events.ts'

/** LOST: the server cannot serve our position any more. DIVERGED: its history left ours at an earlier offset. */
export type GapReason = 'LOST' | 'DIVERGED'

interface Served {
  readonly at: number
  /** The address that we connected to. */
  readonly server: string
}

/** A new start: an incomplete command or transaction is dropped. */
export interface AttachedEvent extends Served {
  readonly type: 'attached'
  /** The last byte before the stream. */
  readonly position: Position
  /** The last byte that is read only to find the selected database, not shown. */
  readonly showAfter: number
  /** An offset at which a command ends. Present when the stream may begin inside a command. */
  readonly boundary?: number
  /** The RDB before it, if that is kept. */
  readonly stored?: StoredEvent
}

/** The bytes continue over a new link, possibly under another replid. */
export interface ResumedEvent extends Served {
  readonly type: 'resumed'
  readonly position: Position
  readonly formerReplid: string
}

/** The bytes in between are missing. `attached` follows. */
export interface GapEvent extends Served {
  readonly type: 'gap'
  readonly reason: GapReason
  readonly from: Position
  readonly to: Position
}

export type HistoryEvent = AttachedEvent | ResumedEvent | GapEvent

/** Requests the position up to which the consumer has shown everything. */
interface SettleRequest {
  readonly type: 'settle'
  readonly resolve: (position: Position) => void
}

/** What is between the bytes in the spool. */
export type SpoolEntry = HistoryEvent | SettleRequest

export type OnFull = 'block' | 'stop' | 'drop'

interface SpoolFullEvent {
  readonly type: 'spool-full'
  readonly at: number
  readonly bytes: number
  readonly onFull: OnFull
}

/** The link broke; the next attempt starts after `retryMs`. */
interface LinkDownEvent {
  readonly type: 'link-down'
  readonly at: number
  readonly error: Failure
  readonly retryMs: number
}

/** Every event that a follower reports. */
export type FollowEvent = ReplEvent | HistoryEvent | SpoolFullEvent | LinkDownEvent

/** The position up to which everything is in the output, and the totals so far. */
export interface Progress {
  readonly position: Position
  readonly commands: number
  readonly bytes: number
}

/**
 * moved: slots changed owner. left: the shard lost all its slots, and is no longer followed. gone: a shard of the checkpoint
 * is no longer in the cluster.
 */
export type ShardChange =
  | { readonly type: 'moved'; readonly slots: readonly SlotRange[]; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly type: 'left'; readonly server: string; readonly offset: number | undefined }
  | { readonly type: 'gone'; readonly shard: string; readonly offset: number }
