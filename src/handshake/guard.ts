/**
 * Chooses what makes a refused PSYNC harmless, by server and settings. A refused PSYNC becomes a full resync, and between
 * INFO and PSYNC the backlog can be freed or overwritten. What we announce here keeps that resync from forking. Each guard was
 * measured on real servers.
 */

import { atLeast, type ServerIdentity } from '../protocol/info/identity.ts'
import type { Settings } from '../protocol/settings.ts'

/**
 * rdb-channel (Redis 8): a full resync waits for our second connection, which we never open.
 * dual-channel (Valkey 8, off by default): the same, and the server does not even list us as a replica.
 * diskless-delay (7.0 and servers derived from it): a diskless sync starts after repl-diskless-sync-delay, and we disconnect
 *   at its first keep-alive.
 * empty-rdb (the same servers with other settings): the server forks at once, but the child serialises nothing.
 * none (6.2 and older, and servers that we know too little about): a refused PSYNC forks at once.
 */
export type GuardName = 'rdb-channel' | 'dual-channel' | 'diskless-delay' | 'empty-rdb' | 'none'

export interface Guard {
  readonly name: GuardName
  /** Whether CONFIG GET showed the settings that the guard relies on. Otherwise the defaults of this version are assumed. */
  readonly isCertain: boolean
  /** The capabilities to announce. */
  readonly capabilities: readonly string[]
  /** Whether to send `rdb-filter-only ""`. */
  readonly emptyRdb: boolean
}

/** Announced by every replica since Redis 4.0: both payload framings, and +CONTINUE with a new replid. */
export const CAPABILITIES = ['eof', 'psync2'] as const

/** For dumps and intended full resyncs, which must not be delayed; also for servers without a guard. */
export const NO_GUARD: Guard = { name: 'none', isCertain: true, capabilities: [], emptyRdb: false }

/** Not in the reply to `CONFIG GET repl-*`: hidden from patterns, or named differently. */
const CHANNEL_SETTING = { redis: 'repl-rdb-channel', valkey: 'dual-channel-replication-enabled' } as const

/** The setting that the guard depends on besides `repl-*`; undefined before 8.0 and for other flavours. */
export function channelSetting(server: ServerIdentity | undefined): string | undefined {
  return hasChannel(server) ? CHANNEL_SETTING[server?.flavour as keyof typeof CHANNEL_SETTING] : undefined
}

/** @param waiting replicas that already wait for a BGSAVE; enough of them start it before the delay is over */
export function forkGuard(server: ServerIdentity | undefined, settings: Settings | undefined, waiting = 0): Guard {
  const canGuard = ['redis', 'valkey', 'redict'].includes(server?.flavour ?? '') && atLeast(server?.version ?? '', 7)
  if (!canGuard) return NO_GUARD
  const channel = server?.flavour === 'redis' ? 'rdb-channel' : 'dual-channel'
  const capability = server?.flavour === 'redis' ? 'rdb-channel-repl' : 'dual-channel'
  const isChannelOn = hasChannel(server) && isOn(settings, channelSetting(server), server?.flavour === 'redis')
  const isDiskless = isOn(settings, 'repl-diskless-sync', true)
  const name = !isDiskless ? 'empty-rdb' : isChannelOn ? channel : waitsLongEnough(settings, waiting) ? 'diskless-delay' : 'empty-rdb'
  return { name, isCertain: hasSettings(server, settings), capabilities: hasChannel(server) ? [capability] : [], emptyRdb: true }
}

function hasSettings(server: ServerIdentity | undefined, settings: Settings | undefined): boolean {
  const channel = channelSetting(server)
  return ['repl-diskless-sync', 'repl-diskless-sync-delay', ...(channel ? [channel] : [])].every((name) => settings?.has(name))
}

/** Two-connection syncs: Redis 8.0, Valkey 8.0. */
function hasChannel(server: ServerIdentity | undefined): boolean {
  return (server?.flavour === 'redis' || server?.flavour === 'valkey') && atLeast(server.version, 8)
}

function isOn(settings: Settings | undefined, name: string | undefined, byDefault: boolean): boolean {
  const value = settings?.get(name ?? '')
  return value === undefined ? byDefault : value === 'yes'
}

/**
 * The server counts a replica's idle time in whole seconds and checks it once a second, in the same cron run that sends the
 * keep-alive (replication.c, replicationCron and shouldStartChildReplication). With a delay below 3 s, the BGSAVE could start
 * in that run.
 */
function waitsLongEnough(settings: Settings | undefined, waiting: number): boolean {
  const delaySeconds = Number(settings?.get('repl-diskless-sync-delay') ?? 5)
  const maxReplicas = Number(settings?.get('repl-diskless-sync-max-replicas') ?? 0)
  return delaySeconds >= 3 && (maxReplicas === 0 || maxReplicas > waiting + 1)
}

/** Whether a refused PSYNC causes neither a fork nor a new replid. */
export function isHarmless(guard: Guard, hasBacklog: boolean): boolean {
  if (!guard.isCertain) return false
  // Without a backlog, any other full resync creates one, and with it a new replid (replication.c, syncCommand).
  return guard.name === 'dual-channel' || (hasBacklog && (guard.name === 'rdb-channel' || guard.name === 'diskless-delay'))
}

/**
 * Whether the server rejects `PSYNC <replid> <not a number>` without side effects: that proves the permission to sync.
 * Versions up to 6.2.6 start a full resync before they report the error (replication.c, masterTryPartialResynchronization),
 * and so may servers derived from them.
 */
export function canProbePermission(server: ServerIdentity | undefined): boolean {
  if (!server) return false
  if (server.flavour === 'valkey' || server.flavour === 'redict') return true
  if (server.flavour !== 'redis') return false
  return atLeast(server.version, 7) || (server.version.startsWith('6.2.') && atLeast(server.version, 6, 2, 7))
}
