/** What stands between the bytes of a followed stream: where they begin, go on under another name, or are missing. */
import type { Position } from '../../diagnosis/psync/forecast.ts'
import type { ReplError } from '../../errors.ts'
import type { Place } from '../../protocol/stream/stream-state.ts'

/** LOST: the server no longer has it. DIVERGED: its history goes on from an earlier point than ours. */
export type GapReason = 'LOST' | 'DIVERGED'

/** Whose bytes they are. */
interface Served {
  readonly at: number
  /** As it was connected to. */
  readonly server: string
}

/** A new beginning: whatever is half received is dropped. */
export interface AttachedMark extends Served {
  readonly type: 'attached'
  readonly replid: string
  /** The last byte before those that follow. */
  readonly offset: number
  /** The last byte that is only read to learn the database from. */
  readonly shownBehind: number
  /** Where a command is known to end, when the first byte may stand inside one. */
  readonly boundary?: number
  readonly db?: number | undefined
  readonly transaction?: number | undefined
}

/** The bytes go on, over another link and maybe under another replid. */
export interface ResumedMark extends Served {
  readonly type: 'resumed'
  readonly replid: string
  readonly was: string
  readonly offset: number
}

/** What lies between could not be had. Followed by `attached`. */
export interface GapMark extends Served {
  readonly type: 'gap'
  readonly reason: GapReason
  readonly from: Position
  readonly to: Position
}

export type PlaceMark = AttachedMark | ResumedMark | GapMark

/** Asks whoever takes from the spool what it has done with. */
interface SettleMark {
  readonly type: 'settle'
  readonly resolve: (place: Place) => void
}

export type StreamMark = PlaceMark | SettleMark

export interface SpoolFullEvent {
  readonly type: 'spool-full'
  readonly at: number
  readonly bytes: number
  readonly onFull: 'block' | 'stop' | 'drop'
}

/** The link broke; the next attempt comes after so long. */
export interface LinkDownEvent {
  readonly type: 'link-down'
  readonly at: number
  readonly error: ReplError
  readonly retryMs: number
}
