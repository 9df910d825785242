/** Help as text: a page for a command, one for the program, and one for the flags that all commands share. */
import type { Screen } from '../base/screen.ts'

/** A flag, as oclif lists it. */
export interface HelpFlag {
  readonly name: string
  readonly type: 'boolean' | 'option'
  readonly char?: string | undefined
  /** For a page that must stay short. */
  readonly summary?: string | undefined
  readonly description?: string | undefined
  readonly helpGroup?: string | undefined
  readonly helpValue?: string | readonly string[] | undefined
  readonly options?: readonly string[] | undefined
  readonly default?: unknown
  readonly noCacheDefault?: boolean | undefined
  readonly allowNo?: boolean | undefined
}

export interface Example {
  readonly description: string
  readonly command: string
}

export interface Page {
  readonly summary: string
  readonly usage?: string
  readonly args?: readonly Row[]
  readonly description?: string
  readonly examples?: readonly Example[]
  readonly sections: readonly Section[]
  readonly more: readonly string[]
}

type Row = readonly [term: string, text: string]

/** A heading with rows of a term and its explanation. */
export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
}

const MARGIN = '  '
/** Leaves 48 columns of an 80-column terminal to the text. A longer term has a line of its own. */
const MAX_TERM_WIDTH = 28

export function pageText(screen: Screen, { summary, usage, args = [], description, examples = [], sections, more }: Page): string {
  const { colour, paragraph } = screen
  const parts = [
    paragraph(summary, '', ''),
    ...(usage === undefined ? [] : [[`Usage: ${colour.strong(usage)}`, ...rowLines(screen, args)].join('\n')]),
    ...(description === undefined ? [] : [paragraph(description, '', '')]),
    ...(examples.length > 0 ? [[colour.strong('EXAMPLES'), ...examples.map((one) => exampleText(screen, one))].join('\n')] : []),
    ...sections.map((section) => sectionText(screen, section)),
    ...(more.length > 0 ? [more.map((line) => paragraph(line, '', MARGIN)).join('\n')] : []),
  ]
  return `${parts.join('\n\n')}\n`
}

/** A command line stays in one line, so that it can be pasted. */
function exampleText({ colour }: Screen, { description, command }: Example): string {
  return `${MARGIN}${colour.dim(`# ${description}`)}\n${MARGIN}${command}`
}

function sectionText(screen: Screen, { title, rows }: Section): string {
  return [screen.colour.strong(title), ...rowLines(screen, rows)].join('\n')
}

function rowLines({ paragraph }: Screen, rows: readonly Row[]): string[] {
  const width = Math.max(0, ...rows.map(([term]) => term.length).filter((length) => length <= MAX_TERM_WIDTH))
  const indent = MARGIN + ' '.repeat(width + MARGIN.length)
  return rows.map(([term, text]) => {
    if (term.length > width) return `${MARGIN}${term}\n${paragraph(text, indent, indent)}`
    return paragraph(text, `${MARGIN}${term.padEnd(width)}${MARGIN}`, indent)
  })
}

/** One section for each group of flags, in the order of the flags; flags without a group come first. */
export function flagSections(flags: readonly HelpFlag[], explain: (flag: HelpFlag) => string): Section[] {
  const groupOf = ({ helpGroup = 'FLAGS' }: HelpFlag) => helpGroup
  const titles = [...new Set(flags.map(groupOf))].sort((a, b) => Number(b === 'FLAGS') - Number(a === 'FLAGS'))
  return titles.map((title) => ({
    title,
    rows: flags.filter((flag) => groupOf(flag) === title).map((flag): Row => [labelOf(flag), explain(flag)]),
  }))
}

function labelOf({ name, char, type, allowNo, helpValue, options }: HelpFlag): string {
  const long = allowNo ? `--[no-]${name}` : `--${name}`
  const names = char === undefined ? long : `${long}, -${char}`
  if (type === 'boolean') return names
  return `${names} ${options ? options.join('|') : [helpValue ?? 'VALUE'].flat().join(' ')}`
}

/** What a flag does, in one or two lines. */
export function shortExplanation({ summary, ...flag }: HelpFlag): string {
  return `${summary ?? flag.description ?? ''}${defaultOf(flag)}`
}

/** @param variable the environment variable that sets the flag */
export function longExplanation(flag: HelpFlag, variable: string): string {
  return `${flag.description ?? ''}${defaultOf(flag)} [${variable}]`
}

function defaultOf({ type, default: value, noCacheDefault }: HelpFlag): string {
  return type === 'option' && value !== undefined && !noCacheDefault ? ` (default: ${String(value)})` : ''
}
