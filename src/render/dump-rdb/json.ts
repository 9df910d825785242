/** `dump-rdb --json`: docs/schemas/dump-rdb-1.json. */
import type { KeyCounts } from '../../engine/events.ts'
import type { Visit } from '../../engine/visit.ts'
import type { JsonObject } from '../base/json-line.ts'
import { type About, reportJson } from '../base/report.ts'
import { shardJson } from '../cluster/one-shard.ts'
import { costJson, traceJson } from '../trace/json.ts'
import { dumpVerdict } from './verdict.ts'

export function dumpRdbJson(about: About, visit: Visit): JsonObject {
  const { path, bytes, checksum, header, keys, framing, verdict, elapsedMs, written, shard } = visit.seen.stored ?? {}
  const body = {
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
    transferMs: elapsedMs,
    ...traceJson(visit),
    ...costJson(visit),
  }
  const { stored } = visit.seen
  return reportJson(about, 'dump-rdb/1', undefined, stored ? dumpVerdict(stored) : { kind: 'none', text: '' }, body)
}

/** @param manifest as it stands in the folder */
export function clusterDumpJson(about: About, path: string, manifest: { readonly shards: readonly object[] }): JsonObject {
  const text = `${path}: ${manifest.shards.length} shards, verified`
  return reportJson(about, 'cluster-dump/1', undefined, { kind: 'ok', text }, { folder: path, shards: manifest.shards })
}

/** Keys by the number of their database; the RDB's own count is in its header. */
export function keysJson({ before, after }: KeyCounts): JsonObject {
  return { infoBefore: before ?? null, infoAfter: after ?? null }
}
