/** `psync --full --json`: docs/schemas/psync-full-1.json. */
import { judgeResync, type ResyncFigures } from '../../diagnosis/psync/resync.ts'
import type { Visit } from '../../engine/visit.ts'
import type { KnownShard } from '../../protocol/cluster/cluster-map.ts'
import type { JsonObject } from '../base/json-line.ts'
import { shardJson } from '../cluster/one-shard.ts'
import { counterJson, traceJson } from '../trace/json.ts'

/** @param shard of a node of a cluster */
export function psyncFullJson(visit: Visit, figures: ResyncFigures, shard: KnownShard | undefined): JsonObject {
  const { risk, sentences, commands } = judgeResync(figures)
  return {
    schema: 'redis-repl/psync-full/1',
    risk,
    text: sentences.join(' '),
    commands,
    figures,
    shard: shardJson(shard),
    ...traceJson(visit),
    ...counterJson(visit),
  }
}
