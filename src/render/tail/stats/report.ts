/** How the figures of `tail --stats` come out. */

import type { StatsFigures } from '../../../diagnosis/stream-stats.ts'
import type { Progress } from '../../../engine/follow/events.ts'
import type { Counted } from './view.ts'

export interface StatsReport {
  /** Each second. */
  live(figures: StatsFigures, elapsedMs: number): void
  /** Something else is about to be said on the same terminal. */
  clear(): void
  /** Once, at the end. */
  conclude(counted: Counted, passed: readonly Progress[], elapsedMs: number): void
}
