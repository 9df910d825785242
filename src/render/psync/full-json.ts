/** `psync --full --json`: docs/schemas/psync-full-1.json. */
import { type ResyncFigures, resyncCode } from '../../diagnosis/psync/resync.ts'
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { limitJson } from '../base/loop-json.ts'
import { remedyJson } from '../base/remedy.ts'
import { type About, reportJson } from '../base/report.ts'
import { shardJson } from '../cluster/one-shard.ts'
import { costJson, traceJson } from '../trace/json.ts'
import { type JudgedResync, verdictSentence } from './judged.ts'

export function psyncFullJson(about: About, visit: Visit, { figures, judgement, shard }: JudgedResync): JsonObject {
  const { risk, reasons, remedy } = judgement
  const body = {
    remedy: remedyJson(remedy),
    figures: figuresJson(figures),
    shard: shardJson(shard),
    ...traceJson(visit),
    ...costJson(visit),
  }
  return reportJson(
    about,
    'psync-full/1',
    resyncCode(judgement),
    { kind: risk.toLowerCase(), text: verdictSentence({ judgement, shard }), reasons },
    body,
  )
}

/** In milliseconds, whatever the unit of the server. A figure that the server does not report is absent. */
function figuresJson({ delaySeconds, forkUsec, catchUp, limit, ...figures }: ResyncFigures): JsonObject {
  return {
    ...figures,
    ...(delaySeconds !== undefined && { delayMs: delaySeconds * 1000 }),
    ...(forkUsec !== undefined && { forkMs: forkUsec / 1000 }),
    ...(catchUp && { catchUp: { tookMs: catchUp.ms, bytes: catchUp.bytes, isMet: catchUp.isMet, bytesBehind: catchUp.behind } }),
    ...(limit && { limit: limitJson(limit) }),
  }
}
