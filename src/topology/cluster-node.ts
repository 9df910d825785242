/** What one cluster node shows about itself: the shard it belongs to, and the slots that are being moved. */
import type { Access } from '../engine/ask/access.ts'
import { QueryLink } from '../engine/ask/query.ts'
import { expectReplError, ignoreFailure, ReplError } from '../errors.ts'
import { endpointName } from '../io/endpoint.ts'
import {
  type ClusterNode,
  type KnownShard,
  masterOfReplica,
  type OwnShard,
  ownShard,
  type SlotRange,
} from '../protocol/cluster/cluster-map.ts'
import { fromMigrations, MIGRATION_QUERIES, type SlotMigration } from '../protocol/cluster/migrations.ts'
import { mergeRanges, openSlots } from '../protocol/cluster/slot-ranges.ts'
import { isReplid } from '../protocol/history.ts'
import { infoNumber, parseInfo } from '../protocol/info/info.ts'
import { ServerError } from '../protocol/wire/reply.ts'
import { isNoNode, refusal } from '../protocol/wire/server-error.ts'
import type { AddressMap } from './address-map.ts'

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
  /** Its replication ID, which distinguishes it from other servers at the same address. Undefined without INFO. */
  readonly replid: string | undefined
  readonly moves: SlotMoves
}

/**
 * A replica does not show the slots that move (cluster_legacy.c, clusterGenNodeDescription, prints a node's own), so its master is
 * asked too, unless the cluster has marked it as failed.
 * @throws ReplError, also when a node refuses CLUSTER NODES or the query for its migrations; TRY_LATER (NOT_ANNOUNCED) of the master
 */
export async function askClusterNode(access: Access, addresses: AddressMap, signal: AbortSignal): Promise<ClusterNodeView> {
  const { master, ...view } = await askNode(access, signal)
  if (!master?.isHealthy) return view
  const host = master.host ?? (access.endpoint.kind === 'tcp' ? access.endpoint.host : 'localhost')
  const moves = await movesOfMaster(addresses.access({ host, port: master.port }, access), master.id, signal)
  return { ...view, moves: allMoves([view.moves, moves]) }
}

/** @returns the shard of a node; empty if it does not say which, or if another server answers than that of this history */
export async function knownShard(access: Access, replid: string | undefined, signal: AbortSignal): Promise<KnownShard> {
  const view = await askNode(access, signal).catch(ignoreFailure)
  const isOther = replid !== undefined && view?.replid !== undefined && view.replid !== replid
  return (!isOther && view?.shard) || {}
}

/** @throws ReplError, as askClusterNode */
export async function movesOfMaster(access: Access, expectedId: string, signal: AbortSignal): Promise<SlotMoves> {
  const { shard, moves } = await askNode(access, signal).catch((error) => {
    if (expectReplError(error).details.reason !== 'NO_CLUSTER') throw error
    throw new ReplError('NOT_ANNOUNCED', { by: 'CLUSTER', endpoint: endpointName(access.endpoint), expectedId, foundId: '' })
  })
  if (!shard || !isReplid(expectedId) || shard.node === expectedId) return moves
  throw new ReplError('NOT_ANNOUNCED', { by: 'CLUSTER', endpoint: endpointName(access.endpoint), expectedId, foundId: shard.node })
}

/** @returns with its master, if the node is a replica */
async function askNode(access: Access, signal: AbortSignal): Promise<ClusterNodeView & { readonly master: ClusterNode | undefined }> {
  const endpoint = endpointName(access.endpoint)
  try {
    const link = await QueryLink.open(access, signal)
    try {
      const reply = await link.ask('CLUSTER', 'NODES')
      if (reply instanceof ServerError) {
        throw isNoNode(reply) ? new ReplError('NO_CLUSTER', { reply: reply.text }) : refusal(reply, { command: 'CLUSTER NODES' })
      }
      const nodes = String(reply)
      const moves = { open: openSlots(nodes), migrations: await migrationsOf(link) }
      const info = await link.info()
      const replid = info instanceof ServerError ? undefined : info.history?.replid
      return { shard: ownShard(nodes), replid, moves, master: masterOfReplica(nodes) }
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
 * (cluster_asm.c, active trim). This is not a migration, but it must also end before the RDB can be compared with INFO.
 */
async function trimOf(link: QueryLink): Promise<readonly SlotMigration[]> {
  const reply = await link.ask('CLUSTER', 'INFO')
  const isRunning = !(reply instanceof ServerError) && (infoNumber(parseInfo(String(reply)), TRIM_FIELD) ?? 0) > 0
  return isRunning ? [{ id: TRIM_FIELD, slots: [], isOver: false }] : []
}
