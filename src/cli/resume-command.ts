/** The command that resumes where a run ended: the same server and flags, without secrets, limits and the old start. */

/** The next run has its own start and limits, and a command line must not contain secrets. */
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
  // The server name includes the scheme.
  'tls',
  'count',
  'duration',
  'until-offset',
  'allow-fork',
  'json',
]
/** Flags for an RDB. The next run receives one only if a gap causes a full resync. */
const FOR_AN_RDB = ['rdb', 'force', 'max-rate']

/** A flag, as oclif defines it. `show` writes a value with a unit as the flag takes it. */
interface Definition {
  readonly default?: unknown
  readonly allowNo?: boolean
  readonly show?: (value: number) => string
}
type Definitions = Readonly<Record<string, Definition>>
type Flags = Readonly<Record<string, unknown>>

/** @param server the words that name the server */
export function resumeCommand(server: readonly string[], after: string, flags: Flags, definitions: Definitions): string {
  const words = Object.entries(forNextRun(flags))
    .filter(([name, value]) => name in definitions && !LEFT_OUT.includes(name) && value !== definitions[name]?.default)
    .flatMap(([name, value]) => flagWords(name, value, definitions[name]))
  return ['redis-repl', 'tail', ...server, '--from', after, ...words].map(shellWord).join(' ')
}

/** At a gap, the next run may replace the RDB file of this run, so it gets --force. */
function forNextRun(flags: Flags): Flags {
  const isKept = flags['on-gap'] === 'resync'
  if (!isKept) return Object.fromEntries(Object.entries(flags).filter(([name]) => !FOR_AN_RDB.includes(name)))
  return flags.rdb === undefined ? flags : { ...flags, force: true }
}

function flagWords(name: string, value: unknown, { allowNo = false, show }: Definition = {}): string[] {
  if (value === true) return [`--${name}`]
  if (value === false) return allowNo ? [`--no-${name}`] : []
  if (value === undefined) return []
  const text = (one: unknown) => (show ? show(one as number) : String(one))
  return [value].flat().flatMap((one) => [`--${name}`, text(one)])
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
