/** The table of `lag`: the same columns at every run, and a dash in an empty cell. */
import stringWidth from 'string-width'
import { type Cell, describeState, hasLink } from '../../diagnosis/lag/check.ts'
import type { ReplicaReport } from '../../diagnosis/lag/lag.ts'
import { bytesText, methodText, resyncText, timeText, trendText } from '../../diagnosis/lag/words.ts'
import { bytes as human } from '../../diagnosis/units.ts'
import { printable } from '../base/printable.ts'
import type { Screen } from '../base/screen.ts'
import { columns } from '../base/table.ts'
import { replicaNames, shortened } from './names.ts'

export interface Column {
  /** The words of the head. */
  readonly head: string
  /** Empty where there is nothing to show. */
  readonly text: (replica: ReplicaReport) => string
  readonly cell?: Cell
  readonly paint?: (replica: ReplicaReport, screen: Screen) => (text: string) => string
}

const COLUMNS: readonly Column[] = [
  { head: 'STATE', cell: 'state', text: describeState, paint: paintOfState },
  { head: 'LAG', cell: 'lag', text: ({ lag }) => bytesText(lag) },
  { head: 'LAG TIME', cell: 'time', text: timeText },
  { head: 'MEASURED BY', text: methodText },
  { head: 'TREND', text: ({ trend }) => trendText(trend) },
  { head: 'RECONNECT WOULD BE', text: ({ resync }) => resyncText(resync), paint: paintOfResync },
  { head: 'LAST ACK', text: ({ listed }) => secondsAgo(listed?.ackAgeSeconds) },
]

/** With --wide. */
const WIDE_COLUMNS: readonly Column[] = [
  { head: 'LAST I/O', text: ({ link }) => secondsAgo(link?.lastIoSeconds) },
  { head: 'APPLIES', text: ({ applied }) => (applied === undefined ? '' : `${human(Math.round(applied))}/s`) },
  { head: 'OFFSET', text: ({ link, listed }) => String(link?.appliedOffset ?? listed?.ackOffset ?? '') },
  { head: 'SERVER', text: ({ identity }) => (identity ? `${identity.flavour} ${identity.version}` : '') },
]

export interface TableOptions {
  readonly isWide: boolean
  /** The cell that the verdict rests on. */
  readonly deciding: (replica: ReplicaReport) => Cell | undefined
  /** A last column that is left out if there is no room for it. */
  readonly extra?: Column
}

/** Marks the deciding cell, also without colours. */
const MARK = '! '
/** A name is rather cut than the figures are broken, down to this width, and then further. */
const SHORT_NAME = 15
const SHORTEST_NAME = 8

/** A table as wide as the terminal at most. In a pipe and with --wide, each replica is one line, however long. */
export function replicaTable(replicas: readonly ReplicaReport[], screen: Screen, options: TableOptions): string {
  const real = replicas.filter(({ state }) => state !== 'tool')
  const names = replicaNames(real, screen)
  const longest = Math.max(stringWidth('REPLICA'), ...names.map((name) => stringWidth(name)))
  const limit = options.isWide || !screen.isTerminal ? Number.POSITIVE_INFINITY : Math.max(screen.width, LEAST_WIDTH)
  const fitting = layouts(options).map((layout) => ({ layout, room: limit - figuresWidth(real, layout, screen, options) }))
  const chosen = fitting.find(({ room }) => room >= longest) ?? fitting.find(({ room }) => room >= SHORT_NAME) ?? fitting.at(-1)
  if (!chosen) return ''
  const { layout, room } = chosen
  const short = names.map((name) => shortened(name, Math.max(SHORTEST_NAME, room), screen))
  const head = ['REPLICA', ...layout.columns.map((column) => broken(column.head, layout.headBreak))]
  const rows = real.map((replica, index) => [
    short[index] ?? '',
    ...layout.columns.map((column) => cellText(replica, column, layout, screen, options)),
  ])
  const cut = real.flatMap(({ name }, index) => (short[index] === names[index] ? [] : [`  ${printable(name)}\n`]))
  const full = cut.length === 0 ? '' : `\n${screen.colour.dim('Full names, in this order:')}\n${cut.join('')}`
  return `${columns([head.map((text) => screen.colour.dim(text)), ...rows], layout.gap)}\n${full}`
}

/** The table is not made narrower than this. */
const LEAST_WIDTH = 80

interface Layout {
  readonly columns: readonly Column[]
  readonly headBreak: RegExp
  readonly cellBreak: RegExp
  /** Between two columns. */
  readonly gap: number
}

const NOWHERE = /$^/
/** The first word stands alone. */
const AT_FIRST_SPACE = / /
/** After a comma, before a figure that follows a word, and before a margin. */
const BEFORE_FIGURES = /(?<=,) |(?<=[a-z]) (?=\d)| (?=±|\+-)/g

/** From the widest to the narrowest. */
function layouts({ isWide, extra }: TableOptions): Layout[] {
  const all = isWide ? [...COLUMNS, ...WIDE_COLUMNS] : COLUMNS
  const breaks = [
    { headBreak: NOWHERE, cellBreak: NOWHERE, gap: 2 },
    { headBreak: AT_FIRST_SPACE, cellBreak: NOWHERE, gap: 2 },
    { headBreak: AT_FIRST_SPACE, cellBreak: BEFORE_FIGURES, gap: 2 },
    { headBreak: AT_FIRST_SPACE, cellBreak: BEFORE_FIGURES, gap: 1 },
  ]
  const withExtra = extra ? breaks.slice(0, 3).map((one) => ({ ...one, columns: [...all, extra] })) : []
  return [...withExtra, ...breaks.map((one) => ({ ...one, columns: all }))]
}

/** The width of everything right of the names, with the gaps. */
function figuresWidth(replicas: readonly ReplicaReport[], layout: Layout, screen: Screen, options: TableOptions): number {
  const widthOf = (text: string) => Math.max(...text.split('\n').map((line) => stringWidth(line)))
  const widths = layout.columns.map((column) =>
    Math.max(
      widthOf(broken(column.head, layout.headBreak)),
      ...replicas.map((replica) => widthOf(cellText(replica, column, layout, screen, options))),
    ),
  )
  return widths.reduce((sum, width) => sum + layout.gap + width, 0)
}

function cellText(replica: ReplicaReport, column: Column, { cellBreak }: Layout, screen: Screen, { deciding }: TableOptions): string {
  const { text, cell, paint } = column
  const plain = printable(text(replica))
  const isDeciding = cell !== undefined && deciding(replica) === cell
  const marked = isDeciding ? `${MARK}${plain === '' ? '-' : plain}` : plain
  const shown = broken(screen.isUnicode ? marked : marked.replaceAll('±', '+-'), cellBreak)
  if (plain === '' && !isDeciding) return screen.colour.dim('-')
  if (isDeciding) return screen.colour.bad(shown)
  return paint ? paint(replica, screen)(shown) : shown
}

function broken(text: string, where: RegExp): string {
  return text.replace(where, '\n')
}

/** Green only for what the replica itself confirms. */
function paintOfState(replica: ReplicaReport, { colour }: Screen) {
  if (!hasLink(replica)) return colour.bad
  return replica.state === 'online' ? colour.good : colour.warn
}

function paintOfResync({ resync }: ReplicaReport, { colour }: Screen) {
  return resync?.forecast.kind === 'full' ? colour.warn : (text: string) => text
}

function secondsAgo(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${seconds} s`
}
