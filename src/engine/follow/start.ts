/** Where to begin following, in terms of a history that is only known when the server has been asked. */
import { bytesToLive } from '../../diagnosis/psync/forecast.ts'
import type { History, Position } from '../../protocol/history.ts'

/**
 * now: the live end. backlog: everything the server still has. after: after that byte, which may stand anywhere in a command.
 * resume: exactly where an earlier link or run has ended. snapshot: a full resync.
 */
export type Start =
  | { readonly kind: 'now' }
  | { readonly kind: 'backlog' }
  | { readonly kind: 'after'; readonly position: Position }
  | { readonly kind: 'resume'; readonly position: Position }
  | { readonly kind: 'snapshot' }

/**
 * How much is read of what came before, to learn which database is selected: a server names it only when it changes
 * (replication.c, replicationFeedSlaves), not to a replica that attaches.
 */
const LOOK_BACK_BYTES = 1024 * 1024
/** What must still fit into the backlog while our PSYNC is on its way. */
const ROOM_BYTES = 256 * 1024

/** What to ask the server for, and what of it to show. */
export interface StreamRequest {
  /** Undefined is the live end itself. */
  readonly position: Position | undefined
  /** The last byte that is not shown. */
  readonly showAfter: number
  /** Whether the position may stand inside a command. */
  readonly mayCut: boolean
}

/** The bytes continue as if nothing had happened, in the middle of a command if need be. */
export function resumeAt({ replid, offset }: Position): Start {
  return { kind: 'resume', position: { replid, offset } }
}

/** @param room how much younger than the oldest byte to ask for, when the oldest was lost a moment ago */
export function streamRequest(start: Start, history: History, room: number): StreamRequest | undefined {
  switch (start.kind) {
    case 'now':
      return lookingBack(history, undefined, history.offset)
    case 'backlog':
      return fromOldest(history, room)
    case 'after':
      return lookingBack(history, start.position, start.position.offset)
    case 'resume':
      return { position: start.position, showAfter: start.position.offset, mayCut: false }
    case 'snapshot':
      return undefined
  }
}

/** The live end was a boundary when INFO showed it; a position of the user's may be anything. */
function lookingBack(history: History, wanted: Position | undefined, showAfter: number): StreamRequest {
  const plain = { position: wanted, showAfter, mayCut: wanted !== undefined }
  const { backlog } = history
  if (!backlog) return plain
  const oldest = backlog.firstByteOffset - 1
  const offset = Math.max(oldest, showAfter - LOOK_BACK_BYTES, oldest + backlog.histlen - backlog.size + ROOM_BYTES)
  if (offset >= showAfter) return plain
  return { position: { replid: wanted?.replid ?? history.replid, offset }, showAfter, mayCut: true }
}

/** A backlog that has not wrapped yet keeps its beginning for as long as there is room. */
function fromOldest(history: History, room: number): StreamRequest {
  const { replid, offset, backlog } = history
  if (!backlog) return { position: undefined, showAfter: offset, mayCut: false }
  const oldest = { replid, offset: backlog.firstByteOffset - 1 }
  const isSafe = bytesToLive(history, oldest) >= ROOM_BYTES
  const begin = Math.min(offset, oldest.offset + (isSafe ? 0 : room))
  return { position: { replid, offset: begin }, showAfter: begin, mayCut: true }
}
