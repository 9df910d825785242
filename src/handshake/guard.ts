/**
 * What makes a refused PSYNC harmless, by server. Between INFO and PSYNC a backlog can vanish or run over; the answer is
 * then a full resync, and these announcements keep it from forking. Each was measured on real servers.
 */
import { atLeast, type ServerIdentity } from '../protocol/server-facts.ts'

export type GuardName = 'rdb-channel' | 'dual-channel' | 'diskless-delay' | 'none'

export interface Guard {
  readonly name: GuardName
  readonly capabilities: readonly string[]
  readonly emptyRdb: boolean
}

/** What every replica since Redis 4.0 announces: both framings of the payload, and +CONTINUE with a new replid. */
export const CAPABILITIES = ['eof', 'psync2'] as const

/**
 * rdb-channel (Redis 8): a full resync waits for our second connection, which never comes.
 * dual-channel (Valkey 8): the same, where the server has it switched on; else as the next.
 * diskless-delay (7.0 and its heirs): an RDB filter makes the sync diskless, a diskless sync starts after
 *   repl-diskless-sync-delay, and we are gone at its first keep-alive; with a delay of 0 the fork writes an empty RDB.
 * none (6.2 and older): a refused PSYNC forks at once.
 */
export function forkGuard(server: ServerIdentity | undefined): Guard {
  if (server?.flavour === 'redis' && atLeast(server.version, 8)) {
    return { name: 'rdb-channel', capabilities: ['rdb-channel-repl'], emptyRdb: true }
  }
  if (server?.flavour === 'valkey' && atLeast(server.version, 8)) {
    return { name: 'dual-channel', capabilities: ['dual-channel'], emptyRdb: true }
  }
  const hasFilter = ['redis', 'valkey', 'redict'].includes(server?.flavour ?? '') && atLeast(server?.version ?? '', 7)
  return { name: hasFilter ? 'diskless-delay' : 'none', capabilities: [], emptyRdb: hasFilter }
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
