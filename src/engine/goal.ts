/** How far an attachment goes, and what each goal needs. */
import type { Announcement, Renamed } from '../handshake/plan.ts'
import type { RdbSink } from '../io/sinks/rdb-sink.ts'
import type { History, Position } from '../protocol/history.ts'
import type { Access } from './ask/access.ts'
import type { PayloadGuard } from './ask/payload-guard.ts'
import type { Ack } from './link/ack.ts'

/** Where a payload goes. `path` is its final name; absent for stdout, and when the payload is discarded. */
export interface Store {
  readonly sink: RdbSink
  readonly path?: string
  /** For a payload that is kept. */
  readonly guard?: PayloadGuard
}

/** Uses INFO only; opens no replication link. */
interface ForecastGoal {
  readonly kind: 'forecast'
  /** The position to request instead of the live end. */
  readonly position?: Position
  /** How long to measure the master's write rate, in milliseconds; 0 disables it. */
  readonly sampleMs: number
}

/** Ends at the reply to PSYNC. Causes no fork unless allowed. */
interface VerdictGoal extends Omit<ForecastGoal, 'kind'> {
  readonly kind: 'verdict'
  /** Send PSYNC even if it may fork the master. */
  readonly allowFork: boolean
  /** Stop after REPLCONF. */
  readonly stopBeforePsync: boolean
}

/** An intended full resync, up to the last byte of the RDB. */
interface PayloadGoal {
  readonly kind: 'payload'
  readonly store: Store
  /** Limit for receiving the payload, in bytes per second. */
  readonly maxRate?: number
}

/** A full resync as a real replica performs it, up to the live end of the stream. */
interface LiveGoal {
  readonly kind: 'live'
  readonly store: Store
}

/** The stream from a position that the server can serve without a fork, until the link breaks. */
interface StreamGoal {
  readonly kind: 'stream'
  /** Chooses the start position from the server's history; undefined means its live end. */
  readonly choose?: (history: History) => Position | undefined
  readonly ack: Ack
  /** Use a full resync when the server can serve no position. */
  readonly allowFork: boolean
  /** Limit for the payload of that full resync, in bytes per second. */
  readonly maxRate?: number
}

/** An intended full resync, and the stream after it. */
interface SnapshotGoal {
  readonly kind: 'snapshot'
  readonly store: Store
  readonly ack: Ack
  readonly maxRate?: number
}

export type Goal = ForecastGoal | VerdictGoal | PayloadGoal | LiveGoal | StreamGoal | SnapshotGoal

/** Whether the goal itself is a full resync. */
export function forksOnPurpose({ kind }: Goal): boolean {
  return kind === 'payload' || kind === 'live' || kind === 'snapshot'
}

/** Whether the goal follows the stream until the link breaks. */
export function followsStream({ kind }: Goal): boolean {
  return kind === 'stream' || kind === 'snapshot'
}

export function mayFork(goal: Goal): boolean {
  return forksOnPurpose(goal) || ('allowFork' in goal && goal.allowFork)
}

export function maxRateOf(goal: Goal): number | undefined {
  return 'maxRate' in goal ? goal.maxRate : undefined
}

/** The position to request instead of the live end; undefined for the live end itself. */
export function wantedPosition(goal: Goal, history: History | undefined): Position | undefined {
  if (goal.kind === 'stream') return history && goal.choose?.(history)
  return 'position' in goal ? goal.position : undefined
}

/** How we introduce ourselves on every link, and the renamed commands to use. */
export interface LinkOptions {
  readonly announce: Announcement
  readonly renamed?: Renamed
}

export interface AttachOptions extends Access, LinkOptions {
  readonly goal: Goal
}
