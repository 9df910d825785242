/** What a command asks of the engine: how far to go, as whom, and how long to wait. */

import type { Announcement, Renamed } from '../handshake/plan.ts'
import type { Endpoint, TlsSettings } from '../io/endpoint.ts'
import type { RdbSink } from '../io/sinks/rdb-sink.ts'
import type { Credentials } from '../protocol/credentials.ts'
import type { History, Position } from '../protocol/history.ts'
import type { AckMode } from './link/ack.ts'

export interface Limits {
  readonly connectMs: number
  /** One exchange of the handshake. */
  readonly stepMs: number
  /** Without a byte from the master while it prepares or sends; repl-timeout in Redis. */
  readonly silenceMs: number
}

/**
 * forecast: INFO alone; nothing is attached.
 * verdict: up to the reply to PSYNC, without a fork unless allowed.
 * payload: a full resync on purpose, up to the last byte of the RDB.
 * live: the same as a real replica goes through it, up to the live end of the stream.
 * stream: the stream from a position that can be served without a fork, until the link breaks.
 * snapshot: a full resync on purpose, and the stream behind it.
 */
export type Goal = 'forecast' | 'verdict' | 'payload' | 'live' | 'stream' | 'snapshot'

export interface ReplicaOptions {
  readonly endpoint: Endpoint
  /** How TLS is spoken with servers that are named by a URI of their own. */
  readonly secure?: () => TlsSettings
  readonly credentials?: Credentials
  readonly clientName: string
  readonly announce: Announcement
  readonly limits: Limits
  readonly goal: Goal
  /** Only for the goals `forecast` and `verdict`: what to ask for instead of the live end. */
  readonly position?: Position
  /** Only for the goal `stream`: where to begin, chosen when the server's history is known; undefined is its live end. */
  readonly choose?: (history: History) => Position | undefined
  /** What to claim while following. */
  readonly ack?: AckMode
  /** Only for the goal `verdict`: stop behind REPLCONF. */
  readonly stopBeforePsync?: boolean
  /** For the goals `verdict` and `stream`: ask also for what may fork the master. */
  readonly allowFork?: boolean
  readonly renamed?: Renamed
  /** Where a payload goes; whoever gives it commits it, or abandons it (store.ts). */
  readonly sink?: RdbSink
  /** How fast a payload may come in, in bytes a second. */
  readonly maxRate?: number
  /** Over how long to measure the master's writes, where they are to be. */
  readonly sampleMs?: number
}

/** Whether a full resync is what the user asks for. */
export function forksOnPurpose({ goal }: Pick<ReplicaOptions, 'goal'>): boolean {
  return goal === 'payload' || goal === 'live' || goal === 'snapshot'
}

/** What an ordinary connection needs of it. */
export type Access = Pick<ReplicaOptions, 'endpoint' | 'secure' | 'credentials' | 'clientName' | 'limits'>
