/** --json is the same as --format json. */
import { usageError } from '../errors.ts'

interface FormatFlags {
  readonly json: boolean
  readonly format?: string | undefined
}

/**
 * Both flags say the same afterwards. If they contradict each other, the one on the command line applies.
 * @param written the names of the flags on the command line. @throws ReplError USAGE if it has both and they differ
 */
export function withAgreeingFormat<F extends object>(flags: F & FormatFlags, written: ReadonlySet<string>): F & FormatFlags {
  const { json, format } = flags
  if (format === undefined || format === 'json') return { ...flags, json: json || format === 'json' }
  if (!json) return flags
  if (written.has('json') && written.has('format')) throw usageError(`--json and --format ${format} contradict each other`)
  return written.has('format') ? { ...flags, json: false } : { ...flags, format: 'json' }
}

/** Also where the command line cannot be parsed. */
export function wantsJson(argv: readonly string[]): boolean {
  return argv.some((word, index) => word === '--json' || word === '--format=json' || (word === 'json' && argv[index - 1] === '--format'))
}
