/** `npm run picture`: docs/lag-and-psync.svg, a terminal that shows two commands as they run against the servers of the documentation. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DocsLab } from '../test/helpers/docs/lab.ts'
import { ROOT } from '../test/helpers/docs/lines.ts'
import { runLine } from '../test/helpers/docs/run-line.ts'

const COMMANDS = ['redis-repl lag db1.example', 'redis-repl psync db1.example --from-replica db4.example']

const [CHARACTER, LINE, MARGIN] = [8.4, 19, 18]
const [BACKGROUND, TEXT, DIM] = ['#16181d', '#d7dae0', '#8b919d']
/** The colours of SGR 30 to 37, readable on the background. */
const COLOURS = [DIM, '#f0707a', '#8fce78', '#e6c069', '#6cb2f5', '#d08ae8', '#5ac8d0', TEXT]

/** How a piece of text is shown. */
interface Style {
  readonly colour?: string | undefined
  readonly isBold?: boolean | undefined
  readonly isDim?: boolean | undefined
}

const lab = await DocsLab.start('replication')
try {
  const lines: string[] = []
  for (const command of COMMANDS) {
    const { output } = await runLine(lab, `${command} --color always`)
    lines.push(`\x1b[2m$\x1b[22m \x1b[1m${command}\x1b[22m`, ...output.trimEnd().split('\n'), '')
  }
  writeFileSync(join(ROOT, 'docs/lag-and-psync.svg'), picture(lines.slice(0, -1)))
} finally {
  await lab.stop()
}

function picture(lines: readonly string[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences to leave out
  const columns = Math.max(...lines.map((line) => line.replace(/\x1b\[[\d;]*m/g, '').length))
  const [width, height] = [Math.ceil(columns * CHARACTER + 2 * MARGIN), lines.length * LINE + 2 * MARGIN]
  const texts = lines.map((line, index) => `<text x="${MARGIN}" y="${MARGIN + (index + 0.75) * LINE}">${spans(line)}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>redis-repl lag and redis-repl psync in a terminal</title>
<style>text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: ${TEXT} }</style>
<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>
${texts.join('\n')}
</svg>
`
}

/** Each piece of a line stands at its column, so that boxes close in any font. */
function spans(line: string): string {
  let style: Style = {}
  let column = 0
  let svg = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a colour (SGR)
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    if (part.startsWith('\x1b')) style = styled(style, part.slice(2, -1))
    else if (part !== '') {
      svg += span(part, column, style)
      column += part.length
    }
  }
  return svg
}

function span(text: string, column: number, { colour, isBold, isDim }: Style): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
  const fill = colour ?? (isDim ? DIM : undefined)
  const place = ` x="${(MARGIN + column * CHARACTER).toFixed(1)}" textLength="${(text.length * CHARACTER).toFixed(1)}"`
  return `<tspan${place}${fill ? ` fill="${fill}"` : ''}${isBold ? ' font-weight="bold"' : ''}>${escaped}</tspan>`
}

/** The style after a sequence such as `1;32` (ECMA-48, SGR). */
function styled(before: Style, codes: string): Style {
  let { colour, isBold, isDim } = before
  for (const code of codes.split(';').map(Number)) {
    if (code === 0 || code === 39) colour = undefined
    if (code === 0 || code === 22) [isBold, isDim] = [false, false]
    if (code === 1) isBold = true
    if (code === 2) isDim = true
    colour = COLOURS[code >= 90 ? code - 90 : code - 30] ?? colour
  }
  return { colour, isBold, isDim }
}
