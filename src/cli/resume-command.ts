/** The command that goes on where a run has ended: the same way to the server and the same flags, but no secret, no limit and no start. */
import type { TailFlags } from '../runs/tail/view.ts'

/** Where the next run begins and ends is another matter, and secrets have no place on a command line. */
const LEFT_OUT = [
  'from',
  'pass',
  'no-auth-warning',
  'host',
  'port',
  'socket',
  'uri',
  'sentinel',
  'master-name',
  'sentinel-pass',
  // The name of the server says so.
  'tls',
  'count',
  'duration',
  'until-offset',
  'rdb',
  'force',
  'allow-fork',
  'json',
]

type Definitions = Readonly<Record<string, { readonly default?: unknown; readonly allowNo?: boolean }>>

/** @param server the words that name it */
export function goOnCommand(server: readonly string[], from: string, flags: TailFlags, definitions: Definitions): string {
  const words = Object.entries(flags)
    .filter(([name, value]) => name in definitions && !LEFT_OUT.includes(name) && value !== definitions[name]?.default)
    .flatMap(([name, value]) => flagWords(name, value, definitions[name]?.allowNo))
  return ['redis-repl', 'tail', ...server, '--from', from, ...words].map(shellWord).join(' ')
}

function flagWords(name: string, value: unknown, allowNo = false): string[] {
  if (value === true) return [`--${name}`]
  if (value === false) return allowNo ? [`--no-${name}`] : []
  if (value === undefined) return []
  return [value].flat().flatMap((one) => [`--${name}`, String(one)])
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
