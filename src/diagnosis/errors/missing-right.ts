/** What grants a missing right, and no more than that: acl.c names the command, and since 7.0 the user. */
import type { Context } from '../../errors.ts'

/** Where the user's name is unknown. */
const ANY_USER = '<user>'

interface Refused extends Context {
  readonly reply?: string
}

export function grantMissing({ reply = '', command = '', user }: Refused): string {
  const who = /^NOPERM User (\S+) has/.exec(reply)?.[1] ?? user ?? ANY_USER
  const grant = missingRight(reply, command)
  return `On the server: ACL SETUSER ${who} ${grant}. ACL SAVE or CONFIG REWRITE keeps it over a restart.${costOf(grant)}`
}

function missingRight(reply: string, command: string): string {
  // The user, or what is quoted, may be called "key".
  const said = reply.replace(/^NOPERM User .* has /, '').replaceAll(/'[^']*'/g, '')
  if (/\bchannel/.test(said)) return 'allchannels'
  if (/\bkey/.test(said)) return '~<pattern>'
  // Up to 6.2 the reply names the command alone, and a subcommand can be granted all the same.
  const [named = ''] = /'([^']+)'/.exec(reply.toLowerCase())?.slice(1) ?? []
  const words = command.toLowerCase().split(' ')
  const isContainer = ['config', 'client', 'cluster', 'sentinel'].includes(words[0] ?? '')
  const asked = isContainer && words[1] ? `${words[0]}|${words[1]}` : (words[0] ?? '')
  return `+${named.includes('|') || asked === '' || !asked.startsWith(named) ? named || asked : asked}`
}

/** Key patterns do not limit PSYNC (commands.def: it has no keys). */
function costOf(grant: string): string {
  if (grant === '+psync') return ' +psync lets the user read every key, whatever its key patterns.'
  return grant === '+config|get' ? ' +config|get lets the user read masterauth and requirepass.' : ''
}
