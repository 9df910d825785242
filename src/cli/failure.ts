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
import { colorOf } from './argv/color.ts'
import { wantsJson } from './argv/json-format.ts'
import { didYouMean } from './argv/nearest.ts'

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
  /** The command line that explains the usage. */
  readonly help: string
}

/** For a command line without a command of ours. */
export function plainView(
  { bin, name, version }: Pick<Interfaces.Config, 'bin' | 'name' | 'version'>,
  argv: readonly string[],
): FailureView {
  const startedMs = now()
  const about = { tool: { name, version }, target: undefined, startedAt: wallClock(), elapsedMs: () => now() - startedMs }
  const json = wantsJson(argv) ? process.stdout : undefined
  return { visit: new Visit(), about, color: colorOf(argv), json, isSilent: argv.includes('-qq'), help: `${bin} --help` }
}

/** Sets the exit status and writes the failure: as JSON, otherwise in three parts to stderr. */
export async function reportFailure(failure: ReplError, { visit, about, color, json, isSilent, help }: FailureView): Promise<void> {
  process.exitCode = exitStatus(failure.code)
  const isUsage = failure.code === 'USAGE'
  const explanation = explain(isUsage ? failure.with({ help }) : failure)
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
    ...(isUsage && !explanation.next.includes(help) ? [`    Help: ${help}`] : []),
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
  const isUsage = error instanceof Error && 'oclif' in error
  return isUsage ? usageError(usageSentence(error)) : replErrorOf(error)
}

/**
 * Rewrites oclif's messages into one line without the user's values: a value may be a password whose flag is missing.
 * The patterns match oclif/core, lib/parser (errors.ts, validate.ts, parse.ts) and lib/flags.ts.
 */
const SENTENCES: readonly (readonly [oclif: RegExp, ours: string])[] = [
  [/^Missing \d+ required args?:\s*(\w+).*/s, 'An argument is missing: $1'],
  [/^Unexpected argument.*/s, 'Unexpected argument; give one TARGET'],
  [/^Parsing (--[\w-]+) \s*Expected an? (integer[^:]*?) but received: .*/s, '$1 takes an $2'],
  [/^Expected (--[\w-]+)=.* to be one of: (.*)/s, '$1 takes one of: $2'],
  [/^Expected .* to be one of: (.*)/s, 'The argument is one of: $1'],
  [/^Flag (--[\w-]+) expects a value/, '$1 needs a value'],
  [/(--[\w-]+)=[^\n]*? cannot also be provided when using/g, '$1 cannot be combined with'],
  [/All of the following must be provided when using (--[\w-]+): /g, '$1 needs '],
  [/^The following errors? occurred:\s*/, ''],
]

/** oclif's NonExistentFlagsError carries the flags, and what was parsed. */
interface UnknownFlags {
  readonly flags: readonly string[]
  readonly parse: { readonly input: { readonly flags: object } }
}

function usageSentence(error: Error): string {
  if ('flags' in error && 'parse' in error) return unknownFlag(error as Error & UnknownFlags)
  const sentence = SENTENCES.reduce((text, [oclif, ours]) => text.replace(oclif, ours), error.message.split('\nSee more help')[0] ?? '')
  return sentence
    .replace(/\S*@/g, '********@')
    .replace(/(--?[\w-]+)=.*/g, '$1')
    .trim()
    .replace(/\s*\n\s*/g, '; ')
}

/** A word such as -s3cret may be a password, so only a long name is repeated, without what follows its =. */
function unknownFlag({ flags: [flag = ''], parse }: UnknownFlags): string {
  const [, name] = /^--([a-z][a-z-]*)(?:=.*)?$/is.exec(flag) ?? []
  if (name === undefined) return 'Unknown flag'
  return `Unknown flag --${name}${didYouMean(name, Object.keys(parse.input.flags), '--')}`
}
