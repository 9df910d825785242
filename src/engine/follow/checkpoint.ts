/** The checkpoint from which a later run resumes: docs/schemas/tail-state-1.json and tail-cluster-state-1.json. */
import { isReplid, type Position } from '../../protocol/history.ts'

export const STATE_SCHEMA = 'redis-repl/tail-state/1'
export const CLUSTER_STATE_SCHEMA = 'redis-repl/tail-cluster-state/1'

interface SavedPosition {
  readonly replid: string
  readonly offset: number
  readonly db: number | null
  readonly transaction: number | null
}

interface SavedShard extends SavedPosition {
  readonly shard: string
  readonly nodes: readonly string[]
}

/** Everything up to each position is in the output. */
export type Checkpoint =
  | ({ readonly schema: typeof STATE_SCHEMA } & SavedPosition)
  | { readonly schema: typeof CLUSTER_STATE_SCHEMA; readonly shards: readonly SavedShard[] }

/** The position of one shard of a cluster. */
export interface ShardPosition {
  /** Its name in the output. */
  readonly shard: string
  /** The ids of all its nodes, since any of them may become the master. */
  readonly nodes: readonly string[]
  readonly position: Position
}

export function checkpointAt(position: Position): Checkpoint {
  return { schema: STATE_SCHEMA, ...toSaved(position) }
}

export function clusterCheckpoint(shards: readonly ShardPosition[]): Checkpoint {
  return { schema: CLUSTER_STATE_SCHEMA, shards: shards.map(({ shard, nodes, position }) => ({ shard, nodes, ...toSaved(position) })) }
}

type Fields = Readonly<Record<string, unknown>>

/** @returns undefined for anything but a saved position */
export function positionIn({ replid, offset, db, transaction }: Fields): Position | undefined {
  const isValid = isReplid(String(replid)) && isCount(offset) && isCountOrNull(db) && isCountOrNull(transaction)
  if (!isValid) return undefined
  return { replid: String(replid), offset, db: db ?? undefined, transaction: transaction ?? undefined }
}

/** @returns undefined when any of the shards is not a saved position */
export function shardsIn({ shards }: Fields): readonly ShardPosition[] | undefined {
  if (!Array.isArray(shards)) return undefined
  const found = shards.flatMap((record: Fields | null) => {
    const { shard, nodes } = record ?? {}
    const position = positionIn(record ?? {})
    return position && typeof shard === 'string' && Array.isArray(nodes) ? [{ shard, nodes: nodes.map(String), position }] : []
  })
  return found.length === shards.length ? found : undefined
}

function toSaved({ replid, offset, db, transaction }: Position): SavedPosition {
  return { replid, offset, db: db ?? null, transaction: transaction ?? null }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isCountOrNull(value: unknown): value is number | null {
  return value === null || isCount(value)
}
