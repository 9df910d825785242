/**
 * The events of the engine, reported in batches. They are plain data without display text or live objects, so a run can be
 * recorded and replayed. `at` is monotonic time in milliseconds.
 */
import type { ConditionName, Forecast } from '../diagnosis/psync/forecast.ts'
import type { Silence } from '../diagnosis/psync/silence.ts'
import type { StopReason, WarningCode } from '../diagnosis/psync/verdict.ts'
import type { Failure } from '../errors.ts'
import type { Guard } from '../handshake/guard.ts'
import type { Exchange, Verdict } from '../handshake/machine.ts'
import type { State } from '../handshake/states.ts'
import type { DialStep } from '../io/dial.ts'
import type { Written } from '../io/sinks/rdb-sink.ts'
import type { KnownShard } from '../protocol/cluster/cluster-map.ts'
import type { History, Position } from '../protocol/history.ts'
import type { ServerIdentity } from '../protocol/info/identity.ts'
import type { Settings } from '../protocol/settings.ts'
import type { PayloadFraming } from '../protocol/wire/payload.ts'
import type { RdbHeader } from '../rdb/header.ts'
import type { Checksum } from '../rdb/verifier.ts'
import type { Choice } from './ask/source.ts'

/** A server-wide counter before and after our visit. A value is absent when the server has no such counter. */
export interface CounterRow {
  readonly field: string
  readonly before?: string
  readonly after?: string
}

interface At {
  readonly at: number
}

/** How the server was chosen, when the user did not name it directly. */
export type SourceEvent = At & { readonly type: 'source' } & Choice
/** One step of connecting, failed steps included. */
export type DialEvent = At & DialStep
export type ConnectedEvent = At & { readonly type: 'connected'; readonly rttMs: number; readonly local: string; readonly remote: string }
export type ExchangeEvent = At & { readonly type: 'exchange'; readonly rttMs: number; readonly error?: Failure } & Omit<Exchange, 'error'>
/** A question besides the handshake: on the replication link before PSYNC, or on a second connection. */
export type QueryEvent = At & {
  readonly type: 'query'
  readonly on: 'link' | 'second'
  readonly rttMs: number
  readonly sent: readonly string[]
  readonly reply: string
}
export type ServerEvent = At & {
  readonly type: 'server'
  readonly identity?: ServerIdentity
  readonly history?: History
  /** `repl-*` and a few others (Informant.replSettings). Absent when CONFIG is not permitted. */
  readonly settings?: Settings
  readonly uptimeSeconds?: number
  /** The memory of its data; an RDB is smaller as a rule. */
  readonly dataBytes?: number
  /** How long its last fork took; 0 if it has not forked since its start. */
  readonly lastForkUsec?: number
  /** Absent when the goal is a full resync. */
  readonly guard?: Guard
}
/** The reply to PSYNC as predicted from INFO. */
export type ForecastEvent = At & {
  readonly type: 'forecast'
  readonly position: Position
  readonly history: History
  readonly forecast: Forecast
  /** The first condition that does not hold; absent when all hold. */
  readonly decided?: ConditionName
}
/** How much the master wrote to its history between two INFO replies. */
export type WriteRateEvent = At & { readonly type: 'write-rate'; readonly bytes: number; readonly overMs: number }
export type WarningEvent = At & { readonly type: 'warning'; readonly code: WarningCode; readonly cause?: Failure }
/** A bare newline from the master: it is alive and preparing the sync. */
export type KeepAliveEvent = At & { readonly type: 'keep-alive'; readonly state: State; readonly count: number }
/** The end of the handshake. `stopped` is the reason why no sync was requested or granted. */
export type VerdictEvent = At & { readonly type: 'verdict'; readonly verdict: Verdict; readonly stopped?: StopReason }
/** Progress of the server's BGSAVE, from its INFO (6.2 and later). */
export type BgsaveEvent = At & { readonly type: 'bgsave'; readonly keysDone: number; readonly keysTotal: number }
export type PayloadStartEvent = At & { readonly type: 'payload-start'; readonly framing: PayloadFraming }
/** Payload bytes received so far. */
type PayloadProgressEvent = At & { readonly type: 'payload-progress'; readonly bytes: number }
export type PayloadEndEvent = At & {
  readonly type: 'payload-end'
  readonly bytes: number
  readonly checksum: Checksum
  readonly header: RdbHeader
  readonly keys: KeyCounts
}
/** How many keys the server has by its INFO, to compare with those of the RDB (`header`). */
export interface KeyCounts {
  /** Before the snapshot, by database. Absent without INFO, and if INFO does not count keys. */
  readonly before?: KeyCount
  /** After the snapshot. Only asked if the first count does not explain the RDB. */
  readonly after?: KeyCount
  /** Why there is no INFO. */
  readonly infoFailure?: Failure
}

/** Keys by the number of their database. */
export type KeyCount = Readonly<Record<string, number>>

/** Bytes in our output buffer on the master, or in the buffers of all replicas when CLIENT LIST does not show ours. */
export type BufferEvent = At & { readonly type: 'buffer'; readonly bytes: number; readonly scope: 'ours' | 'all replicas' }
/** Stream bytes received, and the offset of the last one. `masterOffset` is the newest known. */
type StreamEvent = At & { readonly type: 'stream'; readonly bytes: number; readonly offset: number; readonly masterOffset: number }
/** We caught up with the newest known master offset (`isMet`), or gave up. */
export type LiveEvent = At & { readonly type: 'live'; readonly isMet: boolean; readonly offset: number; readonly masterOffset: number }
/** The stream begins after this offset. */
type FollowingEvent = At & { readonly type: 'following'; readonly offset: number }
/** `data` is a view into the read buffer, valid until the next batch is requested. `offset` is that of its last byte. */
export type StreamChunkEvent = At & { readonly type: 'stream-chunk'; readonly data: Buffer; readonly offset: number }
/** No byte arrived for `silentMs`, not even a PING. `unknown`: INFO is not permitted. */
export type SilenceEvent = At & { readonly type: 'silence'; readonly silentMs: number; readonly silence: Silence | 'unknown' }
/** The cost of the BGSAVE of a full resync for the server, read after it ended. */
export type SaveCostEvent = At & { readonly type: 'save-cost'; readonly forkUsec?: number; readonly cowBytes?: number }
/** The payload is whole, verified and safe in its sink. */
export type StoredEvent = Omit<PayloadEndEvent, 'type'> & {
  readonly type: 'stored'
  /** Absent for stdout, and when the payload is discarded. */
  readonly path?: string
  /** The shard in the RDB of a cluster node, if it is kept. */
  readonly shard?: KnownShard
  readonly framing: PayloadFraming['kind']
  /** Carries the replid and offset that the master gave. `legacy`: it gave none. */
  readonly verdict: Verdict
  readonly elapsedMs: number
  readonly written: Written
}
/** Server counters before and after the visit. Without `rows` INFO was not available, and `cause` says why unless we were stopped. */
export type CountersEvent = At & { readonly type: 'counters'; readonly rows?: readonly CounterRow[]; readonly cause?: Failure }

export type ReplEvent =
  | SourceEvent
  | DialEvent
  | ConnectedEvent
  | ExchangeEvent
  | QueryEvent
  | ServerEvent
  | WarningEvent
  | KeepAliveEvent
  | VerdictEvent
  | BgsaveEvent
  | PayloadStartEvent
  | PayloadProgressEvent
  | PayloadEndEvent
  | ForecastEvent
  | WriteRateEvent
  | BufferEvent
  | StreamEvent
  | LiveEvent
  | FollowingEvent
  | StreamChunkEvent
  | SilenceEvent
  | SaveCostEvent
  | StoredEvent
  | CountersEvent

/** One batch per socket read. */
export type Batch = readonly ReplEvent[]
