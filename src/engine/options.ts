/** What a command asks of the engine: how far to go, as whom, and how long to wait. */
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
 * verdict: up to the reply to PSYNC, without a fork unless allowed.
 * payload: a full resync on purpose, up to the last byte of the RDB.
 */
type Goal = 'verdict' | 'payload'

export interface ReplicaOptions {
  readonly endpoint: Endpoint
  readonly credentials?: Credentials
  readonly clientName: string
  readonly announce: Announcement
  readonly limits: Limits
  readonly goal: Goal
  /** Only for the goal `verdict`: stop behind REPLCONF. */
  readonly stopBeforePsync: boolean
  /** Only for the goal `verdict`: ask for a full resync where nothing else can be asked. */
  readonly allowFork: boolean
}
