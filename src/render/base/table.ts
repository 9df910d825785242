/** Tables for people. cli-table3 colours by itself even in a pipe, so its styles are switched off. */
import Table from 'cli-table3'

import type { Screen } from './screen.ts'

/** No rules between rows: a table of figures is read down its columns. */
const NO_INNER_RULES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }
const CORNERS = 'top-mid top-left top-right bottom-mid bottom-left bottom-right left-mid mid-mid right-mid'.split(' ')
/** The boxes of a locale without UTF-8. */
const ASCII_BOX = {
  ...Object.fromEntries(CORNERS.map((name) => [name, '+'])),
  ...{ top: '-', bottom: '-', mid: '-', left: '|', right: '|', middle: '|' },
}

/** @param head empty for a table without a head */
export function table({ isUnicode }: Pick<Screen, 'isUnicode'>, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    head: [...head],
    chars: { ...(isUnicode ? {} : ASCII_BOX), ...(head.length === 0 ? NO_INNER_RULES : {}) },
    style: { head: [], border: [], compact: true },
  })
  grid.push(...rows.map((row) => [...row]))
  return grid.toString()
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
