/** The server's identity from INFO, or from HELLO if INFO is not permitted; one shape for all flavours and versions. */
import type { Reply } from '../wire/reply.ts'
import type { Info } from './info.ts'

export interface ServerIdentity {
  /** As the server calls itself: redis, valkey, redict, keydb, dragonfly, kvrocks … */
  readonly flavour: string
  /** The flavour's own version, not the compatibility version that forks also print. */
  readonly version: string
  readonly mode: string
}

/** Forks print redis_version for compatibility, so their own version fields take precedence. */
const FLAVOURS = ['valkey', 'redict', 'keydb', 'dragonfly', 'kvrocks', 'garnet'] as const

export function identityFromInfo(info: Info): ServerIdentity {
  const own = FLAVOURS.find((name) => info.has(`${name}_version`))
  const flavour = own ?? info.get('server_name') ?? (isKeyDb(info) ? 'keydb' : 'redis')
  return {
    flavour,
    version: info.get(`${own ?? 'redis'}_version`) ?? '',
    // Every flavour that can be a cluster node prints cluster_enabled, whatever it calls its mode.
    mode:
      info.get('cluster_enabled') === '1'
        ? 'cluster'
        : (info.get('redis_mode') ?? info.get('server_mode') ?? info.get('redict_mode') ?? ''),
  }
}

/** KeyDB prints its own version as redis_version. Only KeyDB prints these fields (KeyDB server.cpp, genRedisInfoString). */
function isKeyDb(info: Info): boolean {
  return info.has('mvcc_depth') || /(^|\/)keydb-server$/.test(info.get('executable') ?? '')
}

/** HELLO without arguments works for any authenticated user (Redis 6.2): it needs no permission (acl.c, CMD_NO_AUTH). */
export function identityFromHello(reply: Reply): ServerIdentity | undefined {
  if (!Array.isArray(reply)) return undefined
  const field = (name: string) => {
    const at = reply.indexOf(name)
    return at < 0 ? '' : String(reply[at + 1] ?? '')
  }
  return { flavour: field('server'), version: field('version'), mode: field('mode') }
}

/** Whether a version such as `6.2.16` is at least the given one. False for unknown versions. */
export function atLeast(version: string, ...wanted: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  if (parts.some(Number.isNaN) || version === '') return false
  for (const [index, number] of wanted.entries()) {
    const part = parts[index] ?? 0
    if (part !== number) return part > number
  }
  return true
}
