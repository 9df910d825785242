/** Which value applies and where it came from. Precedence: flags, variables, profile, defaults of the config file, REDIS_URL. */
import { type ReplError, usageError } from '../../errors.ts'
import { parseSentinelTarget } from '../../topology/sentinel-target.ts'
import { parseTarget, withoutSecret } from '../../topology/target.ts'
import { didYouMean } from '../argv/nearest.ts'
import type { ConfigFile, Value, Values } from './config-file.ts'

/** A flag, as oclif defines it. */
interface Definition {
  readonly type: 'boolean' | 'option'
  readonly multiple?: boolean
  readonly allowNo?: boolean
  readonly exclusive?: readonly string[]
  /** Writes a value with a unit as its flag takes it: 5000 is `5s`. */
  readonly show?: (value: number) => string
}

export type Definitions = Readonly<Record<string, Definition>>

export const TARGET = 'target'
/** These name the server. All of them come from one layer, because a mix of layers would name a different server. */
export const SERVER: readonly string[] = [TARGET, 'host', 'port', 'socket', 'uri', 'sentinel', 'master-name']
const LOGIN = ['user', 'pass', 'pass-file', 'askpass']

/** One place that values come from, such as the environment or a profile. */
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
 * The settings that the layers add to the command line.
 * @param given the names of the flags on the command line, and `target` if there is one
 * @param isLoggedIn whether the server on the command line has a user or password in its URI
 * @param layers the strongest first
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
    // A server URI with its own login takes no login flags from the same layer or a weaker one.
    if (!namesServer && SERVER.some((name) => carriesLogin(values[name]))) for (const name of LOGIN) taken.add(name)
    const fresh = Object.entries(values).filter(([name]) => {
      if (name !== TARGET && !definitions[name]) return false // a flag of another command
      return !taken.has(name) && !(namesServer && SERVER.includes(name)) && !isExcluded(name, taken, definitions)
    })
    for (const [name, value] of fresh) {
      added.push({ name, value, from: from(name) })
      taken.add(name)
    }
  }
  return added
}

/** Whether the text is the URI of a server with a user or password. */
export function carriesLogin(text: unknown): boolean {
  if (typeof text !== 'string') return false
  try {
    return (parseSentinelTarget(text) ?? parseTarget(text)).credentials !== undefined
  } catch {
    return false
  }
}

/** Whether a stronger value excludes this one. */
function isExcluded(name: string, taken: ReadonlySet<string>, definitions: Definitions): boolean {
  const mine = definitions[name]?.exclusive ?? []
  return [...taken].some((other) => mine.includes(other) || definitions[other]?.exclusive?.includes(name))
}

/** The setting as words of a command line; none for a switch that is off, unless it has a --no- form. */
export function wordsOf({ name, value }: Setting, definitions: Definitions): string[] {
  const { type, allowNo = false } = definitions[name] ?? { type: 'option' }
  if (type === 'option') return [value].flat().map((one) => `--${name}=${one}`)
  const isOn = typeof value === 'boolean' ? value : parseSwitch(String(value), name)
  return isOn ? [`--${name}`] : allowNo ? [`--no-${name}`] : []
}

function parseSwitch(text: string, name: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true
  if (/^(0|false|no|off|)$/i.test(text)) return false
  throw usageError(`${name} takes 1 or 0`)
}

/** @throws ReplError USAGE for a profile that does not exist */
export function fileLayers(file: ConfigFile | undefined, profile: string | undefined, path: string): Layer[] {
  const chosen = profile !== undefined && file && Object.hasOwn(file.profiles, profile) ? file.profiles[profile] : undefined
  if (profile !== undefined && !chosen) {
    throw noSuchProfile(profile, file && Object.keys(file.profiles), path)
  }
  if (!file) return []
  return [
    ...(chosen ? [{ from: () => `profile ${profile} in ${path}`, values: chosen }] : []),
    { from: () => `defaults in ${path}`, values: file.defaults },
  ]
}

/** @param known undefined without a file */
function noSuchProfile(profile: string, known: readonly string[] | undefined, path: string): ReplError {
  if (!known) return usageError(`There is no profile "${profile}": ${path} does not exist`)
  const others = known.length > 0 ? `; ${path} has ${known.map((name) => `@${name}`).join(', ')}` : `; ${path} has no profiles`
  return usageError(`There is no profile "${profile}"${didYouMean(profile, known, '@') || others}`)
}

const SECRET = ['pass', 'sentinel-pass']
/** These name a server, so they may be a URI or a mistyped one. */
const URIS = [TARGET, 'uri', 'host', 'sentinel']
const BUILT_IN = 'built in'

/** Every value that applies, with secrets masked. @param values by name @param written the names of those on the command line */
export function settingsInForce(
  values: Readonly<Record<string, unknown>>,
  added: readonly Setting[],
  written: ReadonlySet<string>,
  definitions: Definitions,
): Setting[] {
  const origins = new Map(added.map(({ name, from }) => [name, from]))
  return Object.entries(values)
    .filter(([name, value]) => value !== undefined && name !== 'print-config')
    .map(([name, value]) => {
      const from = origins.get(name) ?? (written.has(name) ? 'command line' : BUILT_IN)
      const show = definitions[name]?.show
      return { name, value: show ? show(value as number) : maskValue(name, value as Value), from }
    })
    .sort((a, b) => Number(a.from === BUILT_IN) - Number(b.from === BUILT_IN) || (a.name < b.name ? -1 : 1))
}

function maskValue(name: string, value: Value): Value {
  if (SECRET.includes(name)) return '********'
  return Array.isArray(value) ? value.map((one) => maskText(name, String(one))) : typeof value === 'string' ? maskText(name, value) : value
}

/** Other settings may contain a URI too: `--map ANNOUNCED=URI`. */
function maskText(name: string, text: string): string {
  if (URIS.includes(name)) return withoutSecret(text)
  return /@|:\/\//.test(text) ? text.split('=').map(withoutSecret).join('=') : text
}
