/**
 * Replication histories and positions in them, shared by all higher layers. Redis names a history by its replid and
 * counts its bytes from 1 (replication.c, PSYNC2). A position is the last byte that a replica has.
 */

/** CONFIG_RUN_ID_SIZE in server.h: 40 hexadecimal characters. */
const REPLID = /^[0-9a-f]{40}$/i

export function isReplid(text: string): boolean {
  return REPLID.test(text)
}

/** Masters ignore case when they compare replids. */
export function isSameReplid(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase()
}

/**
 * A position in a history: everything up to and including `offset` has been processed. INFO and ACK use this offset; PSYNC
 * asks for the next byte (requestOffset).
 */
export interface Position {
  /** `?` for a replica without a history. */
  readonly replid: string
  readonly offset: number
  /** The selected database. Absent if unknown: masters send SELECT only on a change (replication.c, replicationFeedSlaves). */
  readonly db?: number | undefined
  /** If the offset is inside a transaction, the last byte before its MULTI. Absent otherwise. */
  readonly transaction?: number | undefined
}

/** The position of a replica without data, which sends PSYNC ? -1. */
export const NOTHING: Position = { replid: '?', offset: -1 }

/** The first byte that a replica at this position asks for. */
export function requestOffset({ offset }: Position): number {
  return offset + 1
}

/** The retained part of a history: `histlen` bytes starting at `firstByteOffset`. */
export interface Backlog {
  readonly firstByteOffset: number
  readonly histlen: number
  /** repl-backlog-size. Since 7.0 histlen can exceed it, because the backlog is trimmed in whole blocks. */
  readonly size: number
}

/** The state of a server's history: everything that decides the outcome of a PSYNC. */
export interface History {
  readonly replid: string
  /** The last byte produced. */
  readonly offset: number
  /** After a promotion, the history that this one continues, and the last offset that PSYNC may request under its replid. */
  readonly replid2?: string
  readonly secondOffset?: number
  /** Absent if the server retains nothing. */
  readonly backlog?: Backlog
  /** Why the server currently refuses every PSYNC, whatever its arguments. */
  readonly obstacle?: Obstacle
}

export type Obstacle = 'LOADING' | 'NOMASTERLINK' | 'FAILOVER'
