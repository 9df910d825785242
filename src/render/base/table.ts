/** Tables for people. cli-table3 colours by itself even in a pipe, so its styles are switched off. */
import Table from 'cli-table3'
import stringWidth from 'string-width'
import { inAscii } from './printable.ts'

import type { Screen } from './screen.ts'
import { wrapped } from './wrap.ts'

/** No rules between rows: a table of figures is read down its columns. */
const NO_INNER_RULES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }
const CORNERS = 'top-mid top-left top-right bottom-mid bottom-left bottom-right left-mid mid-mid right-mid'.split(' ')
/** The boxes of a locale without UTF-8. */
const ASCII_BOX = {
  ...Object.fromEntries(CORNERS.map((name) => [name, '+'])),
  ...{ top: '-', bottom: '-', mid: '-', left: '|', right: '|', middle: '|' },
}

/** The widest column is wrapped where the table would be wider than the screen. @param head empty for a table without a head */
export function table(
  { isUnicode, width }: Pick<Screen, 'isUnicode' | 'width'>,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const grid = new Table({
    head: [...head],
    chars: { ...(isUnicode ? {} : ASCII_BOX), ...(head.length === 0 ? NO_INNER_RULES : {}) },
    style: { head: [], border: [], compact: true },
  })
  const cells = rows.map((row) => row.map((cell) => (isUnicode ? cell : inAscii(cell))))
  grid.push(...fitted(head, cells, width))
  return grid.toString()
}

/** Two spaces and a line for each column, and a line at the end. */
function fitted(head: readonly string[], rows: readonly string[][], width: number): string[][] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...[head, ...rows].map((row) => cellWidth(row[index] ?? ''))))
  const excess = widths.reduce((sum, columnWidth) => sum + columnWidth + 3, 1) - width
  if (excess <= 0) return [...rows]
  const widest = widths.indexOf(Math.max(...widths))
  const room = (widths[widest] ?? 0) - excess
  return rows.map((row) => row.map((cell, index) => (index === widest ? wrapped(cell, '', '', room) : cell)))
}

function cellWidth(cell: string): number {
  return Math.max(...cell.split('\n').map((line) => stringWidth(line)))
}

const NO_LINES = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid'
    .split(' ')
    .map((name) => [name, '']),
)

/** Columns without lines, for tables that are as wide as the terminal. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string {
  const grid = new Table({
    chars: { ...NO_LINES, middle: ' '.repeat(gap) },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  })
  grid.push(...rows.map((row) => [...row]))
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
