/** `tail --stats` for people: redrawn each second on a terminal, and printed once at the end. */
import type { StatsFigures } from '../../../diagnosis/stream-stats.ts'
import { LiveText } from '../../base/live.ts'
import type { Screen } from '../../base/screen.ts'
import type { StatsReport } from './report.ts'
import { statsText } from './text.ts'
import type { Counted } from './view.ts'

/** The lines besides the rows of the tables, at least. */
const FRAME_LINES = 24
const ROWS = 10
const FEWEST_ROWS = 2

export class StatsTables implements StatsReport {
  readonly #stream: NodeJS.WriteStream
  readonly #screen: Screen
  readonly #live: LiveText

  constructor(stream: NodeJS.WriteStream, screen: Screen) {
    this.#stream = stream
    this.#screen = screen
    this.#live = new LiveText(stream)
  }

  live(figures: StatsFigures, elapsedMs: number): void {
    if (!this.#stream.isTTY) return
    const rows = Math.max(FEWEST_ROWS, Math.min(ROWS, Math.floor((this.#stream.rows - FRAME_LINES) / 4)))
    this.#live.draw(statsText(figures, elapsedMs, this.#screen, rows))
  }

  clear(): void {
    this.#live.clear()
  }

  conclude({ stats }: Counted, _: unknown, elapsedMs: number): void {
    this.#live.draw(statsText(stats.figures(), elapsedMs, this.#screen, ROWS))
  }
}
