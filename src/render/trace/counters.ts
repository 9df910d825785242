/** The cost of a visit, from the server's own counters. */

import type { CountersEvent } from '../../engine/events.ts'
import { isReplid } from '../../protocol/history.ts'
import type { Palette } from '../base/palette.ts'
import { printable } from '../base/printable.ts'
import { table } from '../base/table.ts'

export function countersText({ rows }: CountersEvent, colour: Palette): string {
  if (!rows) return `${colour.dim('What it cost could not be known, since INFO could not be had: forks, full syncs, the replid.')}\n`
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
export function countersLine({ rows }: CountersEvent): string {
  if (!rows) return 'cost: unknown, INFO could not be had'
  const changed = rows.filter(({ before, after }) => before !== after)
  return `cost: ${changed.map(({ field, before = '-', after = '-' }) => `${field} ${shorten(before)} → ${shorten(after)}`).join(', ') || 'nothing'}`
}

/** The start of a replid identifies it well enough, and keeps the table within 80 columns. */
function shorten(value: string): string {
  return printable(isReplid(value) ? `${value.slice(0, 12)}…` : value)
}
