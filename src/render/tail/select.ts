/** Selects the commands of a stream to show. */
import { usageError } from '../../errors.ts'
import type { Command } from '../../protocol/stream/command.ts'
import { compileGlob } from '../../protocol/stream/glob.ts'
import type { KeyRules } from '../../protocol/stream/key-rules.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { encodeRepr, encodeUtf8 } from './encoders.ts'

export interface Wanted {
  readonly db: readonly number[]
  /** Names, or `name|subcommand`. */
  readonly command: readonly string[]
  readonly exclude: readonly string[]
  readonly match: readonly string[]
  readonly grep?: string
}

type Test = (command: Command, db: number | undefined) => boolean

/** Undefined if every command is wanted. @param isUtf8 as text shows it @throws ReplError USAGE for an invalid regular expression */
export function selection(wanted: Wanted, keys: KeyRules, isUtf8 = false): Test | undefined {
  const tests: Test[] = []
  if (wanted.db.length > 0) {
    const dbs = new Set<number | undefined>(wanted.db)
    tests.push((_, db) => dbs.has(db))
  }
  if (wanted.command.length > 0) tests.push(matchName(wanted.command))
  if (wanted.exclude.length > 0) {
    const isExcluded = matchName(wanted.exclude)
    tests.push((command, db) => !isExcluded(command, db))
  }
  if (wanted.match.length > 0) tests.push(matchKeys(wanted.match, keys))
  if (wanted.grep !== undefined) tests.push(matchText(wanted.grep, isUtf8))
  if (tests.length === 0) return undefined
  return (command, db) => tests.every((test) => test(command, db))
}

function matchName(names: readonly string[]): Test {
  const wanted = new Set(names.map((name) => name.toUpperCase()))
  const hasSubcommands = names.some((name) => name.includes('|'))
  return (command) => {
    if (wanted.has(command.name)) return true
    return hasSubcommands && command.argc > 1 && wanted.has(`${command.name}|${command.text(1).toUpperCase()}`)
  }
}

/** Any key may match any pattern. */
function matchKeys(patterns: readonly string[], keys: KeyRules): Test {
  const globs = patterns.map(compileGlob)
  return (command) =>
    keys.positions(command).some((index) => globs.some((glob) => glob(command.bytes, command.argStart(index), command.argEnd(index))))
}

/** Tests the command as the text format shows it, with quotes and escapes. */
function matchText(pattern: string, isUtf8: boolean): Test {
  const expression = compile(pattern)
  const out = new ByteWriter()
  const encode = isUtf8 ? encodeUtf8 : encodeRepr
  return (command) => {
    out.cut(0)
    for (let index = 0; index < command.argc; index++) {
      out.ascii(index > 0 ? ' "' : '"')
      encode(out, command, command.argStart(index), command.argEnd(index))
      out.ascii('"')
    }
    return expression.test(out.buffer.toString('utf8', 0, out.length))
  }
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (error) {
    throw usageError(`--grep: ${(error as Error).message}`)
  }
}
