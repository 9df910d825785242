/** `tail --stats --json`: docs/schemas/tail-stats-1.json. */
import { ratesOf, type StatsFigures } from '../diagnosis/stream-stats.ts'
import type { Progress } from '../engine/consume.ts'
import type { GapMark } from '../engine/follow-events.ts'
import { jsonLine } from './json.ts'
import type { StatsReport } from './stats-report.ts'

export class StatsJson implements StatsReport {
  readonly #stream: NodeJS.WriteStream

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  live(): void {}

  clear(): void {}

  conclude(figures: StatsFigures, gaps: readonly GapMark[], passed: Progress | undefined, elapsedMs: number): void {
    const report = {
      schema: 'redis-repl/tail-stats/1',
      elapsedMs,
      replid: passed?.replid ?? null,
      offset: passed?.place.offset ?? null,
      ...ratesOf(figures, elapsedMs),
      ...figures,
      biggest: figures.biggest.map((one) => ({ ...one, key: one.key ?? null })),
      gaps: gaps.map(({ reason, from, to }) => ({ reason, from, to })),
    }
    this.#stream.write(jsonLine(report))
  }
}
