/** The command that resumes where a run has ended: the same server and flags, but no secret, no limit and no start. */

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
  'allow-fork',
  'json',
]
/** Of an RDB that only a later gap can bring. */
const FOR_AN_RDB = ['rdb', 'force', 'max-rate']

type Definitions = Readonly<Record<string, { readonly default?: unknown; readonly allowNo?: boolean }>>
type Flags = Readonly<Record<string, unknown>>

/** @param server the words that name it */
export function resumeCommand(server: readonly string[], after: string, flags: Flags, definitions: Definitions): string {
  const words = Object.entries(forNextRun(flags))
    .filter(([name, value]) => name in definitions && !LEFT_OUT.includes(name) && value !== definitions[name]?.default)
    .flatMap(([name, value]) => flagWords(name, value, definitions[name]?.allowNo))
  return ['redis-repl', 'tail', ...server, '--from', after, ...words].map(shellWord).join(' ')
}

/** The file of this run's RDB is its own: the next one may replace it at a gap. */
function forNextRun(flags: Flags): Flags {
  const isKept = flags['on-gap'] === 'resync'
  if (!isKept) return Object.fromEntries(Object.entries(flags).filter(([name]) => !FOR_AN_RDB.includes(name)))
  return flags.rdb === undefined ? flags : { ...flags, force: true }
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
