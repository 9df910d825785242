/** The cost of a visit, from the server's own counters. */

import { explain } from '../../diagnosis/errors/explain.ts'
import type { CountersEvent } from '../../engine/events.ts'
import { isReplid } from '../../protocol/history.ts'
import type { Palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import { table } from '../base/table.ts'

export function countersText(event: CountersEvent, colour: Palette): string {
  const { rows } = event
  if (!rows) return `${colour.dim(`Forks, full syncs and the replid before and after are unknown: ${whyUnknown(event)}`)}\n`
  const cells = rows.map(({ field, before = '-', after = '-' }) => [
    field,
    shorten(before),
    shorten(after),
    before === after ? '' : 'changed',
  ])
  const caption = colour.dim('What it cost, by the counters of the whole server (other clients count too):')
  return `${caption}\n${table(['', 'before', 'after', ''], cells)}\n`
}

/** In one line: only the counters that changed. */
export function countersLine(event: CountersEvent): string {
  const { rows } = event
  if (!rows) return `cost: unknown. ${whyUnknown(event)}`
  const changed = rows.filter(({ before, after }) => before !== after)
  return `cost: ${changed.map(({ field, before = '-', after = '-' }) => `${field} ${shorten(before)} → ${shorten(after)}`).join(', ') || 'nothing'}`
}

function whyUnknown({ cause }: CountersEvent): string {
  return cause ? printable(explain(cause).what) : 'We were stopped before we could ask.'
}

/** The start of a replid identifies it well enough, and keeps the table within 80 columns. */
function shorten(value: string): string {
  return printable(isReplid(value) ? `${value.slice(0, 12)}…` : value)
}
