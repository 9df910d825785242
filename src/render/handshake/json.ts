/** `handshake --json`: docs/schemas/handshake-1.json. */
import { describeVerdict } from '../../diagnosis/psync/verdict.ts'
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { counterJson, traceJson } from '../trace/json.ts'

export function handshakeJson(visit: Visit): JsonObject {
  const { verdict = { kind: 'none' as const }, stopped } = visit.seen.verdict ?? {}
  return {
    schema: 'redis-repl/handshake/1',
    verdict: { ...verdict, ...(stopped && { stopped }), text: describeVerdict(verdict, stopped, visit.seen.server?.dataBytes) },
    ...traceJson(visit),
    ...counterJson(visit),
  }
}
