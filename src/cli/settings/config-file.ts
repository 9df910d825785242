/** The file with settings and named profiles: TOML, where the platform keeps such files, or wherever --config says. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ConfigFileProblem, errnoOf, ReplError, type SettingProblem } from '../../errors.ts'

export type Value = string | number | boolean | readonly (string | number)[]
export type Values = Readonly<Record<string, Value>>

export interface ConfigFile {
  readonly path: string
  readonly defaults: Values
  readonly profiles: Readonly<Record<string, Values>>
}

/** What is known of a flag. */
export interface Known {
  readonly type: 'boolean' | 'option'
  readonly multiple?: boolean
}

/** They decide which file is read, or whether anything is done at all. */
const NOT_IN_A_FILE = ['config', 'print-config']
/** A file that belongs to the settings lies where they say, whoever uses them from where. */
const PATHS = ['pass-file', 'sentinel-pass-file', 'cacert', 'cacertdir', 'cert', 'key']

/**
 * @param isNamed whether the user asked for this very file; else it need not exist
 * @param known all flags of all commands, and the target
 * @throws ReplError USAGE (CONFIG_FILE); what the file holds is never repeated, since it may be a password
 */
export async function readConfigFile(path: string, isNamed: boolean, known: ReadonlyMap<string, Known>): Promise<ConfigFile | undefined> {
  const text = read(path, isNamed)
  if (text === undefined) return undefined
  const { defaults = {}, profiles = {}, ...others } = await parsed(text, path)
  const [stray] = Object.keys(others)
  if (stray !== undefined) throw unusable(path, { problem: 'OUTSIDE_OF_TABLES', key: stray })
  if (!isTable(profiles)) throw unusable(path, { problem: 'PROFILES_NOT_A_TABLE' })
  const checked = Object.entries(profiles).map(([name, values]) => [name, checkedValues(values, `profiles.${name}`, path, known)] as const)
  return { path, defaults: checkedValues(defaults, 'defaults', path, known), profiles: Object.fromEntries(checked) }
}

function read(path: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // A home that belongs to another user may be closed to us (sudo -E, containers). Like git, we take that for no file.
    if (!isNamed && !existsSync(path)) return undefined
    throw unusable(path, { problem: 'UNREADABLE', errno: errnoOf(error) })
  }
}

/** The library is loaded by those who have such a file. */
async function parsed(text: string, path: string): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text)
  } catch (error) {
    // Its message quotes the line.
    throw unusable(path, { problem: 'NOT_TOML', ...(error instanceof TomlError && { line: error.line, column: error.column }) })
  }
}

function checkedValues(table: unknown, name: string, path: string, known: ReadonlyMap<string, Known>): Values {
  if (!isTable(table)) throw unusable(path, { problem: 'NOT_A_TABLE', table: name })
  const values = Object.entries(table).map(([key, value]) => {
    const flag = known.get(key)
    const setting = `${name}.${key}`
    if (!flag) throw unusable(path, { problem: 'UNKNOWN_SETTING', setting })
    if (NOT_IN_A_FILE.includes(key)) throw unusable(path, { problem: 'COMMAND_LINE_ONLY', setting })
    if (!isValue(value)) throw unusable(path, { problem: 'NOT_A_VALUE', setting })
    const misfit = misfitOf(value, flag)
    if (misfit) throw unusable(path, { problem: misfit, setting })
    return [key, PATHS.includes(key) ? resolve(dirname(path), String(value)) : value] as const
  })
  return Object.fromEntries(values)
}

function misfitOf(value: Value, { type, multiple = false }: Known): SettingProblem | undefined {
  if (type === 'boolean') return Array.isArray(value) ? 'IS_A_SWITCH' : undefined
  if (typeof value === 'boolean') return 'IS_NO_SWITCH'
  return Array.isArray(value) && !multiple ? 'TAKES_ONE_VALUE' : undefined
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function isValue(value: unknown): value is Value {
  const isPlain = (one: unknown) => typeof one === 'string' || typeof one === 'number'
  return typeof value === 'boolean' || isPlain(value) || (Array.isArray(value) && value.every(isPlain))
}

function unusable(path: string, problem: ConfigFileProblem): ReplError {
  return new ReplError('CONFIG_FILE', { path, ...problem })
}
