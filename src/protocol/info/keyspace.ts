/** How many keys each database holds, by INFO keyspace: `db0:keys=10,expires=2,avg_ttl=0` for each database that has any. */
import { parseOffset } from '../offset.ts'

/** Keys by database number. */
export type Keyspace = ReadonlyMap<number, number>

/** Undefined if the text has no such section: INFO is partly denied, or the server has another dialect. */
export function parseKeyspace(text: string): Keyspace | undefined {
  const counts = [...text.matchAll(/^db(\d+):(?:.*,)?keys=(\d+)/gm)].map(
    ([, db, keys = '']) => [Number(db), parseOffset(keys) ?? 0] as const,
  )
  return counts.length > 0 || /^# Keyspace\b/m.test(text) ? new Map(counts) : undefined
}

export function keysIn(keyspace: Keyspace): number {
  return [...keyspace.values()].reduce((sum, keys) => sum + keys, 0)
}
