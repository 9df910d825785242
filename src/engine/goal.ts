/** How far an attachment goes, and what it needs for that. */
import type { Announcement, Renamed } from '../handshake/plan.ts'
import type { RdbSink } from '../io/sinks/rdb-sink.ts'
import type { History, Position } from '../protocol/history.ts'
import type { Access } from './ask/access.ts'
import type { Ack } from './link/ack.ts'

/** Where a payload goes, and under which name it will be found: absent for stdout, and where nothing is kept. */
export interface Store {
  readonly sink: RdbSink
  readonly path?: string
}

/** INFO alone; no connection of a replica is made. */
interface ForecastGoal {
  readonly kind: 'forecast'
  /** What to ask for instead of the live end. */
  readonly position?: Position
  /** Over how long to measure the master's writes, in milliseconds; 0: do not. */
  readonly sampleMs: number
}

/** Up to the reply to PSYNC, without a fork unless it is allowed. */
interface VerdictGoal extends Omit<ForecastGoal, 'kind'> {
  readonly kind: 'verdict'
  /** Send PSYNC also where it may fork the master. */
  readonly allowFork: boolean
  /** Stop after REPLCONF. */
  readonly stopBeforePsync: boolean
}

/** A full resync on purpose, up to the last byte of the RDB. */
interface PayloadGoal {
  readonly kind: 'payload'
  readonly store: Store
  /** How fast the payload may come in, in bytes a second. */
  readonly maxRate?: number
}

/** The same as a real replica does it, up to the live end of the stream. */
interface LiveGoal {
  readonly kind: 'live'
  readonly store: Store
}

/** The stream from a position that can be served without a fork, until the link breaks. */
interface StreamGoal {
  readonly kind: 'stream'
  /** Where to begin, chosen when the server's history is known; undefined is its live end. */
  readonly choose?: (history: History) => Position | undefined
  /** What to acknowledge. */
  readonly ack: Ack
  /** Attach by a full resync where no position can be served. */
  readonly allowFork: boolean
  /** Of the payload that such a resync brings. */
  readonly maxRate?: number
}

/** A full resync on purpose, and the stream after it. */
interface SnapshotGoal {
  readonly kind: 'snapshot'
  readonly store: Store
  readonly ack: Ack
  readonly maxRate?: number
}

export type Goal = ForecastGoal | VerdictGoal | PayloadGoal | LiveGoal | StreamGoal | SnapshotGoal

/** Whether a full resync is what the user asks for. */
export function forksOnPurpose({ kind }: Goal): boolean {
  return kind === 'payload' || kind === 'live' || kind === 'snapshot'
}

/** Whether the stream is followed until the link breaks. */
export function followsStream({ kind }: Goal): boolean {
  return kind === 'stream' || kind === 'snapshot'
}

export function mayFork(goal: Goal): boolean {
  return forksOnPurpose(goal) || ('allowFork' in goal && goal.allowFork)
}

export function maxRateOf(goal: Goal): number | undefined {
  return 'maxRate' in goal ? goal.maxRate : undefined
}

/** What to ask for instead of the live end. */
export function wantedPosition(goal: Goal, history: History | undefined): Position | undefined {
  if (goal.kind === 'stream') return history && goal.choose?.(history)
  return 'position' in goal ? goal.position : undefined
}

/** What every link is told of us. */
export interface LinkOptions {
  readonly announce: Announcement
  readonly renamed?: Renamed
}

export interface AttachOptions extends Access, LinkOptions {
  readonly goal: Goal
}
