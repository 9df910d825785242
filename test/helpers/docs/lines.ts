/** Finds the command lines of the documentation: every line with `redis-repl` in a fence is one, unless the fence is marked `text`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deploymentOf } from './lab.ts'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What oclif writes from --help. Its fences have no kind, and a part EXAMPLES. */
const GENERATED = /^docs\/commands\//

interface Fence {
  readonly page: string
  /** Of the first line inside, counted from 1. */
  readonly at: number
  readonly kind: string
  readonly lines: readonly string[]
}

export interface DocsLine {
  readonly page: string
  /** Its line number, counted from 1. */
  readonly at: number
  readonly command: string
  /** From a comment at its end: `# exit status 1`. */
  readonly status: number
  /** What the page shows below it; undefined where it shows nothing. */
  readonly output?: readonly string[]
}

/** All pages, relative to the project: those beside README.md, and docs/. */
export function pages(): string[] {
  const markdown = (folder: string, recursive: boolean) =>
    readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name))
      .sort()
  return [...markdown('.', false), ...markdown('docs', true)]
}

/** All command lines of these pages by deployment. Lines that fork come last: what they leave in its counters would show in the others. */
export function linesByDeployment(names = pages()): Map<string, DocsLine[]> {
  const lines = names.flatMap((page) => fencesOf(page).flatMap(GENERATED.test(page) ? examplesOf : linesOf))
  const sorted = [...lines.filter(({ command }) => !forks(command)), ...lines.filter(({ command }) => forks(command))]
  const found = new Map<string, DocsLine[]>()
  for (const line of sorted) {
    const name = deploymentOf(line.command)
    found.set(name, [...(found.get(name) ?? []), line])
  }
  return found
}

function forks(command: string): boolean {
  return /dump-rdb|--full\b|--from snapshot|--attach|--allow-fork/.test(command)
}

function fencesOf(page: string): Fence[] {
  const fences: Fence[] = []
  let open: { kind: string; at: number; indent: number; lines: string[] } | undefined
  for (const [index, line] of readFileSync(join(ROOT, page), 'utf8').split('\n').entries()) {
    const [, indent = '', kind = ''] = /^( *)```(\w*)/.exec(line) ?? []
    if (!/^ *```/.test(line)) open?.lines.push(line.slice(open.indent))
    else if (open) {
      fences.push({ page, ...open })
      open = undefined
    } else open = { kind, at: index + 2, indent: indent.length, lines: [] }
  }
  return fences
}

function linesOf(fence: Fence): DocsLine[] {
  if (fence.kind === 'text') return []
  return fence.kind === 'console' ? shownLines(fence) : plainLines(fence)
}

/** Those that can run as they are: no part of them is left out (…), and no other program is loaded. */
function examplesOf({ page, at, lines }: Fence): DocsLine[] {
  const [start, end] = [lines.indexOf('EXAMPLES'), lines.indexOf('', lines.indexOf('EXAMPLES'))]
  return lines.flatMap((line, index) => {
    const isExample = start >= 0 && index > start && index < end && /^ {2}redis-repl /.test(line) && !/…|npx/.test(line)
    return isExample ? [{ page, at: at + index, command: line.trim(), status: 0 }] : []
  })
}

/** `$ redis-repl …` and the output below it. */
function shownLines({ page, at, lines }: Fence): DocsLine[] {
  const starts = lines.flatMap((line, index) => (/^\$ .*redis-repl/.test(line) ? [index] : []))
  return starts.map((start, nth) => {
    const command = (lines[start] as string).slice(2)
    return { page, at: at + start, command, status: statusOf(command), output: lines.slice(start + 1, starts[nth + 1] ?? lines.length) }
  })
}

function plainLines({ page, at, kind, lines }: Fence): DocsLine[] {
  const found: DocsLine[] = []
  for (let index = 0; index < lines.length; index++) {
    const first = index
    let line = lines[index] as string
    while (line.endsWith('\\')) line = `${line.slice(0, -1)} ${lines[++index]?.trim()}`
    const command = kind === 'sh' ? line : embedded(line)
    if (command && /(^|[\s;|&(])redis-repl [a-z@-]/.test(command) && !command.startsWith('#')) {
      found.push({ page, at: at + first, command, status: statusOf(command) })
    }
  }
  return found
}

/** The command in a line of YAML, of a crontab or of a systemd unit. */
function embedded(line: string): string | undefined {
  const [, words] = /(\["redis-repl".*\])/.exec(line) ?? []
  if (words) return (JSON.parse(words) as string[]).map((word) => (/^[\w./:=@-]+$/.test(word) ? word : `'${word}'`)).join(' ')
  return /(?:^|\s|=\/usr\/local\/bin\/)(redis-repl [a-z-].*)$/.exec(line)?.[1]
}

function statusOf(command: string): number {
  return Number(/# exit status (\d+)$/.exec(command)?.[1] ?? 0)
}
