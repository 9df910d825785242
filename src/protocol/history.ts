/**
 * Replication histories and places in them: the nouns that everything above shares. Redis names a history by its replid and
 * counts its bytes from 1 (replication.c, PSYNC2); a place is the last byte that one has.
 */

/** CONFIG_RUN_ID_SIZE in server.h: 40 hexadecimal characters. */
const REPLID = /^[0-9a-f]{40}$/i

export function isReplid(text: string): boolean {
  return REPLID.test(text)
}

/** Masters compare replids without case. */
export function isSameReplid(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase()
}

/**
 * A place in a history: everything up to and including `offset` is done with. This is the offset of INFO and ACK; PSYNC asks for
 * the next byte (requestOffset).
 */
export interface Position {
  /** `?` of a replica that has no history. */
  readonly replid: string
  readonly offset: number
  /** The selected database. Absent where it is not known: a master names it only when it changes (replication.c, replicationFeedSlaves). */
  readonly db?: number | undefined
  /** The last byte before the MULTI whose transaction the offset stands in. Absent outside of a transaction. */
  readonly transaction?: number | undefined
}

/** Of a replica that has nothing: it sends PSYNC ? -1. */
export const NOTHING: Position = { replid: '?', offset: -1 }

/** The first byte that a replica at this position asks for. */
export function requestOffset({ offset }: Position): number {
  return offset + 1
}

/** The retained part of a history: `histlen` bytes from `firstByteOffset` on. */
export interface Backlog {
  readonly firstByteOffset: number
  readonly histlen: number
  /** repl-backlog-size. Since 7.0 histlen can exceed it, because the backlog is trimmed by blocks. */
  readonly size: number
}

/** Where a server's history stands: everything that decides a PSYNC. */
export interface History {
  readonly replid: string
  /** The last byte produced. */
  readonly offset: number
  /** The history that this one continues since a promotion, and the last offset that may be asked for under its name. */
  readonly replid2?: string
  readonly secondOffset?: number
  /** Absent where nothing is retained. */
  readonly backlog?: Backlog
  /** Why every PSYNC is refused for now, whatever it asks for. */
  readonly obstacle?: Obstacle
}

export type Obstacle = 'LOADING' | 'NOMASTERLINK' | 'FAILOVER'
