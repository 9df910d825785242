/** The shard of one node of a cluster, as text and as JSON, as far as the node shows it. */
import { type KnownShard, slotsText } from '../../protocol/cluster/cluster-map.ts'
import type { JsonObject } from '../base/json-line.ts'

export function shardText({ node, slots, shards }: KnownShard): string {
  if (!slots) return 'unknown slots, because the node does not show them'
  return slots.length > 0 ? `slots ${slotsText(slots)} of 16384, one of ${shards} (node ${node})` : `no slots (node ${node})`
}

/** @returns null for a server that is not in a cluster */
export function shardJson(shard: KnownShard | undefined): JsonObject | null {
  return shard ? { node: shard.node ?? null, slots: shard.slots ?? null, shards: shard.shards ?? null } : null
}
