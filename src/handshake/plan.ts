/** What a handshake sends and how far it goes. The engine fills the plan, partly from INFO during the handshake. */
import type { Credentials } from '../protocol/credentials.ts'

/** The address that we announce. The default is INVISIBLE. */
export interface Announcement {
  readonly ip: string
  readonly port: number
}

/**
 * An address that no other software uses. Sentinel rejects ports outside 0..65535 (sentinel.c, createSentinelRedisInstance)
 * before it looks at the name, and client libraries that read INFO skip an address with an underscore.
 */
export const INVISIBLE: Announcement = { ip: 'redis_repl', port: -1 }

/**
 * What PSYNC requests.
 *   position: the first byte that we want. If the server cannot serve it, it starts a full resync.
 *   anything: `? -1`, an intended full resync.
 *   permission: an offset that is not a number, rejected before any other action. Without side effects since Redis 6.2.7;
 *     earlier servers start a full resync, so it is never sent to them.
 *   nothing: stop before PSYNC.
 */
export type PsyncRequest =
  | { readonly kind: 'position'; readonly replid: string; readonly requestOffset: number }
  | { readonly kind: 'anything' }
  | { readonly kind: 'permission' }
  | { readonly kind: 'nothing' }

export interface Renamed {
  readonly psync?: string
  readonly sync?: string
  /** The server has answered the renamed PSYNC like PSYNC, not like SYNC. */
  readonly isProven?: boolean
}

export interface Plan {
  readonly credentials?: Credentials
  readonly clientName?: string
  readonly announce: Announcement
  readonly capabilities: readonly string[]
  /** Valkey chooses the RDB version by it. Must be the Valkey version, not the redis_version that it also prints. */
  readonly version?: string
  readonly rdbOnly: boolean
  /** Whether to send `rdb-filter-only ""`: if the server forks anyway, the child serialises nothing. */
  readonly emptyRdb: boolean
  readonly psync: PsyncRequest
  /** The server's names for PSYNC and SYNC, if its configuration renames them. */
  readonly renamed?: Renamed
  /** Send SYNC if PSYNC is unknown. Only for intended full resyncs, because SYNC always forks. */
  readonly legacySync: boolean
  /** Continue after -MISCONF to PING, where a replica would give up. It does not block PSYNC. */
  readonly tolerateMisconf: boolean
  /** Continue after AUTH is refused because the server has no password, where a replica would give up. It does not block PSYNC. */
  readonly tolerateNeedlessAuth: boolean
}

/** A command, both as sent and as shown. */
export interface Command {
  readonly args: readonly string[]
  /** The arguments with every secret masked; the only form that leaves the handshake. */
  readonly shown: readonly string[]
}

const MASK = '********'

/** A command whose arguments include secrets. */
export function secretCommand(args: readonly string[], isSecret: (index: number) => boolean): Command {
  return { args, shown: args.map((arg, index) => (isSecret(index) ? MASK : arg)) }
}

/** A secret of this length does not occur inside another word by chance. */
const LONG_SECRET_CHARS = 8

/**
 * A reply without the secrets of the command that it answers. A server that does not know AUTH repeats its arguments in the
 * error, and may cut them anywhere (server.c, "with args beginning with"). A short secret is only masked as a whole word:
 * masks inside other words would reveal it.
 */
export function withoutSecrets(reply: string, { args, shown }: Command): string {
  const secrets = args.filter((arg, index) => arg !== shown[index] && arg !== '')
  if (secrets.length === 0) return reply
  const cut = reply.replace(/(with args beginning with:).*/s, '$1 …')
  return secrets.reduce((text, secret) => text.replaceAll(asWord(secret), MASK), cut)
}

function asWord(secret: string): RegExp {
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return new RegExp(secret.length < LONG_SECRET_CHARS ? `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])` : literal, 'gu')
}
