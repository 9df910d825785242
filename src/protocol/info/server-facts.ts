/** What INFO (or HELLO, where INFO is not permitted) tells of a server, in one shape for every flavour and version. */

import type { Reply } from '../wire/reply.ts'
import { type Info, infoNumber } from './info.ts'

export interface ServerIdentity {
  /** As the server calls itself: redis, valkey, redict, keydb, dragonfly, kvrocks … */
  readonly flavour: string
  /** The flavour's own version, not the compatibility version that forks also show. */
  readonly version: string
  readonly mode: string
}

/** The retained part of a history: `histlen` bytes from `firstByteOffset` on. */
export interface Backlog {
  readonly firstByteOffset: number
  readonly histlen: number
  /** What may be retained (repl-backlog-size); since 7.0 histlen can exceed it, since it is trimmed by blocks. */
  readonly size: number
}

/** Where a server's history stands: everything that decides a PSYNC. */
export interface History {
  readonly replid: string
  /** The last byte produced. */
  readonly offset: number
  /** The history that this one goes on from since a promotion, and the last offset that may be asked for under its name. */
  readonly replid2?: string
  readonly secondOffset?: number
  /** Absent where nothing is retained. */
  readonly backlog?: Backlog
  /** Why every PSYNC is put off for now, whatever it asks for. */
  readonly obstacle?: Obstacle
}

export type Obstacle = 'LOADING' | 'NOMASTERLINK' | 'FAILOVER'

/** Forks print redis_version for compatibility, so a more telling field goes first. */
const FLAVOURS = ['valkey', 'redict', 'keydb', 'dragonfly', 'kvrocks', 'garnet'] as const

export function identityFromInfo(info: Info): ServerIdentity {
  const own = FLAVOURS.find((name) => info.has(`${name}_version`))
  const flavour = own ?? info.get('server_name') ?? (isKeyDb(info) ? 'keydb' : 'redis')
  return {
    flavour,
    version: info.get(`${own ?? 'redis'}_version`) ?? '',
    mode: info.get('redis_mode') ?? info.get('server_mode') ?? info.get('redict_mode') ?? '',
  }
}

/** KeyDB shows its own version as that of Redis, so it is told by what only it prints (KeyDB server.cpp, genRedisInfoString). */
function isKeyDb(info: Info): boolean {
  return info.has('mvcc_depth') || /(^|\/)keydb-server$/.test(info.get('executable') ?? '')
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

/** The history, or undefined when the server prints none (INFO denied in part, no master yet). */
export function historyFromInfo(info: Info): History | undefined {
  // Redis up to 3.2 knows one history and names it by its run_id.
  const replid = info.get('master_replid') ?? info.get('run_id')
  const offset = infoNumber(info, 'master_repl_offset')
  if (!replid || offset === undefined) return undefined
  return { replid, offset, ...earlierHistory(info), ...backlog(info), ...obstacle(info) }
}

/** Forty zeros and -1 stand for none (replication.c, clearReplicationId2). */
function earlierHistory(info: Info): Pick<History, 'replid2' | 'secondOffset'> {
  const replid2 = info.get('master_replid2')
  const secondOffset = infoNumber(info, 'second_repl_offset')
  return replid2 && secondOffset !== undefined && secondOffset >= 0 ? { replid2, secondOffset } : {}
}

function backlog(info: Info): Pick<History, 'backlog'> {
  if (info.get('repl_backlog_active') !== '1') return {}
  const firstByteOffset = infoNumber(info, 'repl_backlog_first_byte_offset')
  const histlen = infoNumber(info, 'repl_backlog_histlen')
  if (firstByteOffset === undefined || histlen === undefined) return {}
  return { backlog: { firstByteOffset, histlen, size: infoNumber(info, 'repl_backlog_size') ?? histlen } }
}

function obstacle(info: Info): Pick<History, 'obstacle'> {
  if (info.get('loading') === '1') return { obstacle: 'LOADING' }
  if ((info.get('master_failover_state') ?? 'no-failover') !== 'no-failover') return { obstacle: 'FAILOVER' }
  return info.get('role') === 'slave' && info.get('master_link_status') !== 'up' ? { obstacle: 'NOMASTERLINK' } : {}
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
