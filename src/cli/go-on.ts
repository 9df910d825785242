/** The command that goes on where a run has ended: the same flags, but no secret, no limit and no start. */
import type { TailFlags } from './tail-view.ts'

/** Where the next run begins and ends is another matter, and secrets have no place on a command line. */
const LEFT_OUT = [
  'from',
  'pass',
  'host',
  'port',
  'socket',
  'uri',
  'sentinel',
  'master-name',
  'sentinel-pass',
  'config',
  'count',
  'duration',
  'until-offset',
  'rdb',
  'force',
  'allow-fork',
  'json',
]

type Definitions = Readonly<Record<string, { readonly default?: unknown }>>

export function goOnCommand(endpoint: string, from: string, flags: TailFlags, definitions: Definitions): string {
  const words = Object.entries(flags)
    .filter(([name, value]) => name in definitions && !LEFT_OUT.includes(name) && value !== definitions[name]?.default)
    .flatMap(([name, value]) => flagWords(name, value))
  return ['redis-repl', 'tail', endpoint, '--from', from, ...words].map(shellWord).join(' ')
}

function flagWords(name: string, value: unknown): string[] {
  if (value === true) return [`--${name}`]
  if (value === false || value === undefined) return name === 'retry' ? ['--no-retry'] : []
  return [value].flat().flatMap((one) => [`--${name}`, String(one)])
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
