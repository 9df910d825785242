/** The figures of `tail --stats`: drawn anew each second on a terminal, and once at the end, as tables or as JSON. */
import type { StatsFigures } from '../diagnosis/stream-stats.ts'
import type { Progress } from '../engine/consume.ts'
import type { GapMark } from '../engine/follow-events.ts'
import { ratesOf, statsText } from './human/stats.ts'
import { jsonLine } from './json.ts'
import { LiveText } from './live.ts'
import { palette } from './palette.ts'

/** Lines beside the rows of the three tables, at the least. */
const FRAME_LINES = 24
const ROWS = 10
const FEWEST_ROWS = 2

export class StatsReport {
  readonly #stream: NodeJS.WriteStream
  readonly #json: boolean
  readonly #live: LiveText

  constructor(stream: NodeJS.WriteStream, json: boolean) {
    this.#stream = stream
    this.#json = json
    this.#live = new LiveText(stream)
  }

  live(figures: StatsFigures, elapsedMs: number): void {
    if (!this.#stream.isTTY || this.#json) return
    const rows = Math.max(FEWEST_ROWS, Math.min(ROWS, Math.floor((this.#stream.rows - FRAME_LINES) / 4)))
    this.#live.draw(statsText(figures, elapsedMs, palette(this.#stream), rows))
  }

  conclude(figures: StatsFigures, gaps: readonly GapMark[], passed: Progress | undefined, elapsedMs: number): void {
    if (this.#json) this.#stream.write(jsonLine(statsObject(figures, gaps, passed, elapsedMs)))
    else this.#live.draw(statsText(figures, elapsedMs, palette(this.#stream), ROWS))
  }
}

function statsObject(figures: StatsFigures, gaps: readonly GapMark[], passed: Progress | undefined, elapsedMs: number): object {
  return {
    schema: 'redis-repl/tail-stats/1',
    elapsedMs,
    replid: passed?.replid ?? null,
    offset: passed?.place.offset ?? null,
    ...ratesOf(figures, elapsedMs),
    ...figures,
    biggest: figures.biggest.map((one) => ({ ...one, key: one.key ?? null })),
    gaps: gaps.map(({ reason, from, to }) => ({ reason, from, to })),
  }
}
