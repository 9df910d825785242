/** A replica's link to its master, as INFO replication shows it. */
import { type Info, infoNumber } from './info.ts'

/** The role of KeyDB's active replica, which has a master and also a history of its own. */
const ACTIVE_REPLICA = 'active-replica'

export interface MasterLink {
  readonly host: string
  readonly port: number
  readonly isUp: boolean
  /** A state that is neither up nor down, as the server calls it. */
  readonly status?: string
  /** Its own writes form a history of their own, and its offsets in that of its master say nothing about it. */
  readonly hasOwnHistory?: true
  /** The last byte applied; absent for a replica that has never synced. */
  readonly appliedOffset?: number
  /** The last byte received; 6.2.6 and later. */
  readonly receivedOffset?: number
  /** Seconds since the last byte from the master; absent while the link is down. */
  readonly lastIoSeconds?: number
  /** Absent while the link is up; -1 if it has never been up. */
  readonly downSeconds?: number
  readonly sync?: SyncProgress
  readonly isReadOnly: boolean
}

/** A full resync in progress. */
interface SyncProgress {
  readonly readBytes?: number
  /** Absent if the payload has no announced length. */
  readonly totalBytes?: number
  /** The only field up to 6.0. */
  readonly leftBytes?: number
  readonly lastIoSeconds?: number
}

/** Undefined for a master. Any other role has a master if INFO names one: servers have their own names for it. */
export function masterLink(info: Info): MasterLink | undefined {
  const host = info.get('master_host')
  if (info.get('role') === 'master' || host === undefined) return undefined
  const status = info.get('master_link_status')
  const isUp = status === 'up'
  const applied = infoNumber(info, 'slave_repl_offset')
  // INFO prints 1 for a replica that has never synced.
  const wasNeverSynced = !isUp && applied === 1 && infoNumber(info, 'master_repl_offset') !== 1
  const sync = info.get('master_sync_in_progress') === '1' ? syncProgress(info) : undefined
  return {
    host,
    port: infoNumber(info, 'master_port') ?? 0,
    isUp,
    ...(status !== 'up' && status !== 'down' && { status: status ?? 'not shown' }),
    ...(info.get('role') === ACTIVE_REPLICA && { hasOwnHistory: true }),
    ...(applied !== undefined && !wasNeverSynced && { appliedOffset: applied }),
    ...ifPresent('receivedOffset', infoNumber(info, 'slave_read_repl_offset')),
    ...ifPresent('lastIoSeconds', infoNumber(info, 'master_last_io_seconds_ago')),
    ...downSeconds(info),
    ...(sync && { sync }),
    isReadOnly: info.get('slave_read_only') !== '0',
  }
}

/** The total is -1 or 0 if the payload ends with an EOF mark. */
function syncProgress(info: Info): SyncProgress {
  const total = infoNumber(info, 'master_sync_total_bytes')
  return {
    ...ifPresent('readBytes', infoNumber(info, 'master_sync_read_bytes')),
    ...(total !== undefined && total > 0 && { totalBytes: total }),
    ...ifPresent('leftBytes', infoNumber(info, 'master_sync_left_bytes')),
    ...ifPresent('lastIoSeconds', infoNumber(info, 'master_sync_last_io_seconds_ago')),
  }
}

function downSeconds(info: Info): Pick<MasterLink, 'downSeconds'> {
  const seconds = infoNumber(info, 'master_link_down_since_seconds')
  if (seconds === undefined) return {}
  // Without a link so far, some servers count from 1970. The uptime may be from a slightly earlier INFO.
  const wasNeverUp = seconds < 0 || seconds > (infoNumber(info, 'uptime_in_seconds') ?? seconds) + 60
  return { downSeconds: wasNeverUp ? -1 : seconds }
}

/** INFO prints -1 for a missing value. */
function ifPresent<K extends string>(name: K, value: number | undefined): { readonly [P in K]?: number } {
  return value === undefined || value < 0 ? {} : ({ [name]: value } as { readonly [P in K]?: number })
}
