/** `dump-rdb --json`: docs/schemas/dump-rdb-1.json. */
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { counterJson, traceJson } from '../trace/json.ts'

export function dumpRdbJson(visit: Visit): JsonObject {
  const { path, bytes, checksum, header, framing, verdict, elapsedMs, written } = visit.seen.stored ?? {}
  return {
    schema: 'redis-repl/dump-rdb/1',
    file: path ?? null,
    bytes,
    checksum,
    compression: written?.compression ?? null,
    fileBytes: written?.bytes ?? bytes,
    sha256: written?.sha256 ?? null,
    framing,
    rdb: header,
    history: verdict?.kind === 'full' ? { replid: verdict.replid, offset: verdict.offset } : null,
    elapsedMs,
    ...traceJson(visit),
    ...counterJson(visit),
  }
}
