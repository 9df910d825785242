/**
 * The only place that turns an error into a message and an exit status. oclif's own rendering is not used: with --json it
 * prints the parse context, which includes passwords.
 */
import { explain } from '../diagnosis/errors/explain.ts'
import type { Visit } from '../engine/visit.ts'
import { ReplError, replErrorOf, usageError } from '../errors.ts'
import { jsonLine } from '../render/base/json-line.ts'
import { printable } from '../render/base/printable.ts'
import { wrap } from '../render/base/wrap.ts'
import { errorJson } from '../render/trace/json.ts'
import { exitStatus } from './exit-status.ts'

/**
 * Sets the exit status and writes the failure: as JSON to the given stream, otherwise in three parts to stderr.
 * @param visit what the attachment had shown before it failed
 */
export async function reportFailure(failure: ReplError, visit: Visit, json?: NodeJS.WriteStream): Promise<void> {
  const status = exitStatus(failure.code)
  process.exitCode = status
  const explanation = explain(failure)
  if (json) {
    json.write(jsonLine(errorJson(failure, explanation, status, visit)))
    return
  }
  const { palette } = await import('../render/base/palette.ts') // loads chalk only when needed
  const colour = palette(process.stderr)
  const lines = [
    `${colour.bad(`error ${failure.code}:`)} ${printable(explanation.what)}`,
    `  ${wrap(explanation.meaning, '  ', 78)}`,
    `  ${colour.strong('→')} ${wrap(explanation.next, '    ', 76)}`,
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
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
