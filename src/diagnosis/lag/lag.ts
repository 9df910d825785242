/** How far a replica is behind, what is known of that, and by whose word. */

import type { Loss, ReplError } from '../../errors.ts'
import type { ServerIdentity } from '../../protocol/info/identity.ts'
import type { MasterLink } from '../../protocol/info/master-link.ts'
import type { ListedReplica } from '../../protocol/info/replicas.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { lossInWords } from '../errors/explain.ts'
import type { Forecast } from '../psync/forecast.ts'
import type { StopReason } from '../psync/verdict.ts'
import type { Asked, Bounds } from './offset-curve.ts'
import type { Summary } from './quantile.ts'
import type { Trend } from './trend.ts'
import type { WriteFigures } from './write-rate.ts'

/** What INFO said, or ROLE in its place, and when. */
export interface Observation extends Asked {
  /** The run_id, or where that is not told the address that was asked. A server that is restarted is another one. */
  readonly id: string
  readonly server: ServerInfo
}

/** A server of the tree, as it was seen last. */
export interface TreeNode {
  /** As its master lists it, or as the user named it. */
  readonly name: string
  /** Absent of the topmost. */
  readonly upstream?: TreeNode
  readonly depth: number
  readonly listed?: ListedReplica
  readonly seen?: Observation
  /** Why it cannot be asked now. */
  readonly failure?: ReplError
  /** For how long it has owed an answer. */
  readonly silentMs: number
  /** Listed without an address that anybody could connect to: a tool, such as this one. */
  readonly isTool: boolean
}

/**
 * info: its own INFO, against the curve of the master's offset. ack: what it has told its master, an upper bound, since it may be
 * further by now.
 */
export type LagMethod = 'info' | 'ack'

export interface Lag {
  readonly method: LagMethod
  /** At the moment it was asked, the master's offset taken to have grown evenly between two looks. */
  readonly bytes: number
  /** What it may lack at most. */
  readonly mostBytes: number
  /** Since the master wrote the first byte that it lacks. */
  readonly bounds: Bounds
}

/** Why there is no figure. */
export type LagUnknown =
  | 'MASTER_UNKNOWN'
  | 'SYNCING'
  | 'NEVER_SYNCED'
  | 'OTHER_HISTORY'
  | 'NO_ACK'
  | 'NOT_ASKED'
  | 'TOO_EARLY'
  | 'TOOL'
  | 'NOT_A_REPLICA'

/**
 * online: its link is up. link-down, syncing, loading: as it says, or as its master lists it.
 * silent: connected and owes an answer. unreachable: no connection. stranger: it says that it is a master. tool: no server.
 */
export type ReplicaState = 'online' | 'link-down' | 'syncing' | 'loading' | 'silent' | 'unreachable' | 'stranger' | 'tool'

export interface ReplicaReport {
  readonly name: string
  readonly upstream: string
  readonly depth: number
  readonly state: ReplicaState
  readonly failure?: ReplError
  readonly silentMs: number
  readonly listed?: ListedReplica
  readonly link?: MasterLink
  readonly identity?: ServerIdentity
  readonly lag?: Lag
  readonly unknown?: LagUnknown
  /** How fast it applies, bytes a second. */
  readonly applied?: number
  readonly trend?: Trend
  readonly resync?: ResyncNow
  /** Milliseconds behind at each look so far. */
  readonly summary?: Summary
  readonly arrivals?: ArrivalFigures
  readonly markers?: MarkerFigures
}

/** What it would get if it reconnected now. */
export interface ResyncNow {
  readonly forecast: Forecast
  /** What its upstream can still write before that becomes a full resync. */
  readonly bytesLeft?: number
  /** The same at the average write rate; Infinity while nothing is written. */
  readonly secondsLeft?: number
}

/** By streams of both ends, attached to at once: when the same byte came from the master and when from the replica. */
export interface ArrivalFigures {
  /** Milliseconds; undefined while nothing has come from both. */
  readonly lag?: Summary
  readonly histogram: readonly HistogramBar[]
  /** The ways from both ends to us may differ by so much. */
  readonly errorMs?: number
  readonly comparedBytes: number
  /** What came when one end was too far behind to keep the bytes of the other. */
  readonly skippedBytes: number
  /** The first byte that is not the same. */
  readonly differsAt?: number
  /** Why there is no stream of one end now. */
  readonly problem?: ArrivalProblem
}

export interface HistogramBar {
  /** Milliseconds; the last has no end. */
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

/** By nonces that were published on the master and came out of the replica. */
export interface MarkerFigures {
  /** Upper bounds. */
  readonly lag?: Summary
  /** By how much they may be too long. */
  readonly errorMs?: number
  readonly sent: number
  readonly received: number
  readonly error?: ReplError
}

export interface MasterReport {
  readonly name: string
  readonly failure?: ReplError
  readonly silentMs: number
  readonly identity?: ServerIdentity
  readonly replid?: string
  readonly offset?: number
  readonly backlog?: { readonly size: number; readonly histlen: number }
  readonly writes?: WriteFigures
  /** How many min-replicas-to-write counts, where it is set. */
  readonly goodReplicas?: number
  readonly bgsaveSeconds?: number
  readonly dataBytes?: number
  /** It is a replica itself, and its master cannot be had. */
  readonly isReplica: boolean
}

export interface LagReport {
  readonly at: Date
  readonly master: MasterReport
  readonly replicas: readonly ReplicaReport[]
  /** The history began anew since the report before. */
  readonly isNewHistory: boolean
}

/** A question unanswered for so long is silence, not the way to the server and back. */
export const SILENT_MS = 1000

/** Why nothing can be measured against it; undefined where all is well. */
export function whyLost(master: MasterReport): string | undefined {
  const loss = lossOf(master)
  return loss && lossInWords(master.name, loss)
}

/** The same as facts. */
export function lossOf({ failure, silentMs, isReplica, offset }: MasterReport): Loss | undefined {
  if (failure) return { trouble: 'FAILED', failure: failure.asFact() }
  if (silentMs > SILENT_MS) return { trouble: 'SILENT', silentMs }
  if (isReplica) return { trouble: 'IS_REPLICA' }
  return offset === undefined ? { trouble: 'NO_OFFSET' } : undefined
}

/** The middle of the bounds; undefined where there is no upper one. */
export function lagMs({ bounds: { low, high } }: Lag): number | undefined {
  return high === undefined ? undefined : (low + high) / 2
}

/** Half the width of the bounds. */
export function errorMs({ bounds: { low, high } }: Lag): number | undefined {
  return high === undefined ? undefined : (high - low) / 2
}
