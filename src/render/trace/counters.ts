/** The cost of a visit, from the server's own counters. */

import { explain } from '../../diagnosis/errors/explain.ts'
import type { CounterRow, CountersEvent } from '../../engine/events.ts'
import { isReplid } from '../../protocol/history.ts'
import type { Palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import { table } from '../base/table.ts'

const UNCOUNTED = 'INFO shows no counters of forks and full resyncs.'

export function countersText(event: CountersEvent, colour: Palette): string {
  const { rows } = event
  if (!rows) return `${colour.dim(`Forks, full syncs and the replid before and after are unknown: ${whyUnknown(event)}`)}\n`
  if (rows.length === 0) return `${colour.dim(`What it cost is unknown. ${UNCOUNTED}`)}\n`
  const cells = rows.map(({ field, before = '-', after = '-' }) => [
    field,
    shorten(before),
    shorten(after),
    before === after ? '' : 'changed',
  ])
  const caption = colour.dim('What it cost, by the counters of the whole server (other clients count too):')
  const note = isCounted(rows) ? '' : `${colour.dim(UNCOUNTED)}\n`
  return `${caption}\n${table(['', 'before', 'after', ''], cells)}\n${note}`
}

/** In one line: only the counters that changed. */
export function countersLine(event: CountersEvent): string {
  const { rows } = event
  if (!rows) return `cost: unknown. ${whyUnknown(event)}`
  const changed = rows.filter(({ before, after }) => before !== after)
  const note = isCounted(rows) ? '' : `. ${UNCOUNTED}`
  if (changed.length === 0) return `cost: ${note === '' ? 'nothing' : `unknown${note}`}`
  return `cost: ${changed.map(({ field, before = '-', after = '-' }) => `${field} ${shorten(before)} → ${shorten(after)}`).join(', ')}${note}`
}

/** Whether INFO shows what a fork and a full resync would have changed (total_forks is of 6.2). */
function isCounted(rows: readonly CounterRow[]): boolean {
  const fields = rows.map(({ field }) => field)
  return fields.includes('sync_full') && (fields.includes('total_forks') || fields.includes('latest_fork_usec'))
}

function whyUnknown({ cause }: CountersEvent): string {
  return cause ? printable(explain(cause).what) : 'We were stopped before we could ask.'
}

/** The start of a replid identifies it well enough, and keeps the table within 80 columns. */
function shorten(value: string): string {
  return printable(isReplid(value) ? `${value.slice(0, 12)}…` : value)
}
