/** What a handshake is to say and how far it may go. Filled by the engine, partly from what INFO tells on the way. */
import type { Credentials } from '../protocol/credentials.ts'

/** Where we say we are. The default is invisible: see INVISIBLE. */
export interface Announcement {
  readonly ip: string
  readonly port: number
}

/**
 * An identity that nobody acts on: Sentinel rejects ports outside 0..65535 (sentinel.c, createSentinelRedisInstance)
 * before it looks at the name, and client libraries that read INFO skip an address with an underscore.
 */
export const INVISIBLE: Announcement = { ip: 'redis_repl', port: -1 }

/**
 * What to ask by PSYNC.
 *   position: the first byte we want; a full resync is what the server makes of one it cannot serve.
 *   anything: `? -1`, a full resync on purpose.
 *   permission: an offset that is no number, refused before anything is decided (clean since Redis 6.2.7; earlier
 *     servers start a full sync all the same, so it is never asked of them).
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
  /** The server has answered that PSYNC as PSYNC is answered, and not as SYNC. */
  readonly isProven?: boolean
}

export interface Plan {
  readonly credentials?: Credentials
  readonly clientName: string
  readonly announce: Announcement
  readonly capabilities: readonly string[]
  /** Valkey picks the RDB version by it; must be the Valkey version, not the redis_version it also shows. */
  readonly version?: string
  readonly rdbOnly: boolean
  /** `rdb-filter-only ""`: should a fork happen after all, it serialises nothing. */
  readonly emptyRdb: boolean
  readonly psync: PsyncRequest
  /** What the server calls them, where its configuration has renamed them. */
  readonly renamed?: Renamed
  /** Send SYNC where PSYNC is unknown: only where a fork is the purpose, since SYNC always forks. */
  readonly legacySync: boolean
  /** Go on after -MISCONF on PING, where a replica would give up: PSYNC itself is not blocked by it. */
  readonly tolerateMisconf: boolean
}

/** A command as it goes out and as it may be shown. */
export interface Command {
  readonly args: readonly string[]
  /** The same with every secret masked; the only form that leaves the handshake. */
  readonly shown: readonly string[]
}

const MASK = '********'

/** A command that holds a secret in the given arguments. */
export function secretCommand(args: readonly string[], isSecret: (index: number) => boolean): Command {
  return { args, shown: args.map((arg, index) => (isSecret(index) ? MASK : arg)) }
}

/** A secret of so many characters is no part of another word by chance. */
const LONG = 8

/**
 * A reply without the secrets of the command it answers: a server that does not know AUTH repeats its arguments in the
 * error, and may cut them off anywhere (server.c, "with args beginning with"). A short one is masked as a word only: the
 * holes that it would leave in other words would spell it.
 */
export function withoutSecrets(reply: string, { args, shown }: Command): string {
  const secrets = args.filter((arg, index) => arg !== shown[index] && arg !== '')
  if (secrets.length === 0) return reply
  const cut = reply.replace(/(with args beginning with:).*/s, '$1 …')
  return secrets.reduce((text, secret) => text.replaceAll(asWord(secret), MASK), cut)
}

function asWord(secret: string): RegExp {
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return new RegExp(secret.length < LONG ? `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])` : literal, 'gu')
}
