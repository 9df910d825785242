/** Where to begin following. The offset is known only when the server has reported its history. */
import { bytesToLive } from '../../diagnosis/psync/forecast.ts'
import type { History, Position } from '../../protocol/history.ts'

/**
 * now: the live end. backlog: everything that the server still has. after: after a given byte, which may be inside a command.
 * resume: exactly where an earlier link or run ended. snapshot: a full resync.
 */
export type Start =
  | { readonly kind: 'now' }
  | { readonly kind: 'backlog' }
  | { readonly kind: 'after'; readonly position: Position }
  | { readonly kind: 'resume'; readonly position: Position }
  | { readonly kind: 'snapshot' }

/**
 * How much earlier to start reading, to find the selected database. A server sends SELECT only when the database changes
 * (replication.c, replicationFeedSlaves), not when a replica attaches.
 */
const LOOK_BACK_BYTES = 1024 * 1024
/** How much the backlog must still be able to take while our PSYNC is on its way. */
const ROOM_BYTES = 256 * 1024

/** The position to request, and where to start showing. */
export interface StreamRequest {
  /** Undefined means the live end itself. */
  readonly position: Position | undefined
  /** The last byte before the first one shown. */
  readonly showAfter: number
  /** Whether the position may be inside a command. */
  readonly mayStartInsideCommand: boolean
}

/** Continues right after the position, even inside a command. */
export function resumeAt({ replid, offset }: Position): Start {
  return { kind: 'resume', position: { replid, offset } }
}

/**
 * @param room how many bytes after the oldest one to start, when the backlog has just dropped the oldest
 * @param lookBackBytes what the server's output buffer allows
 * @returns undefined for a snapshot
 */
export function streamRequest(start: Start, history: History, room: number, lookBackBytes = LOOK_BACK_BYTES): StreamRequest | undefined {
  const lookBack = Math.min(LOOK_BACK_BYTES, lookBackBytes)
  switch (start.kind) {
    case 'now':
      return requestWithLookBack(history, undefined, history.offset, lookBack)
    case 'backlog':
      return requestOldest(history, room)
    case 'after':
      return requestWithLookBack(history, start.position, start.position.offset, lookBack)
    case 'resume':
      return { position: start.position, showAfter: start.position.offset, mayStartInsideCommand: false }
    case 'snapshot':
      return undefined
  }
}

/** Starts earlier to find the selected database. INFO's live end is a command boundary; a user's position may not be one. */
function requestWithLookBack(history: History, wanted: Position | undefined, showAfter: number, lookBack: number): StreamRequest {
  const plain = { position: wanted, showAfter, mayStartInsideCommand: wanted !== undefined }
  const { backlog } = history
  if (!backlog) return plain
  const oldest = backlog.firstByteOffset - 1
  const offset = Math.max(oldest, showAfter - lookBack, oldest + backlog.histlen - backlog.size + ROOM_BYTES)
  if (offset >= showAfter) return plain
  return { position: { replid: wanted?.replid ?? history.replid, offset }, showAfter, mayStartInsideCommand: true }
}

/** A backlog that has not wrapped keeps its oldest byte while it has room, so that byte is safe to request. */
function requestOldest(history: History, room: number): StreamRequest {
  const { replid, offset, backlog } = history
  if (!backlog) return { position: undefined, showAfter: offset, mayStartInsideCommand: false }
  const oldest = { replid, offset: backlog.firstByteOffset - 1 }
  const isSafe = bytesToLive(history, oldest) >= ROOM_BYTES
  const begin = Math.min(offset, oldest.offset + (isSafe ? 0 : room))
  return { position: { replid, offset: begin }, showAfter: begin, mayStartInsideCommand: true }
}
