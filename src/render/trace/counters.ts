/** What a visit cost the server, by the counters in its INFO. */

import { explain } from '../../diagnosis/errors/explain.ts'
import type { CounterRow, CountersEvent } from '../../engine/events.ts'
import { isReplid } from '../../protocol/history.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { table } from '../base/table.ts'
import type { Detail } from './trace.ts'

const UNCOUNTED = 'INFO shows no counters of forks and full resyncs.'

/** One line, and with -v a table. */
export function countersText(event: CountersEvent, { verbosity }: Detail, screen: Screen): string {
  const { rows } = event
  if (verbosity === 0 || !rows || rows.length === 0) return line(event, screen)
  const cells = rows.map(({ field, before = '-', after = '-' }) => [
    field,
    shorten(before),
    shorten(after),
    before === after ? '-' : 'changed',
  ])
  const caption = screen.colour.dim(screen.paragraph('Server counters before and after (other clients count too):'))
  const note = isCounted(rows) ? '' : `${screen.colour.dim(UNCOUNTED)}\n`
  return `${caption}\n${table(screen, ['', 'before', 'after', ''], cells)}\n${note}`
}

function line(event: CountersEvent, screen: Screen): string {
  return `${screen.colour.dim(screen.paragraph(`Server counters: ${summary(event)}`))}\n`
}

/** The counters that changed, and whether the server forked. */
function summary(event: CountersEvent): string {
  const { rows } = event
  if (!rows) return `unknown. ${whyUnknown(event)}`
  const changed = rows.filter(({ before, after }) => before !== after)
  const changes = changed.map(({ field, before = '-', after = '-' }) => `${field} ${shorten(before)} → ${shorten(after)}`)
  if (!isCounted(rows)) return [...changes, UNCOUNTED].join('. ')
  const hasForked = changed.some(({ field }) => field === 'total_forks' || field === 'latest_fork_usec')
  // Before 6.2 only the duration of the last fork is shown, and two forks can take the same time.
  const without = rows.some(({ field }) => field === 'total_forks') ? '; no fork' : '; no fork seen'
  return `${changes.join(', ') || 'unchanged'}${hasForked ? '' : without}`
}

/** Whether INFO shows what a fork and a full resync would have changed (total_forks is of 6.2). */
function isCounted(rows: readonly CounterRow[]): boolean {
  const fields = rows.map(({ field }) => field)
  return fields.includes('sync_full') && (fields.includes('total_forks') || fields.includes('latest_fork_usec'))
}

function whyUnknown({ cause }: CountersEvent): string {
  return cause ? printable(explain(cause).what) : 'The run was stopped before INFO could be read again.'
}

/** The start of a replid identifies it well enough, and keeps the table within 80 columns. */
function shorten(value: string): string {
  return printable(isReplid(value) ? `${value.slice(0, 12)}…` : value)
}
