/**
 * The only place that turns an error into a message and an exit status. oclif's own rendering is not used: with --json it
 * prints the parse context, which includes passwords.
 */
import type { Interfaces } from '@oclif/core'
import { explain } from '../diagnosis/errors/explain.ts'
import { Visit } from '../engine/visit.ts'
import { ReplError, replErrorOf, usageError } from '../errors.ts'
import { exitStatus } from '../exit-status.ts'
import { now, wallClock } from '../io/clock.ts'
import { jsonLine } from '../render/base/json-line.ts'
import { printable } from '../render/base/printable.ts'
import type { About } from '../render/base/report.ts'
import type { ColorChoice } from '../render/base/screen.ts'
import { errorJson } from '../render/trace/json.ts'
import { colorOf } from './color.ts'

/** How and where a failure is reported. */
export interface FailureView {
  /** What the attachment had shown before it failed. */
  readonly visit: Visit
  readonly about: About
  readonly color: ColorChoice
  /** Where to write it as JSON; undefined for text on stderr. */
  readonly json: NodeJS.WriteStream | undefined
  /** -qq: the exit status says it. */
  readonly isSilent: boolean
}

/** For a command line without a command of ours. */
export function plainView({ name, version }: Pick<Interfaces.Config, 'name' | 'version'>, argv: readonly string[]): FailureView {
  const startedMs = now()
  const about = { tool: { name, version }, target: undefined, startedAt: wallClock(), elapsedMs: () => now() - startedMs }
  const json = argv.includes('--json') ? process.stdout : undefined
  return { visit: new Visit(), about, color: colorOf(argv), json, isSilent: argv.includes('-qq') }
}

/** Sets the exit status and writes the failure: as JSON, otherwise in three parts to stderr. */
export async function reportFailure(failure: ReplError, { visit, about, color, json, isSilent }: FailureView): Promise<void> {
  process.exitCode = exitStatus(failure.code)
  const explanation = explain(failure)
  if (json) {
    json.write(jsonLine(errorJson(about, failure, explanation, visit)))
    return
  }
  if (isSilent) return
  const { screenOf } = await import('../render/base/screen.ts') // loads chalk only when needed
  const screen = screenOf(process.stderr, color)
  const lines = [
    screen.paragraph(printable(explanation.what), `${screen.colour.bad(`error ${failure.code}:`)} `),
    screen.paragraph(explanation.meaning, '  '),
    screen.paragraph(explanation.next, `  ${screen.colour.strong(screen.isUnicode ? '→' : '->')} `, '    '),
  ]
  process.stderr.write(`${[...lines, ...lineToPaste(failure)].join('\n')}\n`)
}

/** The command line that permits what the run needs. Never wrapped, since it is pasted. */
function lineToPaste({ details }: ReplError): string[] {
  return 'forkCommand' in details && details.forkCommand !== undefined ? [`    ${printable(details.forkCommand)}`] : []
}

/** Returns a ReplError unchanged, oclif's parse errors as USAGE, and anything else as INTERNAL. */
export function asReplError(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  const message = error instanceof Error ? error.message : String(error)
  const isUsage = error instanceof Error && 'oclif' in error
  if (isUsage) return usageError(usageSentence(message))
  return replErrorOf(error)
}

/**
 * Rewrites oclif's messages into one line without the user's values: a value may be a password whose flag is missing.
 * The patterns match oclif/core, lib/parser (errors.ts, validate.ts, parse.ts) and lib/flags.ts.
 */
const SENTENCES: readonly (readonly [oclif: RegExp, ours: string])[] = [
  [/^Unexpected argument.*/s, 'Unexpected argument: one TARGET is enough'],
  [/^Parsing (--[\w-]+) \s*Expected an? (integer[^:]*?) but received: .*/s, '$1 takes an $2'],
  [/^Expected (--[\w-]+)=.* to be one of: (.*)/s, '$1 takes one of: $2'],
  [/(--[\w-]+)=[^\n]*? cannot also be provided when using/g, '$1 cannot stand beside'],
  [/All of the following must be provided when using (--[\w-]+): /g, '$1 needs '],
  [/^The following errors? occurred:\s*/, ''],
]

function usageSentence(message: string): string {
  const sentence = SENTENCES.reduce((text, [oclif, ours]) => text.replace(oclif, ours), message.split('\nSee more help')[0] ?? '')
  return sentence
    .replace(/\S*@/g, '********@')
    .replace(/(--?[\w-]+)=.*/g, '$1')
    .trim()
    .replace(/\s*\n\s*/g, '; ')
}
