/** `dump-rdb --json`: docs/schemas/dump-rdb-1.json. */
import type { KeyCounts } from '../../engine/events.ts'
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { type About, reportJson } from '../base/report.ts'
import { shardJson } from '../cluster/one-shard.ts'
import { costJson, traceJson } from '../trace/json.ts'
import { dumpVerdict } from './verdict.ts'

export function dumpRdbJson(about: About, visit: Visit): JsonObject {
  const { stored } = visit.seen
  if (!stored) throw new TypeError('a payload that ended without being stored')
  const { path, bytes, checksum, header, keys, framing, verdict, elapsedMs, written, shard } = stored
  const body = {
    file: path ?? null,
    bytes,
    checksum,
    compression: written.compression ?? null,
    fileBytes: written.bytes ?? bytes,
    sha256: written.sha256 ?? null,
    framing,
    rdb: header,
    keys: keysJson(keys),
    shard: shardJson(shard),
    history: verdict.kind === 'full' ? { replid: verdict.replid, offset: verdict.offset } : null,
    transferMs: elapsedMs,
    ...traceJson(visit),
    ...costJson(visit),
  }
  return reportJson(about, 'dump-rdb/1', undefined, { ...dumpVerdict(stored) }, body)
}

/** Keys by the number of their database; the RDB's own count is in its header. */
export function keysJson({ before, after }: KeyCounts): JsonObject {
  return { infoBefore: before ?? null, infoAfter: after ?? null }
}
