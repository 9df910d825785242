/**
 * What makes a refused PSYNC harmless, by server and by its settings. A refusal means a full resync, and between INFO and
 * PSYNC a backlog can vanish or run over; these announcements keep it from forking. Each was measured on real servers.
 */

import { atLeast, type ServerIdentity } from '../protocol/info/identity.ts'
import type { Settings } from '../protocol/settings.ts'

/**
 * rdb-channel (Redis 8): a full resync waits for our second connection, which never comes.
 * dual-channel (Valkey 8, off by default): the same, and the server does not even list us.
 * diskless-delay (7.0 and its heirs): a diskless sync starts after repl-diskless-sync-delay, and we are gone at its
 *   first keep-alive.
 * empty-rdb (the same servers, otherwise set): the fork comes at once, but serialises nothing.
 * none (6.2 and older, and servers we know too little of): a refused PSYNC forks at once.
 */
export type GuardName = 'rdb-channel' | 'dual-channel' | 'diskless-delay' | 'empty-rdb' | 'none'

export interface Guard {
  readonly name: GuardName
  /** Whether the settings it rests on were seen; else they are taken to be the defaults of this version. */
  readonly isCertain: boolean
  /** What is announced for it. */
  readonly capabilities: readonly string[]
  /** `rdb-filter-only ""`. */
  readonly emptyRdb: boolean
}

/** What every replica since Redis 4.0 announces: both framings of the payload, and +CONTINUE with a new replid. */
export const CAPABILITIES = ['eof', 'psync2'] as const

/** A dump or a real full resync is not to be held up. */
export const NO_GUARD: Guard = { name: 'none', isCertain: true, capabilities: [], emptyRdb: false }

/** Hidden from `CONFIG GET repl-*`, or not named so. */
const CHANNEL_SETTING = { redis: 'repl-rdb-channel', valkey: 'dual-channel-replication-enabled' } as const

/** The setting beside `repl-*` that decides about the guard. */
export function channelSetting(server: ServerIdentity | undefined): string | undefined {
  return hasChannel(server) ? CHANNEL_SETTING[server?.flavour as keyof typeof CHANNEL_SETTING] : undefined
}

/** @param waiting replicas that wait for a BGSAVE already: enough of them start it before the delay is over. */
export function forkGuard(server: ServerIdentity | undefined, settings: Settings | undefined, waiting = 0): Guard {
  const isHeir = ['redis', 'valkey', 'redict'].includes(server?.flavour ?? '') && atLeast(server?.version ?? '', 7)
  if (!isHeir) return NO_GUARD
  const channel = server?.flavour === 'redis' ? 'rdb-channel' : 'dual-channel'
  const capability = server?.flavour === 'redis' ? 'rdb-channel-repl' : 'dual-channel'
  const isOpen = hasChannel(server) && isOn(settings, channelSetting(server), server?.flavour === 'redis')
  const isDiskless = isOn(settings, 'repl-diskless-sync', true)
  const name = !isDiskless ? 'empty-rdb' : isOpen ? channel : waitsLongEnough(settings, waiting) ? 'diskless-delay' : 'empty-rdb'
  return { name, isCertain: wereSeen(server, settings), capabilities: hasChannel(server) ? [capability] : [], emptyRdb: true }
}

function wereSeen(server: ServerIdentity | undefined, settings: Settings | undefined): boolean {
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
 * A replica's idle time is counted in whole seconds and looked at once a second, in the same turn that sends the keep-alive
 * (replication.c, replicationCron and shouldStartChildReplication): with less than three the BGSAVE could come with it.
 */
function waitsLongEnough(settings: Settings | undefined, waiting: number): boolean {
  const delaySeconds = Number(settings?.get('repl-diskless-sync-delay') ?? 5)
  const maxReplicas = Number(settings?.get('repl-diskless-sync-max-replicas') ?? 0)
  return delaySeconds >= 3 && (maxReplicas === 0 || maxReplicas > waiting + 1)
}

/** Whether a PSYNC that will be refused leaves neither a fork nor a new replid behind. */
export function isHarmless(guard: Guard, hasBacklog: boolean): boolean {
  if (!guard.isCertain) return false
  // Without a backlog every other full resync creates one, and with it a new replid (replication.c, syncCommand).
  return guard.name === 'dual-channel' || (hasBacklog && (guard.name === 'rdb-channel' || guard.name === 'diskless-delay'))
}

/**
 * Whether `PSYNC <replid> <no number>` is refused cleanly: it proves the right to sync and starts nothing. Up to 6.2.6 it
 * starts a full resync and then complains (replication.c, masterTryPartialResynchronization), and so may descendants of it.
 */
export function canProbePermission(server: ServerIdentity | undefined): boolean {
  if (!server) return false
  if (server.flavour === 'valkey' || server.flavour === 'redict') return true
  if (server.flavour !== 'redis') return false
  return atLeast(server.version, 7) || (server.version.startsWith('6.2.') && atLeast(server.version, 6, 2, 7))
}
