/** How far a replica is behind: the figures, their bounds, and the server that reported them. */

import type { MasterLoss, ReplError } from '../../errors.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { MasterLink } from '../../protocol/info/master-link.ts'
import type { ListedReplica } from '../../protocol/info/replicas.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { describeLoss } from '../errors/explain.ts'
import type { Forecast } from '../psync/forecast.ts'
import type { MasterAnswer } from '../psync/master-answer.ts'
import type { StopReason } from '../psync/verdict.ts'
import type { ResyncLoop } from '../resync/loop.ts'
import type { ResyncReport } from '../resync/report.ts'
import type { Asked, Bounds } from './offset-curve.ts'
import type { Summary } from './quantile.ts'
import type { Trend } from './trend.ts'
import type { WriteFigures } from './write-rate.ts'

/** A reply to INFO, or to ROLE in its place, with its times. */
export interface Observation extends Asked {
  /** The run_id, or the queried address if there is no run_id. A restarted server counts as another server. */
  readonly id: string
  readonly server: ServerInfo
  /** INFO is not permitted, and ROLE has answered instead. */
  readonly isByRole?: true
}

/** A server of the tree, with its last known state. */
export interface TreeNode {
  /** As its master lists it, or as the user named it. */
  readonly name: string
  /** Absent for the topmost server. */
  readonly upstream?: TreeNode
  readonly depth: number
  readonly listed?: ListedReplica
  readonly seen?: Observation
  /** Why it cannot be queried now. */
  readonly failure?: ReplError
  /** How long its current query has been unanswered. */
  readonly silentMs: number
  /** Listed without an address to connect to: a tool, such as redis-repl. */
  readonly isTool: boolean
  /** It follows a server that answers and does not list it. */
  readonly isUnlisted?: true
}

/**
 * info: the replica's own INFO, compared with the curve of the master's offset. ack: its last ACK to the master, which gives an
 * upper bound, because the replica may have applied more since.
 */
export type LagMethod = 'info' | 'ack'

export interface Lag {
  readonly method: LagMethod
  /** At the time of the query. The master's offset is interpolated between two polls. */
  readonly bytes: number
  /** The upper bound of `bytes`. */
  readonly mostBytes: number
  /** Time since the master wrote the first byte that the replica lacks. */
  readonly bounds: Bounds
}

/** Why there is no lag figure. */
export type LagUnknown =
  | 'MASTER_UNKNOWN'
  | 'NO_MASTER_OFFSET'
  | 'SYNCING'
  | 'NEVER_SYNCED'
  | 'OTHER_HISTORY'
  | 'NO_ACK'
  | 'NOT_ASKED'
  | 'TOO_EARLY'
  | 'TOOL'
  | 'NOT_A_REPLICA'

/**
 * online: its link is up. link-down, syncing, loading: as the replica reports, or as its master lists it. silent: connected, but
 * its query is unanswered. not-asked: just found, and its first query is under way. unreachable: no connection. listed: its address
 * does not lead to it, or not to it alone, so it is known only from its master's list. unlisted: its link is up, and its master does not
 * list it. stranger: it has no master. tool: not a server.
 */
export type ReplicaState =
  | 'online'
  | 'link-down'
  | 'syncing'
  | 'loading'
  | 'silent'
  | 'not-asked'
  | 'unreachable'
  | 'listed'
  | 'unlisted'
  | 'stranger'
  | 'tool'

export interface ReplicaReport {
  readonly name: string
  readonly upstream: string
  readonly depth: number
  readonly state: ReplicaState
  /** As the replica calls it. */
  readonly role?: string
  readonly failure?: ReplError
  readonly silentMs: number
  readonly listed?: ListedReplica
  readonly link?: MasterLink
  /** Present if its link is down: how the server at its master's address answers us. */
  readonly masterAnswer?: MasterAnswer
  readonly identity?: ServerIdentity
  readonly lag?: Lag
  readonly unknown?: LagUnknown
  /** How fast it applies the stream, in bytes per second. */
  readonly applied?: number
  readonly trend?: Trend
  readonly resync?: ResyncNow
  /** Milliseconds behind, over all polls so far. */
  readonly summary?: Summary
  readonly arrivals?: ArrivalFigures
  readonly markers?: MarkerFigures
}

/** What the replica would get if it reconnected now. */
export interface ResyncNow {
  readonly forecast: Forecast
  /** How many bytes its upstream can still write before that becomes a full resync. */
  readonly bytesLeft?: number
  /** How long that takes at the average write rate; Infinity if nothing is written. */
  readonly secondsLeft?: number
}

/** From simultaneous streams of both ends: when the same byte arrived from the master and when from the replica. */
export interface ArrivalFigures {
  /** Milliseconds; undefined until the same byte has arrived from both ends. */
  readonly lag?: Summary
  readonly histogram: readonly HistogramBar[]
  /** How much the network delays of the two ends may differ. */
  readonly errorMs?: number
  readonly comparedBytes: number
  /** Bytes that were not compared, because one end was too far behind to keep the bytes of the other. */
  readonly skippedBytes: number
  /** The offset of the first byte that differs. */
  readonly differsAt?: number
  /** Why one end has no stream now. */
  readonly problem?: ArrivalProblem
}

export interface HistogramBar {
  /** Milliseconds; absent for the last bar. */
  readonly below?: number
  readonly count: number
}

export interface ArrivalProblem {
  readonly end: 'master' | 'replica'
  readonly error?: ReplError
  /** Why no PSYNC was sent. */
  readonly stopped?: StopReason
  readonly isOtherHistory?: boolean
}

/** From markers that were written to the master and read from the replica. */
export interface MarkerFigures {
  /** Upper bounds in milliseconds. */
  readonly lag?: Summary
  /** By how much the bounds may be too high. */
  readonly errorMs?: number
  readonly sent: number
  readonly received: number
  readonly error?: ReplError
}

/** How a server has answered its replicas since it started, or since CONFIG RESETSTAT. Absent where INFO does not show it. */
export interface ResyncCounters {
  readonly full?: number
  readonly partialOk?: number
  readonly partialErr?: number
}

export interface MasterReport {
  readonly name: string
  readonly failure?: ReplError
  readonly silentMs: number
  readonly identity?: ServerIdentity
  /** As the server calls it. */
  readonly role?: string
  readonly replid?: string
  readonly offset?: number
  readonly backlog?: { readonly size: number; readonly histlen: number }
  readonly writes?: WriteFigures
  /** How many more replicas it counts than it lists; absent if it lists all. */
  readonly unlisted?: number
  /** INFO does not even show how many replicas it has. */
  readonly isListHidden?: true
  /** The replicas that count for min-replicas-to-write; absent if it is not set. */
  readonly goodReplicas?: number
  /** How many replicas it counts itself, tools included (connected_slaves). */
  readonly connectedReplicas?: number
  /** Absent without INFO. */
  readonly resyncCounters?: ResyncCounters
  readonly bgsaveSeconds?: number
  readonly dataBytes?: number
  /** INFO is not permitted there. */
  readonly isByRole?: true
  readonly loading?: { readonly etaSeconds?: number }
  /** It is itself a replica, and its master is not available. */
  readonly isReplica: boolean
}

export interface LagReport {
  readonly at: Date
  readonly master: MasterReport
  readonly replicas: readonly ReplicaReport[]
  /** A new history began since the previous report. */
  readonly isNewHistory: boolean
  /** One per server that serves replicas; absent if nothing points to a resync loop. */
  readonly resyncs?: readonly ResyncReport[]
}

/** The replicas that are disconnected and begin again, each time with a fork. */
export function resyncLoops({ resyncs = [] }: LagReport): ResyncLoop[] {
  return resyncs.flatMap(({ loop }) => loop ?? [])
}

/** A query that takes longer counts as silence, not as network delay. */
export const SILENT_MS = 1000

/** Why lag cannot be measured against this master; undefined if it can. */
export function describeMasterLoss(master: MasterReport): string | undefined {
  const loss = findLoss(master)
  return loss && describeLoss(master.name, loss)
}

/** The same, as facts. */
export function findLoss({ failure, silentMs, loading, isReplica, offset }: MasterReport): MasterLoss | undefined {
  if (failure) return { trouble: 'FAILED', failure: failure.toFailure() }
  if (silentMs > SILENT_MS) return { trouble: 'SILENT', silentMs }
  if (loading) return { trouble: 'LOADING', ...loading }
  if (isReplica) return { trouble: 'IS_REPLICA' }
  return offset === undefined ? { trouble: 'NO_OFFSET' } : undefined
}

/** The middle of the bounds; undefined without an upper bound. */
export function lagMs({ bounds: { low, high } }: Lag): number | undefined {
  return high === undefined ? undefined : (low + high) / 2
}

/** Half the width of the bounds; undefined without an upper bound. */
export function errorMs({ bounds: { low, high } }: Lag): number | undefined {
  return high === undefined ? undefined : (high - low) / 2
}
