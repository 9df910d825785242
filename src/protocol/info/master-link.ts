/** A replica's own link to its master, as its INFO replication shows it. */
import { type Info, infoNumber } from './info.ts'

export interface MasterLink {
  readonly host: string
  readonly port: number
  readonly isUp: boolean
  /** The last byte applied; undefined of a replica that has never been synced. */
  readonly appliedOffset?: number
  /** The last byte received, 6.2.6 and later. */
  readonly receivedOffset?: number
  /** Seconds since the last byte from the master; absent while the link is down. */
  readonly lastIoSeconds?: number
  /** Absent while it is up; -1 where it was never up. */
  readonly downSeconds?: number
  readonly sync?: SyncProgress
  readonly isReadOnly: boolean
}

/** A full resync in progress. */
interface SyncProgress {
  readonly readBytes?: number
  /** Absent where the payload has no announced length. */
  readonly totalBytes?: number
  /** Up to 6.0 there is only this. */
  readonly leftBytes?: number
  readonly lastIoSeconds?: number
}

/** Undefined of a master. */
export function masterLink(info: Info): MasterLink | undefined {
  const host = info.get('master_host')
  if (info.get('role') !== 'slave' || host === undefined) return undefined
  const isUp = info.get('master_link_status') === 'up'
  const applied = infoNumber(info, 'slave_repl_offset')
  // INFO prints 1 for a replica that has never been synced.
  const wasNeverSynced = !isUp && applied === 1 && infoNumber(info, 'master_repl_offset') !== 1
  const sync = info.get('master_sync_in_progress') === '1' ? syncProgress(info) : undefined
  return {
    host,
    port: infoNumber(info, 'master_port') ?? 0,
    isUp,
    ...(applied !== undefined && !wasNeverSynced && { appliedOffset: applied }),
    ...counted('receivedOffset', infoNumber(info, 'slave_read_repl_offset')),
    ...counted('lastIoSeconds', infoNumber(info, 'master_last_io_seconds_ago')),
    ...downSeconds(info),
    ...(sync && { sync }),
    isReadOnly: info.get('slave_read_only') !== '0',
  }
}

/** The total is -1 or 0 where the payload ends with a mark. */
function syncProgress(info: Info): SyncProgress {
  const total = infoNumber(info, 'master_sync_total_bytes')
  return {
    ...counted('readBytes', infoNumber(info, 'master_sync_read_bytes')),
    ...(total !== undefined && total > 0 && { totalBytes: total }),
    ...counted('leftBytes', infoNumber(info, 'master_sync_left_bytes')),
    ...counted('lastIoSeconds', infoNumber(info, 'master_sync_last_io_seconds_ago')),
  }
}

function downSeconds(info: Info): Pick<MasterLink, 'downSeconds'> {
  const seconds = infoNumber(info, 'master_link_down_since_seconds')
  if (seconds === undefined) return {}
  // Some servers count from 1970 where there has been no link. The uptime may have been asked a little earlier.
  const wasNeverUp = seconds < 0 || seconds > (infoNumber(info, 'uptime_in_seconds') ?? seconds) + 60
  return { downSeconds: wasNeverUp ? -1 : seconds }
}

/** INFO prints -1 for what there is not. */
function counted<K extends string>(name: K, value: number | undefined): { readonly [P in K]?: number } {
  return value === undefined || value < 0 ? {} : ({ [name]: value } as { readonly [P in K]?: number })
}
