/**
 * `npm run docs-output [-- PAGE ...]`: runs each `$ redis-repl …` line of the console blocks and writes what it shows below it.
 * A block that ends with a line `…` gets the first paragraph. Any other that a line `…` shortens is kept, and named where its shape has
 * changed; so is one whose exit status is not that of the page. Without pages it also writes the table of exit statuses in README.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT_STATUS_HELP } from '../src/exit-status.ts'
import { DocsLab } from '../test/helpers/docs/lab.ts'
import { type DocsLine, linesByDeployment, pages, ROOT } from '../test/helpers/docs/lines.ts'
import { type LineRun, runLine } from '../test/helpers/docs/run-line.ts'
import { hasShape } from '../test/helpers/docs/shape.ts'

interface Result {
  readonly line: DocsLine
  readonly ran: LineRun
}

const named = process.argv.slice(2)
const results: Result[] = []
for (const [deployment, lines] of linesByDeployment(named.length > 0 ? named : pages())) {
  const shown = lines.filter(({ output }) => output)
  if (shown.length > 0) await run(deployment, shown)
}
for (const page of new Set(results.map(({ line }) => line.page))) write(page)
if (named.length === 0) writeStatuses()

async function run(deployment: string, lines: readonly DocsLine[]): Promise<void> {
  const lab = await DocsLab.start(deployment)
  try {
    for (const line of lines) results.push({ line, ran: await runLine(lab, line.command) })
  } finally {
    await lab.stop()
  }
}

/** From the last line to the first, so that the line numbers above stay right. */
function write(page: string): void {
  const path = join(ROOT, page)
  const text = readFileSync(path, 'utf8').split('\n')
  const ofPage = results.filter(({ line }) => line.page === page).sort((a, b) => b.line.at - a.line.at)
  for (const { line, ran } of ofPage) {
    const { at, command, status, output = [] } = line
    const shown = ran.output.trimEnd().split('\n')
    if (ran.status !== status) complain(`${page}:${at}: exit status ${ran.status} instead of ${status}: ${command}\n${ran.output}`)
    else if (output.at(-1) === '…') text.splice(at, output.length, ...shown.slice(0, shown.indexOf('')), '…')
    else if (!output.includes('…')) text.splice(at, output.length, ...shown)
    else if (!hasShape(ran.output, output)) complain(`${page}:${at}: shortened by hand, and no longer so: ${command}\n${ran.output}`)
  }
  writeFileSync(path, text.join('\n'))
}

function writeStatuses(): void {
  const path = join(ROOT, 'README.md')
  const rows = EXIT_STATUS_HELP.map(([status, when]) => `| ${status} | ${when} |\n`).join('')
  writeFileSync(path, readFileSync(path, 'utf8').replace(/(^\| status \| when \|\n\|---\|---\|\n)(?:\|.*\n)+/m, `$1${rows}`))
}

function complain(text: string): void {
  console.error(text)
  process.exitCode = 1
}
