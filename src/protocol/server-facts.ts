/** What INFO (or HELLO, where INFO is not permitted) tells of a server, in one shape for every flavour and version. */
import { type Info, infoNumber } from './info.ts'
import type { Reply } from './reply.ts'

export interface ServerIdentity {
  /** As the server calls itself: redis, valkey, redict, keydb, dragonfly, kvrocks … */
  readonly flavour: string
  /** The flavour's own version, not the compatibility version that forks also show. */
  readonly version: string
  readonly mode: string
}

/** Where a history stands: what a zero-fork PSYNC is made of. */
export interface Position {
  readonly replid: string
  /** The last byte produced. */
  readonly offset: number
  readonly backlogActive: boolean
}

/** Forks print redis_version for compatibility, so a more telling field goes first. */
const FLAVOURS = ['valkey', 'redict', 'keydb', 'dragonfly', 'kvrocks', 'garnet'] as const

export function identityFromInfo(info: Info): ServerIdentity {
  const own = FLAVOURS.find((name) => info.has(`${name}_version`))
  const flavour = own ?? info.get('server_name') ?? 'redis'
  return {
    flavour,
    version: info.get(`${own ?? 'redis'}_version`) ?? '',
    mode: info.get('redis_mode') ?? info.get('server_mode') ?? info.get('redict_mode') ?? '',
  }
}

/** HELLO without arguments answers any authenticated user (Redis 6.2): it needs no right (acl.c, CMD_NO_AUTH). */
export function identityFromHello(reply: Reply): ServerIdentity | undefined {
  if (!Array.isArray(reply)) return undefined
  const field = (name: string) => {
    const at = reply.indexOf(name)
    return at < 0 ? '' : String(reply[at + 1] ?? '')
  }
  return { flavour: field('server'), version: field('version'), mode: field('mode') }
}

/** The live end of the history, or undefined when the server prints none (INFO denied in part, no master yet). */
export function positionFromInfo(info: Info): Position | undefined {
  // Redis up to 3.2 knows one history and names it by its run_id.
  const replid = info.get('master_replid') ?? info.get('run_id')
  const offset = infoNumber(info, 'master_repl_offset')
  if (!replid || offset === undefined) return undefined
  return { replid, offset, backlogActive: info.get('repl_backlog_active') === '1' }
}

/** Whether a version such as `6.2.16` is at least the given one. Unknown versions are not. */
export function atLeast(version: string, ...wanted: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  if (parts.some(Number.isNaN) || version === '') return false
  for (const [index, number] of wanted.entries()) {
    const part = parts[index] ?? 0
    if (part !== number) return part > number
  }
  return true
}
