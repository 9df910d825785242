/** --json implies --format json, and for a report --format json implies --json. */
import { usageError } from '../../errors.ts'

interface FormatFlags {
  readonly json: boolean
  readonly format?: string | undefined
}

/**
 * Makes both flags agree. If they contradict each other, the one on the command line applies.
 * @param isReport the output is one object; a stream of records keeps its notes and failures as text unless --json is given
 * @param written the names of the flags on the command line. @throws ReplError USAGE if it has both and they differ
 */
export function withAgreeingFormat<F extends object>(
  flags: F & FormatFlags,
  written: ReadonlySet<string>,
  isReport: boolean,
): F & FormatFlags {
  const { json, format } = flags
  if (format === undefined) return flags
  if (format === 'json') return { ...flags, json: json || isReport }
  if (!json) return flags
  if (written.has('json') && written.has('format')) throw usageError(`--json and --format ${format} contradict each other`)
  return written.has('format') ? { ...flags, json: false } : { ...flags, format: 'json' }
}

/** Also where the command line cannot be parsed. */
export function wantsJson(argv: readonly string[], isReport = true): boolean {
  const isFormat = (word: string, index: number) => word === '--format=json' || (word === 'json' && argv[index - 1] === '--format')
  return argv.includes('--json') || (isReport && argv.some(isFormat))
}
