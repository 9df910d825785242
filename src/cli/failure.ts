/**
 * The one place where an error becomes a message and an exit status. oclif's own rendering is not used: under --json it
 * prints the parse context, and with it passwords.
 */
import { explain } from '../diagnosis/errors.ts'
import { ReplError, replErrorOf } from '../errors.ts'
import { jsonLine, type RunReport } from '../render/json.ts'
import { printable } from '../render/printable.ts'
import { wrap } from '../render/wrap.ts'
import { exitStatus } from './exit-status.ts'

/** Sets the exit status and tells why: as JSON to the given stream, else in three parts on stderr. */
export async function tellFailure(failure: ReplError, report: RunReport, json?: NodeJS.WriteStream): Promise<void> {
  const status = exitStatus(failure.code)
  process.exitCode = status
  const explanation = explain(failure)
  if (json) {
    json.write(jsonLine(report.failure(failure, explanation, status)))
    return
  }
  const { palette } = await import('../render/palette.ts') // chalk is loaded only where something is painted
  const colour = palette(process.stderr)
  const lines = [
    `${colour.bad(`error ${failure.code}:`)} ${printable(explanation.what)}`,
    `  ${wrap(explanation.meaning, '  ', 78)}`,
    `  ${colour.strong('→')} ${wrap(explanation.next, '    ', 76)}`,
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** Whatever was thrown: ours as it is, oclif's parse errors as USAGE, anything else as a bug. */
export function asReplError(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  const message = error instanceof Error ? error.message : String(error)
  const isUsage = error instanceof Error && 'oclif' in error
  if (isUsage) return new ReplError('USAGE', { reason: 'FLAGS', given: usageSentence(message) })
  return replErrorOf(error)
}

/** oclif's sentence without the help behind it, and without what may be a password that lost its flag. */
function usageSentence(message: string): string {
  const sentence = message.split('\nSee more help')[0] ?? ''
  return sentence
    .replace(/^(Unexpected argument)s?:.*/s, '$1: one TARGET is enough')
    .replace(/\S*@/g, '********@')
    .replace(/(--?[\w-]+)=\S+/g, '$1=********')
    .trim()
}
