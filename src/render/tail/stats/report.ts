/** How `tail --stats` reports its figures. */

import type { StatsFigures } from '../../../diagnosis/stream-stats.ts'
import type { Progress } from '../../../engine/follow/events.ts'
import type { Counted } from './view.ts'

export interface StatsReport {
  /** Called each second. */
  live(figures: StatsFigures, elapsedMs: number): void
  /** Called before other output to the same terminal. */
  clear(): void
  /** Called once, at the end. @param progress of each stream */
  conclude(counted: Counted, progress: readonly Progress[], elapsedMs: number): void
}
