/** The ACL rule that grants exactly the missing right. The NOPERM reply names the command, and since 7.0 the user (acl.c). */
import type { Context } from '../../errors.ts'

/** If we do not know the name of the user. */
const ANY_USER = '<user>'

interface Refused extends Context {
  readonly reply?: string
}

export function grantMissing({ reply = '', command = '', user }: Refused): string {
  const who = /^NOPERM User (\S+) has/.exec(reply)?.[1] ?? user ?? ANY_USER
  const grant = missingRight(reply, command)
  return `On the server: ACL SETUSER ${who} ${grant}. To keep it after a restart: ACL SAVE, or CONFIG REWRITE without an aclfile.${costOf(grant)}`
}

function missingRight(reply: string, command: string): string {
  // A user or a quoted name may contain the word "key".
  const rest = reply.replace(/^NOPERM User .* has /, '').replaceAll(/'[^']*'/g, '')
  if (/\bchannel/.test(rest)) return 'allchannels'
  if (/\bkey/.test(rest)) return '~<pattern>'
  // Up to 6.2 the reply names only the command, but ACL SETUSER can still grant a single subcommand.
  const [named = ''] = /'([^']+)'/.exec(reply.toLowerCase())?.slice(1) ?? []
  const words = command.toLowerCase().split(' ')
  const isContainer = ['config', 'client', 'cluster', 'sentinel'].includes(words[0] ?? '')
  const asked = isContainer && words[1] ? `${words[0]}|${words[1]}` : (words[0] ?? '')
  return `+${named.includes('|') || asked === '' || !asked.startsWith(named) ? named || asked : asked}`
}

/** What else the right allows. Key patterns do not limit PSYNC, because it has no keys (commands.def). */
function costOf(grant: string): string {
  if (grant === '+psync') return ' +psync lets the user read every key, regardless of its key patterns.'
  return grant === '+config|get' ? ' +config|get lets the user read masterauth and requirepass.' : ''
}
