/** What one node of a cluster says about itself: the shard it belongs to, and slots that come or go. */
import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { expectReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import { type OwnShard, openSlots, ownShard, type SlotRange } from '../protocol/cluster/cluster-map.ts'
import { fromMigrations, MIGRATION_QUERIES, type SlotMigration } from '../protocol/cluster/migrations.ts'
import { mergeRanges } from '../protocol/cluster/slot-ranges.ts'
import { infoNumber, parseInfo } from '../protocol/info/info.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { refusal } from '../protocol/wire/server-error.ts'

const TRIM_FIELD = 'cluster_slot_migration_active_trim_running'

export interface SlotMoves {
  /** Slots that CLUSTER SETSLOT has opened for a move. */
  readonly open: readonly SlotRange[]
  /** Atomic migrations, those that have ended included. */
  readonly migrations: readonly SlotMigration[]
}

export interface ClusterNodeView {
  /** Undefined if the node does not say which line of its map is its own. */
  readonly shard: OwnShard | undefined
  /** Its replication ID, which tells it from other servers at the same address. Undefined without INFO. */
  readonly replid: string | undefined
  readonly moves: SlotMoves
}

/** @throws ReplError, also when the node refuses CLUSTER NODES or the query for its migrations */
export async function askClusterNode(access: Access, signal: AbortSignal): Promise<ClusterNodeView> {
  const endpoint = endpointName(access.endpoint)
  try {
    const link = await QueryLink.open(access, signal)
    try {
      const reply = await link.ask('CLUSTER', 'NODES')
      if (reply instanceof ServerError) throw refusal(reply, { command: 'CLUSTER NODES' })
      const nodes = String(reply)
      const moves = { open: openSlots(nodes), migrations: await migrationsOf(link) }
      const info = await link.info()
      return { shard: ownShard(nodes), replid: info instanceof ServerError ? undefined : info.history?.replid, moves }
    } finally {
      link.close()
    }
  } catch (error) {
    throw expectReplError(error).with({ endpoint })
  }
}

export function allMoves(moves: readonly SlotMoves[]): SlotMoves {
  return { open: moves.flatMap(({ open }) => open), migrations: moves.flatMap(({ migrations }) => migrations) }
}

/**
 * The slots that are on their way now, or were moved by a migration that has begun since the earlier look. Undefined if none are;
 * empty if the server does not say which.
 */
export function movingSlots({ open, migrations }: SlotMoves, earlier?: SlotMoves): readonly SlotRange[] | undefined {
  const known = earlier && new Set(earlier.migrations.map(({ id }) => id))
  const atomic = migrations.filter(({ id, isOver }) => !isOver || known?.has(id) === false)
  if (open.length === 0 && atomic.length === 0) return undefined
  return mergeRanges([...open, ...atomic.flatMap(({ slots }) => slots)])
}

/** No server knows both queries, and servers before Valkey 9.0 and Redis 8.4 know neither. */
async function migrationsOf(link: QueryLink): Promise<readonly SlotMigration[]> {
  for (const query of MIGRATION_QUERIES) {
    const reply = await link.ask(...query)
    const found = fromMigrations(reply)
    if (found) return [...found, ...(await trimOf(link))]
    if (!(reply instanceof ServerError)) continue
    const refused = refusal(reply, { command: query.slice(0, 2).join(' ') })
    if (refused.code !== 'NOT_SUPPORTED') throw refused
  }
  return []
}

/**
 * Redis deletes the keys of slots that have left in the background. Meanwhile INFO still counts them, and an RDB leaves them out
 * (cluster_asm.c, active trim). It is no migration, but it has to end too before the RDB can be compared with INFO.
 */
async function trimOf(link: QueryLink): Promise<readonly SlotMigration[]> {
  const reply = await link.ask('CLUSTER', 'INFO')
  const isRunning = !(reply instanceof ServerError) && (infoNumber(parseInfo(String(reply)), TRIM_FIELD) ?? 0) > 0
  return isRunning ? [{ id: TRIM_FIELD, slots: [], isOver: false }] : []
}
