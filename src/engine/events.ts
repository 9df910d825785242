/**
 * What the engine reports, in batches: plain data and types only, no text for people and no live object, so that a run can be
 * written down and read back. `at` is monotonic, in milliseconds.
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
import type { History, Position } from '../protocol/history.ts'
import type { ServerIdentity } from '../protocol/info/identity.ts'
import type { Settings } from '../protocol/settings.ts'
import type { PayloadFraming } from '../protocol/wire/payload.ts'
import type { RdbHeader } from '../rdb/header.ts'
import type { Checksum } from '../rdb/verifier.ts'
import type { Choice } from './ask/source.ts'

/** A counter of the server as a whole, before and after our visit; what a server does not count is absent. */
export interface CounterRow {
  readonly field: string
  readonly before?: string
  readonly after?: string
}

interface At {
  readonly at: number
}

/** Which server it is, where that had to be found out. */
export type SourceEvent = At & { readonly type: 'source' } & Choice
/** A step on the way to the connection, also when it leads nowhere. */
export type DialEvent = At & DialStep
export type ConnectedEvent = At & { readonly type: 'connected'; readonly rttMs: number; readonly local: string; readonly remote: string }
export type ExchangeEvent = At & { readonly type: 'exchange'; readonly rttMs: number; readonly error?: Failure } & Omit<Exchange, 'error'>
/** A question on the second connection. */
export type QueryEvent = At & { readonly type: 'query'; readonly rttMs: number; readonly sent: readonly string[]; readonly reply: string }
export type ServerEvent = At & {
  readonly type: 'server'
  readonly identity?: ServerIdentity
  readonly history?: History
  /** Its `repl-*` settings, where CONFIG is permitted. */
  readonly settings?: Settings
  readonly uptimeSeconds?: number
  /** Absent where a fork is the purpose. */
  readonly guard?: Guard
}
/** What INFO says that the PSYNC about to be sent will get. */
export type ForecastEvent = At & {
  readonly type: 'forecast'
  readonly position: Position
  readonly history: History
  readonly forecast: Forecast
  /** The condition that decided; absent when all hold. */
  readonly decided?: ConditionName
}
/** How much the master wrote to its history, by two INFOs. */
export type WriteRateEvent = At & { readonly type: 'write-rate'; readonly bytes: number; readonly overMs: number }
export type WarningEvent = At & { readonly type: 'warning'; readonly code: WarningCode; readonly cause?: Failure }
/** A bare newline from the master: it is alive and preparing the sync. */
export type KeepAliveEvent = At & { readonly type: 'keep-alive'; readonly state: State; readonly count: number }
/** The end of the handshake. `stopped` is present when no sync was asked for or granted. */
export type VerdictEvent = At & { readonly type: 'verdict'; readonly verdict: Verdict; readonly stopped?: StopReason }
/** Progress of the server's BGSAVE, from its INFO (6.2 and later). */
export type BgsaveEvent = At & { readonly type: 'bgsave'; readonly keysDone: number; readonly keysTotal: number }
export type PayloadStartEvent = At & { readonly type: 'payload-start'; readonly framing: PayloadFraming }
/** How much of it has been received. */
type PayloadProgressEvent = At & { readonly type: 'payload-progress'; readonly bytes: number }
export type PayloadEndEvent = At & {
  readonly type: 'payload-end'
  readonly bytes: number
  readonly checksum: Checksum
  readonly header: RdbHeader
}
/** How much our output buffer on the master holds; that of all replicas together where CLIENT LIST is not permitted. */
export type BufferEvent = At & { readonly type: 'buffer'; readonly bytes: number; readonly scope: 'ours' | 'all replicas' }
/** Bytes of the stream, and the offset of the last one. `masterOffset` is the newest known. */
type StreamEvent = At & { readonly type: 'stream'; readonly bytes: number; readonly offset: number; readonly masterOffset: number }
/** We have met the master's offset as it was asked for a moment ago, or given up on it. */
export type LiveEvent = At & { readonly type: 'live'; readonly isMet: boolean; readonly offset: number; readonly masterOffset: number }
/** The stream begins after this offset. */
type FollowingEvent = At & { readonly type: 'following'; readonly offset: number }
/** A view into the read buffer, valid until the next batch is asked for, and the offset of its last byte. */
export type StreamChunkEvent = At & { readonly type: 'stream-chunk'; readonly data: Buffer; readonly offset: number }
/** Nothing has come for so long, not even a PING; `unknown` where INFO is not permitted. */
export type SilenceEvent = At & { readonly type: 'silence'; readonly silentMs: number; readonly silence: Silence | 'unknown' }
/** What a full resync took from the server, when its BGSAVE was over. */
export type SaveCostEvent = At & { readonly type: 'save-cost'; readonly forkUsec?: number; readonly cowBytes?: number }
/** The payload is whole, verified and safe in its sink. */
export type StoredEvent = Omit<PayloadEndEvent, 'type'> & {
  readonly type: 'stored'
  /** Absent for stdout, and where nothing is kept. */
  readonly path?: string
  readonly framing: PayloadFraming['kind']
  /** Under which replid and offset the master gave it; `legacy` where it did not say. */
  readonly verdict: Verdict
  readonly elapsedMs: number
  readonly written: Written
}
/** What the visit cost; without rows INFO was not permitted. */
export type CountersEvent = At & { readonly type: 'counters'; readonly rows?: readonly CounterRow[] }

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

/** One for each read of the socket. */
export type Batch = readonly ReplEvent[]
