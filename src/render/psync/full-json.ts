/** `psync --full --json`: docs/schemas/psync-full-1.json. */
import { judgeResync, type ResyncFigures } from '../../diagnosis/psync/resync.ts'
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { counterJson, traceJson } from '../trace/json.ts'

export function psyncFullJson(visit: Visit, figures: ResyncFigures): JsonObject {
  const { risk, sentences, commands } = judgeResync(figures)
  return {
    schema: 'redis-repl/psync-full/1',
    risk,
    text: sentences.join(' '),
    commands,
    figures,
    ...traceJson(visit),
    ...counterJson(visit),
  }
}
