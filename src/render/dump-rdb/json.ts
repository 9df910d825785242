/** `dump-rdb --json`: docs/schemas/dump-rdb-1.json. */
import type { KeyCounts } from '../../engine/events.ts'
import type { Visit } from '../../engine/visit.ts'
import type { OwnShard } from '../../protocol/cluster/cluster-map.ts'
import type { JsonObject } from '../base/json-line.ts'
import { counterJson, traceJson } from '../trace/json.ts'

/** @param shard of a node of a cluster, as far as the node tells */
export function dumpRdbJson(visit: Visit, shard?: Partial<OwnShard>): JsonObject {
  const { path, bytes, checksum, header, keys, framing, verdict, elapsedMs, written } = visit.seen.stored ?? {}
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
    shard: shard ? { node: shard.node ?? null, slots: shard.slots ?? null, shards: shard.shards ?? null } : null,
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
