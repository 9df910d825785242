/** How many keys an RDB holds, beside what INFO of its server counts. */
import { exact } from '../../diagnosis/units.ts'
import type { KeyCount, KeyCounts, StoredEvent } from '../../engine/events.ts'

/** Only the first database of an RDB can be counted without reading all keys. */
export function keysText({ isEmpty, firstDatabase }: StoredEvent['header'], { before, after, infoFailure }: KeyCounts): string {
  const hasOthers = before === undefined || Object.keys(before).length > 1
  const others = hasOthers ? ' (the first in the RDB; others are not counted)' : ''
  const rdb = isEmpty
    ? 'none'
    : firstDatabase
      ? `${exact(firstDatabase.keys)} in database ${firstDatabase.db}${others}`
      : 'not counted in this RDB'
  if (!before) return `${rdb}; not compared with INFO${infoFailure?.code === 'NO_PERMISSION' ? ': not permitted' : ''}`
  const looks = after ? `${countText(before)} before, ${countText(after)} after` : countText(before)
  return `${rdb}; INFO counts ${looks}`
}

function countText(count: KeyCount): string {
  const databases = Object.entries(count)
  if (databases.length === 0) return 'none'
  return databases.map(([db, keys]) => `${exact(keys)} in database ${db}`).join(', ')
}
