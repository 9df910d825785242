/** What makes up the stream, as tables. */
import { ratesOf, type Share, type StatsFigures } from '../../../diagnosis/stream-stats.ts'
import { bytes, exact, rate } from '../../../diagnosis/units.ts'
import { printable } from '../../base/printable.ts'
import type { Screen } from '../../base/screen.ts'
import { table } from '../../base/table.ts'

const NAME_WIDTH = 36

export function statsText(figures: StatsFigures, elapsedMs: number, screen: Screen, rows: number): string {
  const { commandsPerSecond, bytesPerSecond } = ratesOf(figures, elapsedMs)
  const { upkeep } = figures
  const lines = [
    `${exact(figures.commands)} commands, ${bytes(figures.bytes)}: ${rate(commandsPerSecond)} commands/s, ${bytes(Math.round(bytesPerSecond))}/s`,
    `keep-alives and SELECT: ${exact(upkeep.commands)} commands, ${percent(upkeep.bytes, figures.bytes)} of the bytes`,
    ...section('by command', figures.byCommand, figures, elapsedMs, screen, rows),
    ...section('by database', figures.byDb, figures, elapsedMs, screen, rows),
    ...section('by key prefix', figures.byPrefix, figures, elapsedMs, screen, rows),
    ...biggestTable(figures, screen, rows),
  ]
  return `${lines.join('\n')}\n`
}

function section(title: string, shares: readonly Share[], total: StatsFigures, elapsedMs: number, screen: Screen, most: number): string[] {
  if (shares.length === 0) return []
  const rows = shares.slice(0, most).map((share) => {
    const { commandsPerSecond, bytesPerSecond } = ratesOf(share, elapsedMs)
    return [
      shorten(share.name),
      exact(share.commands),
      rate(commandsPerSecond),
      `${bytes(Math.round(bytesPerSecond))}/s`,
      percent(share.bytes, total.bytes),
    ]
  })
  const more = shares.length > most ? [screen.colour.dim(`  and ${exact(shares.length - most)} more`)] : []
  return [table(screen, [title, 'commands', 'per s', 'bytes', 'share'], rows), ...more]
}

function biggestTable({ biggest: commands }: StatsFigures, screen: Screen, most: number): string[] {
  if (commands.length === 0) return []
  // With several streams, an offset needs the name of its server.
  const isNamed = commands.some(({ server }) => server !== undefined)
  const rows = commands
    .slice(0, most)
    .map((command) => [
      command.name,
      shorten(command.key ?? ''),
      bytes(command.bytes),
      String(command.offset),
      ...(isNamed ? [printable(command.server ?? '')] : []),
    ])
  return [table(screen, ['biggest', 'key', 'size', 'offset', ...(isNamed ? ['server'] : [])], rows)]
}

function shorten(text: string): string {
  const safeName = printable(text)
  return safeName.length > NAME_WIDTH ? `${safeName.slice(0, NAME_WIDTH - 1)}…` : safeName
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`
}
