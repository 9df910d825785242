/** INFO, parsed once for all modules. Fields that the server does not print are absent. */
import { type History, isSameReplid, NOTHING, type Position } from '../history.ts'
import { atLeast, identityFromInfo, type ServerIdentity } from './identity.ts'
import { type Info, infoNumber, parseInfo } from './info.ts'
import { type Keyspace, parseKeyspace } from './keyspace.ts'
import { type MasterLink, masterLink } from './master-link.ts'
import { type ListedReplica, listedReplicas, waitingForSave } from './replicas.ts'

export interface ServerInfo {
  /** Every field, as printed. */
  readonly fields: Info
  readonly identity: ServerIdentity
  /** Changes at every start of the server. */
  readonly runId?: string
  /** As the server calls it: master, slave, active-replica, replica … */
  readonly role?: string
  readonly isLoading: boolean
  /** Absent if the server prints none: INFO is partly denied, or the server has another dialect. */
  readonly history?: History
  /** A replica's link to its master; absent for a master. */
  readonly masterLink?: MasterLink
  readonly replicas: readonly ListedReplica[]
  /** The number of connections that wait for a BGSAVE to start. */
  readonly waitingForSave: number
  /** Absent if the server prints no such section. */
  readonly keyspace?: Keyspace
}

export function parseServerInfo(text: string): ServerInfo {
  const keyspace = parseKeyspace(text)
  return { ...serverInfo(parseInfo(text)), ...(keyspace && { keyspace }) }
}

export function serverInfo(fields: Info): ServerInfo {
  const [runId, role] = [fields.get('run_id'), fields.get('role')]
  const history = historyFromInfo(fields)
  const link = masterLink(fields)
  return {
    fields,
    identity: identityFromInfo(fields),
    ...(runId !== undefined && { runId }),
    ...(role !== undefined && { role }),
    isLoading: fields.get('loading') === '1',
    ...(history && { history }),
    ...(link && { masterLink: link }),
    replicas: listedReplicas(fields),
    waitingForSave: waitingForSave(fields),
  }
}

/** Also the data of a full resync beside the old data (repl-diskless-load swapdb). */
export function loadsData({ isLoading, fields }: ServerInfo): boolean {
  return isLoading || fields.get('async_loading') === '1'
}

/** The memory of the data set (used_memory_dataset since 4.0). */
export function dataBytesOf({ fields }: ServerInfo): number | undefined {
  return infoNumber(fields, 'used_memory_dataset') ?? infoNumber(fields, 'used_memory')
}

/** Whether two answers are from two servers. False if they show neither a run ID nor a history. */
export function isOtherServer(one: ServerInfo, other: ServerInfo): boolean {
  if (one.runId !== undefined && other.runId !== undefined) return one.runId !== other.runId
  return one.history !== undefined && other.history !== undefined && !isSameReplid(one.history.replid, other.history.replid)
}

/**
 * Whether one server has the history of another, or has continued it: a promoted replica keeps the former replid as its second
 * (replication.c, shiftReplicationId). False if either shows none.
 */
export function continuesHistory({ history }: ServerInfo, { history: former }: ServerInfo): boolean {
  if (!history || !former) return false
  return isSameReplid(former.replid, history.replid) || isSameReplid(former.replid, history.replid2)
}

/**
 * Whether the server that answers at the address of a replica's master is that master. A replica whose link is up has the history of
 * its master (replication.c, PSYNC2); only right after a failover may one of them still show the former replid.
 * @returns undefined if neither INFO shows it
 */
export function isMasterOf(reached: ServerInfo, replica: ServerInfo): boolean | undefined {
  const link = replica.masterLink
  if (!link) return undefined
  const [theirs, ours] = [reached.fields.get('master_replid'), replica.fields.get('master_replid')]
  if (ours !== undefined && theirs !== undefined && !link.hasOwnHistory) {
    const shared = [theirs, reached.history?.replid2].some((replid) => isSameReplid(ours, replid))
    return shared || isSameReplid(theirs, replica.history?.replid2) ? true : link.isUp ? false : undefined
  }
  // Without a common replid: a master lists its replicas, and has written what they have applied.
  // ROLE counts no replicas, and lists those of a master only.
  const count = infoNumber(reached.fields, 'connected_slaves')
  if (!link.isUp || count === undefined) return undefined
  const offset = infoNumber(reached.fields, 'master_repl_offset')
  return count > 0 && (offset ?? link.appliedOffset ?? 0) >= (link.appliedOffset ?? 0)
}

/** Whether the server is the top of a replication: a master, or KeyDB's active replica, which accepts writes as a master does. */
export function isTop({ masterLink: link }: ServerInfo): boolean {
  return link === undefined || link.hasOwnHistory === true
}

/** The value of an integer field, or undefined if the server does not print it. */
export function numberField({ fields }: ServerInfo, name: string): number | undefined {
  return infoNumber(fields, name)
}

/**
 * The position that the server would send if it attached to another server now. A replica asks for the byte after the last
 * applied one (replication.c, slaveTryPartialResynchronization). A master that becomes a replica sends its own history
 * (replicationCacheMasterUsingMyself). Undefined if INFO does not show the position.
 */
export function ownPosition({ fields, history, masterLink: link }: ServerInfo): Position | undefined {
  // Up to 3.2 a replica sends its master's run_id, which its INFO does not show, and a former master sends `? -1`.
  if (!fields.has('master_replid')) return link ? undefined : NOTHING
  if (!history || !link || link.hasOwnHistory) return history && { replid: history.replid, offset: history.offset }
  if (!fields.has('slave_repl_offset')) return undefined
  return link.appliedOffset === undefined ? NOTHING : { replid: history.replid, offset: link.appliedOffset }
}

/** Undefined if the server prints no history (INFO partly denied, no master yet). */
function historyFromInfo(info: Info): History | undefined {
  // Redis up to 3.2 has a single history, named by its run_id.
  const isOld = !atLeast(identityFromInfo(info).version, 4)
  const replid = info.get('master_replid') ?? (isOld ? info.get('run_id') : undefined)
  const offset = infoNumber(info, 'master_repl_offset')
  if (!replid || offset === undefined) return undefined
  return { replid, offset, ...earlierHistory(info), ...backlog(info), ...obstacle(info) }
}

/** Forty zeros and -1 mean that there is none (replication.c, clearReplicationId2). */
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
  return info.get('role') === 'slave' && info.get('master_link_status') === 'down' ? { obstacle: 'NOMASTERLINK' } : {}
}
