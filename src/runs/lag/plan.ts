/** What the user asks of `lag`. */
import type { Criteria } from '../../diagnosis/lag/check.ts'
import type { ListenAddress } from '../../io/http/server.ts'
import type { AlertRanges } from '../../render/lag/nagios.ts'

export type LagFormat = 'text' | 'json' | 'prometheus' | 'nagios'

export interface LagPlan {
  readonly format: LagFormat
  readonly isCluster: boolean
  /** Replicas that no server lists, as the user names them. */
  readonly replicas: readonly string[]
  /** Whether to attach to the servers of the tree. */
  readonly isAttached: boolean
  /** Measure with markers: published, or written to this key. */
  readonly marker?: { readonly key?: string }
  /** Show all columns of the table. */
  readonly isWide: boolean
  readonly criteria: Criteria
  readonly ranges: AlertRanges
  readonly sampleMs: number
  readonly resolutionMs: number
  readonly cutSeconds: number
  readonly intervalMs: number
  readonly watch?: { readonly count: number; readonly durationMs: number }
  /** Serve the measurements over HTTP instead of printing them. */
  readonly listen?: ListenAddress
  readonly forMs: number
  /** Absent without --wait. */
  readonly waitMs?: number
}
