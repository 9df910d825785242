/** What a command needs from the engine: its goal, its credentials and its time limits. */

import type { Announcement, Renamed } from '../handshake/plan.ts'
import type { Endpoint, TlsSettings } from '../io/endpoint.ts'
import type { RdbSink } from '../io/sinks/rdb-sink.ts'
import type { Credentials } from '../protocol/credentials.ts'
import type { History, Position } from '../protocol/history.ts'
import type { AckMode } from './link/ack.ts'

export interface Limits {
  readonly connectMs: number
  /** Per exchange of the handshake. */
  readonly stepMs: number
  /** Longest gap between bytes while the master prepares or sends the payload; like repl-timeout in Redis. */
  readonly silenceMs: number
}

/**
 * forecast: INFO only; no replication link.
 * verdict: up to the reply to PSYNC, without a fork unless allowed.
 * payload: an intended full resync, up to the last byte of the RDB.
 * live: a full resync as a real replica performs it, up to the live end of the stream.
 * stream: the stream from a position that the server can serve without a fork, until the link breaks.
 * snapshot: an intended full resync, and the stream after it.
 */
export type Goal = 'forecast' | 'verdict' | 'payload' | 'live' | 'stream' | 'snapshot'

export interface ReplicaOptions {
  readonly endpoint: Endpoint
  /** TLS settings for servers that are named by their own URI. */
  readonly secure?: () => TlsSettings
  readonly credentials?: Credentials
  readonly clientName: string
  readonly announce: Announcement
  readonly limits: Limits
  readonly goal: Goal
  /** Goals `forecast` and `verdict` only: the position to request instead of the live end. */
  readonly position?: Position
  /** Goal `stream` only: chooses the start position from the server's history; undefined means its live end. */
  readonly choose?: (history: History) => Position | undefined
  readonly ack?: AckMode
  /** Goal `verdict` only: stop after REPLCONF. */
  readonly stopBeforePsync?: boolean
  /** Goals `verdict` and `stream`: also send a PSYNC that may fork the master. */
  readonly allowFork?: boolean
  readonly renamed?: Renamed
  /** Where a payload goes. The caller commits or abandons it. */
  readonly sink?: RdbSink
  /** Limit for receiving a payload, in bytes per second. */
  readonly maxRate?: number
  /** How long to measure the master's write rate, in milliseconds. */
  readonly sampleMs?: number
}

/** Whether the goal itself is a full resync. */
export function forksOnPurpose({ goal }: Pick<ReplicaOptions, 'goal'>): boolean {
  return goal === 'payload' || goal === 'live' || goal === 'snapshot'
}

/** The part that an ordinary client connection needs. */
export type Access = Pick<ReplicaOptions, 'endpoint' | 'secure' | 'credentials' | 'clientName' | 'limits'>
