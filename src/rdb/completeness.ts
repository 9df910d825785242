/** Whether an RDB contains the keys that INFO of its server counted. Only the counts in INFO and at the start of the RDB are compared. */
import { type Keyspace, keysIn } from '../protocol/info/keyspace.ts'
import type { RdbHeader } from './header.ts'

/** Smaller databases may shrink to a fraction in the time between INFO and the snapshot. */
const FEW_KEYS = 100
/** Fewer keys than this share of what INFO counted are too few. */
const TOO_FEW = 0.5

/** Keys that an RDB lacks. */
export interface MissingKeys {
  readonly rdbKeys: number
  /** As INFO counted; the smaller number if it was asked twice. */
  readonly infoKeys: number
  /** Absent: all databases together. */
  readonly db?: number
}

/**
 * An RDB lacks keys if it is empty although INFO counts any, or if a database has less than half of more than 100 keys. Keys may
 * come and go between INFO and the snapshot, so the caller passes the INFO before and after it: either may explain the RDB.
 */
export function missingKeys(header: RdbHeader, looks: readonly Keyspace[]): MissingKeys | undefined {
  const { isEmpty, firstDatabase } = header
  if (looks.length === 0) return undefined
  const least = (count: (keyspace: Keyspace) => number) => Math.min(...looks.map(count))
  if (isEmpty) {
    const infoKeys = least(keysIn)
    return infoKeys > 0 ? { rdbKeys: 0, infoKeys } : undefined
  }
  if (!firstDatabase) return undefined
  // The RDB has no key of a lower database.
  const databases = [...(looks[0]?.keys() ?? [])].filter((db) => db <= firstDatabase.db)
  return databases
    .map((db) => ({ db, rdbKeys: db === firstDatabase.db ? firstDatabase.keys : 0, infoKeys: least((keyspace) => keyspace.get(db) ?? 0) }))
    .find(({ rdbKeys, infoKeys }) => infoKeys > FEW_KEYS && rdbKeys < infoKeys * TOO_FEW)
}
