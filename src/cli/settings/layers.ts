/** Flags over variables over the profile over the defaults of the file: which value counts, and where it came from. */
import { usageError } from '../../errors.ts'
import { parseSentinelTarget } from '../../topology/sentinel-target.ts'
import { parseTarget, withoutSecret } from '../../topology/target.ts'
import type { ConfigFile, Value, Values } from './config-file.ts'

/** What is known of a flag, as oclif defines it. */
interface Definition {
  readonly type: 'boolean' | 'option'
  readonly multiple?: boolean
  readonly allowNo?: boolean
  readonly exclusive?: readonly string[]
}

export type Definitions = Readonly<Record<string, Definition>>

export const TARGET = 'target'
/** Which server: taken from one place as a whole, since half of it from elsewhere would name another. */
export const SERVER: readonly string[] = [TARGET, 'host', 'port', 'socket', 'uri', 'sentinel', 'master-name']
const LOGIN = ['user', 'pass', 'pass-file', 'askpass']

/** Where values come from, the strongest first. */
export interface Layer {
  readonly from: (name: string) => string
  readonly values: Values
}

export interface Setting {
  readonly name: string
  readonly value: Value
  readonly from: string
}

/**
 * What the weaker layers add to what was given on the command line.
 * @param given the names of what was given there; `target` where there was one
 * @param isLoggedIn whether the given server came with a user and password
 */
export function addedSettings(
  given: ReadonlySet<string>,
  isLoggedIn: boolean,
  layers: readonly Layer[],
  definitions: Definitions,
): Setting[] {
  const taken = new Set([...given, ...(isLoggedIn ? LOGIN : [])])
  const added: Setting[] = []
  for (const { from, values } of layers) {
    const namesServer = SERVER.some((name) => taken.has(name))
    // What a stronger server is, a weaker login is not for: the same layer's neither, since the URI has one of its own.
    if (!namesServer && SERVER.some((name) => carriesLogin(values[name]))) for (const name of LOGIN) taken.add(name)
    const fresh = Object.entries(values).filter(([name]) => {
      if (name !== TARGET && !definitions[name]) return false // of another command
      return !taken.has(name) && !(namesServer && SERVER.includes(name)) && !isExcluded(name, taken, definitions)
    })
    for (const [name, value] of fresh) {
      added.push({ name, value, from: from(name) })
      taken.add(name)
    }
  }
  return added
}

/** Whether it names a server together with a user or password. */
export function carriesLogin(text: unknown): boolean {
  if (typeof text !== 'string') return false
  try {
    return (parseSentinelTarget(text) ?? parseTarget(text)).credentials !== undefined
  } catch {
    return false
  }
}

/** A stronger value that this one cannot stand beside. */
function isExcluded(name: string, taken: ReadonlySet<string>, definitions: Definitions): boolean {
  const mine = definitions[name]?.exclusive ?? []
  return [...taken].some((other) => mine.includes(other) || definitions[other]?.exclusive?.includes(name))
}

/** The same as words of a command line; none for a switch that is off. */
export function wordsOf({ name, value }: Setting, definitions: Definitions): string[] {
  const { type, allowNo = false } = definitions[name] ?? { type: 'option' }
  if (type === 'option') return [value].flat().map((one) => `--${name}=${one}`)
  const isOn = typeof value === 'boolean' ? value : truth(String(value), name)
  return isOn ? [`--${name}`] : allowNo ? [`--no-${name}`] : []
}

function truth(text: string, name: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true
  if (/^(0|false|no|off|)$/i.test(text)) return false
  throw usageError(`${name} is a switch: 1 or 0`)
}

/** `REDIS_REPL_` and the flag's name; lists are separated by commas. An empty variable is none. */
export function variables(env: NodeJS.ProcessEnv, definitions: Definitions): Layer {
  const names = [TARGET, ...Object.keys(definitions)]
  const values = names.flatMap((name) => {
    const text = env[variableOf(name)]
    if (text === undefined || text === '') return []
    return [[name, definitions[name]?.multiple ? text.split(',') : text] as const]
  })
  return { from: variableOf, values: Object.fromEntries(values) }
}

function variableOf(name: string): string {
  return `REDIS_REPL_${name.toUpperCase().replaceAll('-', '_')}`
}

/** @throws ReplError USAGE for a profile that there is not. */
export function fileLayers(file: ConfigFile | undefined, profile: string | undefined, path: string): Layer[] {
  const chosen = profile !== undefined && file && Object.hasOwn(file.profiles, profile) ? file.profiles[profile] : undefined
  if (profile !== undefined && !chosen) {
    const known = Object.keys(file?.profiles ?? {})
    const has = file ? (known.length > 0 ? `has ${known.map((name) => `@${name}`).join(', ')}` : 'has no profiles') : 'does not exist'
    throw usageError(`There is no profile "${profile}": ${path} ${has}`)
  }
  if (!file) return []
  return [
    ...(chosen ? [{ from: () => `profile ${profile} in ${path}`, values: chosen }] : []),
    { from: () => `defaults in ${path}`, values: file.defaults },
  ]
}

const SECRET = ['pass', 'sentinel-pass']
/** What is the name of a server, and so may be a URI, or be meant as one. */
const URIS = [TARGET, 'uri', 'host', 'sentinel']
const BUILT_IN = 'built in'

/** Every value that counts, secrets masked. @param values by name @param written the names of those on the command line */
export function settingsInForce(
  values: Readonly<Record<string, unknown>>,
  added: readonly Setting[],
  written: ReadonlySet<string>,
): Setting[] {
  const origins = new Map(added.map(({ name, from }) => [name, from]))
  return Object.entries(values)
    .filter(([name, value]) => value !== undefined && name !== 'print-config')
    .map(([name, value]) => {
      const from = origins.get(name) ?? (written.has(name) ? 'command line' : BUILT_IN)
      return { name, value: shown(name, value as Value), from }
    })
    .sort((a, b) => Number(a.from === BUILT_IN) - Number(b.from === BUILT_IN) || (a.name < b.name ? -1 : 1))
}

function shown(name: string, value: Value): Value {
  if (SECRET.includes(name)) return '********'
  return Array.isArray(value)
    ? value.map((one) => shownText(name, String(one)))
    : typeof value === 'string'
      ? shownText(name, value)
      : value
}

/** Others may hold a URI too: `--map ANNOUNCED=URI`. */
function shownText(name: string, text: string): string {
  if (URIS.includes(name)) return withoutSecret(text)
  return /@|:\/\//.test(text) ? text.split('=').map(withoutSecret).join('=') : text
}
