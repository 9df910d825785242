/** `tail --stats --json`: docs/schemas/tail-stats-1.json. */
import { ratesOf } from '../../../diagnosis/stream-stats.ts'
import type { Progress } from '../../../engine/follow/consume.ts'
import { jsonLine } from '../../trace/report.ts'
import type { StatsReport } from './report.ts'
import type { Counted } from './view.ts'

export class StatsJson implements StatsReport {
  readonly #stream: NodeJS.WriteStream

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  live(): void {}

  clear(): void {}

  conclude({ stats, gaps }: Counted, [passed, ...others]: readonly Progress[], elapsedMs: number): void {
    const figures = stats.figures()
    // Of several streams no place is that of all.
    const place = others.length === 0 ? passed : undefined
    const report = {
      schema: 'redis-repl/tail-stats/1',
      elapsedMs,
      replid: place?.replid ?? null,
      offset: place?.place.offset ?? null,
      ...ratesOf(figures, elapsedMs),
      ...figures,
      biggest: figures.biggest.map((one) => ({ ...one, key: one.key ?? null })),
      gaps: gaps.map(({ reason, from, to }) => ({ reason, from, to })),
    }
    this.#stream.write(jsonLine(report))
  }
}
