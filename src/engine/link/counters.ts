/** The server's own counters before and after a visit. */
import type { Info } from '../../protocol/info/info.ts'
import type { CounterRow } from '../events.ts'

const FIELDS = [
  'master_replid',
  'total_forks',
  'latest_fork_usec',
  'sync_full',
  'sync_partial_ok',
  'sync_partial_err',
  'rdb_last_save_time',
] as const

/** Servers up to 6.0 have no total_forks; there a changed latest_fork_usec shows a fork. */
export function counterRows(before: Info, after: Info): CounterRow[] {
  return FIELDS.filter((field) => before.has(field) || after.has(field)).map((field) => {
    const [was, is] = [before.get(field), after.get(field)]
    return { field, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }
  })
}
