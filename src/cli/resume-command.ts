/** Commands to paste after a run of `tail`: to resume where it ended, and to permit a fork. Without secrets. */

/** The server is named by other words, and a command line must not contain secrets. */
const SERVER_AND_SECRETS = [
  ...['host', 'port', 'socket', 'uri', 'sentinel', 'master-name', 'pass', 'no-auth-warning', 'sentinel-pass'],
  // The server name includes the scheme.
  'tls',
]
/** The next run has its own start and limits. */
const START_AND_LIMITS = ['from', 'count', 'duration', 'until-offset', 'allow-fork', 'json']
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
  const words = flagsWithout([...SERVER_AND_SECRETS, ...START_AND_LIMITS], forNextRun(flags), definitions)
  return commandLine([...server, '--from', after, ...words])
}

/** The command of this run, with permission to fork. */
export function forkCommand(server: readonly string[], flags: Flags, definitions: Definitions): string {
  return commandLine([...server, ...flagsWithout(SERVER_AND_SECRETS, flags, definitions), '--allow-fork'])
}

function commandLine(words: readonly string[]): string {
  return ['redis-repl', 'tail', ...words].map(shellWord).join(' ')
}

/** The words of all flags that do not have their default. */
function flagsWithout(leftOut: readonly string[], flags: Flags, definitions: Definitions): string[] {
  return Object.entries(flags)
    .filter(([name, value]) => name in definitions && !leftOut.includes(name) && value !== definitions[name]?.default)
    .flatMap(([name, value]) => flagWords(name, value, definitions[name]))
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
