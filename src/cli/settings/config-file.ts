/** The TOML file with settings and named profiles: in the platform's config folder, or where --config says. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ConfigFileProblem, errnoOf, ReplError, type SettingProblem } from '../../errors.ts'
import { nearest } from '../argv/nearest.ts'

export type Value = string | number | boolean | readonly (string | number)[]
export type Values = Readonly<Record<string, Value>>

export interface ConfigFile {
  readonly path: string
  readonly defaults: Values
  readonly profiles: Readonly<Record<string, Values>>
}

/** How a flag takes its value. */
export interface Known {
  readonly type: 'boolean' | 'option'
  readonly multiple?: boolean
}

/** These decide which file is read, or whether the command runs at all. */
const NOT_IN_A_FILE = ['config', 'print-config']
/** Relative paths in these settings are relative to the folder of the config file, not to the working directory. */
const PATHS = ['pass-file', 'sentinel-pass-file', 'cacert', 'cacertdir', 'cert', 'key']

/**
 * @param isNamed whether the user named this file; otherwise it may be missing
 * @param known all flags of all commands, and the target
 * @returns undefined when the file is missing and not named
 * @throws ReplError USAGE (CONFIG_FILE); it never repeats a value from the file, which may be a password
 */
export async function readConfigFile(path: string, isNamed: boolean, known: ReadonlyMap<string, Known>): Promise<ConfigFile | undefined> {
  const text = read(path, isNamed)
  if (text === undefined) return undefined
  const { defaults = {}, profiles = {}, ...others } = await parseToml(text, path)
  const [stray] = Object.keys(others)
  if (stray !== undefined) throw configFileError(path, { problem: 'OUTSIDE_OF_TABLES', key: stray })
  if (!isTable(profiles)) throw configFileError(path, { problem: 'PROFILES_NOT_A_TABLE' })
  const checked = Object.entries(profiles).map(([name, values]) => [name, checkValues(values, `profiles.${name}`, path, known)] as const)
  return { path, defaults: checkValues(defaults, 'defaults', path, known), profiles: Object.fromEntries(checked) }
}

function read(path: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    // HOME may belong to another user and be unreadable (sudo -E, containers). Like git, we treat that as a missing file.
    if (!isNamed && !existsSync(path)) return undefined
    throw configFileError(path, { problem: 'UNREADABLE', errno: errnoOf(error) })
  }
}

/** Loads the TOML library only when there is a file. */
async function parseToml(text: string, path: string): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(text)
  } catch (error) {
    // Do not pass on the message: it quotes the line, which may contain a password.
    throw configFileError(path, { problem: 'NOT_TOML', ...(error instanceof TomlError && { line: error.line, column: error.column }) })
  }
}

function checkValues(table: unknown, name: string, path: string, known: ReadonlyMap<string, Known>): Values {
  if (!isTable(table)) throw configFileError(path, { problem: 'NOT_A_TABLE', table: name })
  const values = Object.entries(table).map(([key, value]) => {
    const flag = known.get(key)
    const setting = `${name}.${key}`
    if (!flag) {
      const name = nearest(key, known.keys())
      throw configFileError(path, { problem: 'UNKNOWN_SETTING', setting, ...(name !== undefined && { nearest: name }) })
    }
    if (NOT_IN_A_FILE.includes(key)) throw configFileError(path, { problem: 'COMMAND_LINE_ONLY', setting })
    if (!isValue(value)) throw configFileError(path, { problem: 'NOT_A_VALUE', setting })
    const misfit = misfitOf(value, flag)
    if (misfit) throw configFileError(path, { problem: misfit, setting })
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

function configFileError(path: string, problem: ConfigFileProblem): ReplError {
  return new ReplError('CONFIG_FILE', { path, ...problem })
}
