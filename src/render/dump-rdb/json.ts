/** `dump-rdb --json`: docs/schemas/dump-rdb-1.json. */
import type { KeyCounts } from '../../engine/events.ts'
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { shardJson } from '../cluster/one-shard.ts'
import { counterJson, traceJson } from '../trace/json.ts'

export function dumpRdbJson(visit: Visit): JsonObject {
  const { path, bytes, checksum, header, keys, framing, verdict, elapsedMs, written, shard } = visit.seen.stored ?? {}
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
    keys: keys && keysJson(keys),
    shard: shardJson(shard),
    history: verdict?.kind === 'full' ? { replid: verdict.replid, offset: verdict.offset } : null,
    elapsedMs,
    ...traceJson(visit),
    ...counterJson(visit),
  }
}

/** Keys by the number of their database; the RDB's own count is in its header. */
export function keysJson({ before, after }: KeyCounts): JsonObject {
  return { infoBefore: before ?? null, infoAfter: after ?? null }
}
