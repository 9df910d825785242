/** Tables for people. cli-table3 colours by itself even in a pipe, so its styles are switched off. */
import Table from 'cli-table3'

/** No rules between rows: a table of figures is read down its columns. */
const NO_INNER_RULES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    head: [...head],
    ...(head.length === 0 && { chars: NO_INNER_RULES }),
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
export function columns(rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  })
  grid.push(...rows.map((row) => [...row]))
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
