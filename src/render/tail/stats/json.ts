/** `tail --stats --json`: docs/schemas/tail-stats-1.json. */

import { ratesOf } from '../../../diagnosis/stream-stats.ts'
import type { Progress } from '../../../engine/follow/events.ts'
import { jsonLine } from '../../base/json-line.ts'
import { type About, reportJson } from '../../base/report.ts'
import { gapJson } from '../gap.ts'
import type { StatsReport } from './report.ts'
import type { Counted } from './view.ts'

export class StatsJson implements StatsReport {
  readonly #stream: NodeJS.WriteStream
  readonly #about: About

  constructor(stream: NodeJS.WriteStream, about: About) {
    this.#stream = stream
    this.#about = about
  }

  live(): void {}

  clear(): void {}

  conclude({ stats, gaps }: Counted, [first, ...others]: readonly Progress[], elapsedMs: number): void {
    const figures = stats.figures()
    // Several streams have no common position.
    const place = others.length === 0 ? first : undefined
    const text = `${figures.commands} commands, ${figures.bytes} bytes`
    const body = {
      elapsedMs,
      replid: place?.position.replid ?? null,
      offset: place?.position.offset ?? null,
      ...ratesOf(figures, elapsedMs),
      ...figures,
      biggest: figures.biggest.map((command) => ({ ...command, key: command.key ?? null })),
      gaps: gaps.map(gapJson),
    }
    this.#stream.write(jsonLine(reportJson(this.#about, 'tail-stats/1', undefined, { kind: 'ok', text }, body)))
  }
}
