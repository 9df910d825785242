/** Where to begin following, in terms of a history that is only known when the server has been asked. */
import { bytesToLive, type Position } from '../../diagnosis/psync/forecast.ts'
import type { History } from '../../protocol/info/server-facts.ts'
import type { Place } from '../../protocol/stream/stream-state.ts'

/**
 * now: the live end. backlog: everything the server still has. position: behind that byte.
 * place: where an earlier run has ended. snapshot: a full resync.
 */
export type Start =
  | { readonly kind: 'now' }
  | { readonly kind: 'backlog' }
  | { readonly kind: 'position'; readonly position: Position }
  | { readonly kind: 'place'; readonly replid: string; readonly place: Place }
  | { readonly kind: 'snapshot' }

/**
 * How much is read of what came before, to learn which database is selected: a server says it only when it changes
 * (replication.c, replicationFeedSlaves), not to whoever attaches.
 */
const LOOK_BACK_BYTES = 1024 * 1024
/** What must still fit into the backlog while our PSYNC is on its way. */
const ROOM_BYTES = 256 * 1024

/** What to ask for, and from where on it is to be shown. */
export interface Aim {
  /** Undefined is the live end itself. */
  readonly position: Position | undefined
  /** The last byte that is not shown. */
  readonly shownBehind: number
  /** Whether the position may stand inside a command. */
  readonly mayCut: boolean
}

/** The bytes go on as if nothing had happened, in the middle of a command if need be. */
export function resumeAt({ replid, offset }: Position): Start {
  return { kind: 'place', replid, place: { offset, db: undefined, transaction: undefined } }
}

/** @param room how much younger than the oldest byte to ask for, when the oldest was lost a moment ago */
export function aimAt(start: Start, history: History, room: number): Aim | undefined {
  switch (start.kind) {
    case 'now':
      return lookingBack(history, undefined, history.offset)
    case 'backlog':
      return fromOldest(history, room)
    case 'position':
      return lookingBack(history, start.position, start.position.offset)
    case 'place':
      return { position: { replid: start.replid, offset: start.place.offset }, shownBehind: start.place.offset, mayCut: false }
    case 'snapshot':
      return undefined
  }
}

/** The live end was a boundary when INFO told it; a position of the user's may be anything. */
function lookingBack(history: History, wanted: Position | undefined, shownBehind: number): Aim {
  const plain = { position: wanted, shownBehind, mayCut: wanted !== undefined }
  const { backlog } = history
  if (!backlog) return plain
  const oldest = backlog.firstByteOffset - 1
  const offset = Math.max(oldest, shownBehind - LOOK_BACK_BYTES, oldest + backlog.histlen - backlog.size + ROOM_BYTES)
  if (offset >= shownBehind) return plain
  return { position: { replid: wanted?.replid ?? history.replid, offset }, shownBehind, mayCut: true }
}

/** A backlog that has not been run over yet keeps its beginning for as long as there is room. */
function fromOldest(history: History, room: number): Aim {
  const { replid, offset, backlog } = history
  if (!backlog) return { position: undefined, shownBehind: offset, mayCut: false }
  const oldest = { replid, offset: backlog.firstByteOffset - 1 }
  const isSafe = bytesToLive(history, oldest) >= ROOM_BYTES
  const begin = Math.min(offset, oldest.offset + (isSafe ? 0 : room))
  return { position: { replid, offset: begin }, shownBehind: begin, mayCut: true }
}
