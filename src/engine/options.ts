/** What a command asks of the engine: how far to go, as whom, and how long to wait. */
import type { Position } from '../diagnosis/forecast.ts'
import type { Announcement, Credentials } from '../handshake/plan.ts'
import type { Endpoint } from '../io/transport.ts'

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
 */
export type Goal = 'forecast' | 'verdict' | 'payload' | 'live'

export interface ReplicaOptions {
  readonly endpoint: Endpoint
  readonly credentials?: Credentials
  readonly clientName: string
  readonly announce: Announcement
  readonly limits: Limits
  readonly goal: Goal
  /** Only for the goals `forecast` and `verdict`: what to ask for instead of the live end. */
  readonly position?: Position
  /** Only for the goal `verdict`: stop behind REPLCONF. */
  readonly stopBeforePsync?: boolean
  /** Only for the goal `verdict`: ask also for what may fork the master. */
  readonly allowFork?: boolean
  /** Over how long to measure the master's writes, where they are to be. */
  readonly sampleMs?: number
}

/** What an ordinary connection needs of it. */
export type Access = Pick<ReplicaOptions, 'endpoint' | 'credentials' | 'clientName' | 'limits'>
