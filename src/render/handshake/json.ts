/** `handshake --json`: docs/schemas/handshake-1.json. */
import { describeVerdict, judgeVerdict, markOf } from '../../diagnosis/psync/verdict.ts'
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { type About, reportJson } from '../base/report.ts'
import { costJson, traceJson } from '../trace/json.ts'

export function handshakeJson(about: About, visit: Visit): JsonObject {
  const { server, verdict: seen } = visit.seen
  const { verdict = { kind: 'none' as const }, stopped } = seen ?? {}
  const words = describeVerdict(verdict, stopped, server?.dataBytes)
  const body = { reply: { ...verdict, ...(stopped && { stopped }) }, ...traceJson(visit), ...costJson(visit) }
  return reportJson(about, 'handshake/1', seen && judgeVerdict(verdict, stopped), { kind: markOf(verdict, stopped), ...words }, body)
}
