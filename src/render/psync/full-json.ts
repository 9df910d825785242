/** `psync --full --json`: docs/schemas/psync-full-1.json. */
import { judgeResync, type ResyncFigures } from '../../diagnosis/psync/resync.ts'
import type { Visit } from '../../engine/visit.ts'
import type { KnownShard } from '../../protocol/cluster/cluster-map.ts'
import type { JsonObject } from '../base/json-line.ts'
import { type About, reportJson } from '../base/report.ts'
import { shardJson } from '../cluster/one-shard.ts'
import { costJson, traceJson } from '../trace/json.ts'

/** @param shard of a node of a cluster */
export function psyncFullJson(about: About, visit: Visit, figures: ResyncFigures, shard: KnownShard | undefined): JsonObject {
  const { risk, sentences, commands } = judgeResync(figures)
  const body = { commands, figures, shard: shardJson(shard), ...traceJson(visit), ...costJson(visit) }
  return reportJson(about, 'psync-full/1', undefined, { kind: risk.toLowerCase(), text: sentences.join(' ') }, body)
}
