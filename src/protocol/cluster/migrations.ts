/**
 * Atomic slot migrations, which CLUSTER NODES does not show: CLUSTER GETSLOTMIGRATIONS (Valkey 9.0) and CLUSTER MIGRATION STATUS
 * (Redis 8.4). Until such a migration ends, the target holds the keys of slots that another node serves.
 */
import type { Reply } from '../wire/reply.ts'
import { pairs, type SlotRange } from './cluster-map.ts'
import { parseRanges } from './slot-ranges.ts'

export interface SlotMigration {
  readonly id: string
  readonly slots: readonly SlotRange[]
  readonly isOver: boolean
}

/** The query of each kind of server. Other servers do not know these subcommands. */
export const MIGRATION_QUERIES = [
  ['CLUSTER', 'GETSLOTMIGRATIONS'],
  ['CLUSTER', 'MIGRATION', 'STATUS', 'ALL'],
] as const

/** The last states of a migration; any other state counts as in progress. */
const LAST_STATES = new Set(['success', 'completed', 'failed', 'cancelled', 'canceled'])

export function isOverState(state: string): boolean {
  return LAST_STATES.has(state)
}

/** Running and past migrations, in one shape for both kinds of server. Undefined for a reply of another shape. */
export function fromMigrations(reply: Reply): SlotMigration[] | undefined {
  if (!Array.isArray(reply)) return undefined
  return reply.map((one) => {
    const fields = pairs(one)
    const text = (...names: readonly string[]) => String(names.map((name) => fields.get(name)).find((value) => value != null) ?? '')
    return { id: text('name', 'id'), slots: parseRanges(text('slot_ranges', 'slots')), isOver: isOverState(text('state')) }
  })
}
