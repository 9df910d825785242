/** The file with settings and named profiles: TOML, where the platform keeps such files, or wherever --config says. */
import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import { ReplError } from '../errors.ts'

export type Value = string | number | boolean | readonly (string | number)[]
export type Values = Readonly<Record<string, Value>>

export interface ConfigFile {
  readonly path: string
  readonly defaults: Values
  readonly profiles: Readonly<Record<string, Values>>
}

/**
 * @param isNamed whether the user asked for this very file; else it need not exist
 * @param known the names of all flags of all commands
 * @throws ReplError USAGE (CONFIG_FILE); what the file holds is never repeated, since it may be a password
 */
export function readConfigFile(path: string, isNamed: boolean, known: ReadonlySet<string>): ConfigFile | undefined {
  const text = read(path, isNamed)
  if (text === undefined) return undefined
  const { defaults = {}, profiles = {}, ...others } = parsed(text, path)
  const [stray] = Object.keys(others)
  if (stray !== undefined) throw unusable(path, `"${stray}" stands outside of [defaults] and [profiles.NAME]`)
  if (!isTable(profiles)) throw unusable(path, 'profiles is no table: write [profiles.NAME]')
  const checked = Object.entries(profiles).map(([name, values]) => [name, checkedValues(values, `profiles.${name}`, path, known)] as const)
  return { path, defaults: checkedValues(defaults, 'defaults', path, known), profiles: Object.fromEntries(checked) }
}

function read(path: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (!isNamed && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
    throw unusable(path, code)
  }
}

function parsed(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    // Its message quotes the line.
    throw unusable(path, error instanceof TomlError ? `line ${error.line}, column ${error.column} is no TOML` : 'it is no TOML')
  }
}

function checkedValues(table: unknown, name: string, path: string, known: ReadonlySet<string>): Values {
  if (!isTable(table)) throw unusable(path, `${name} is no table`)
  for (const [key, value] of Object.entries(table)) {
    if (!known.has(key)) throw unusable(path, `${name}.${key} is no setting: they are called as the long flags, and target`)
    if (!isValue(value)) throw unusable(path, `${name}.${key} is neither text, number, boolean nor a list of texts or numbers`)
  }
  return table as Values
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function isValue(value: unknown): value is Value {
  const isPlain = (one: unknown) => typeof one === 'string' || typeof one === 'number'
  return typeof value === 'boolean' || isPlain(value) || (Array.isArray(value) && value.every(isPlain))
}

function unusable(path: string, errno: string): ReplError {
  return new ReplError('USAGE', { reason: 'CONFIG_FILE', path, errno })
}
