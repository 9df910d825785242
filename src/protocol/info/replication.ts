/** What INFO replication says of the two ends of a link: the replicas that a server lists, and a replica's own master. */

import { parseOffset } from '../offset.ts'
import { type Info, infoNumber } from './info.ts'

/** A line `slaveN:` (replication.c, genRedisInfoString). */
export interface ListedReplica {
  /** As announced, or as the connection came in. */
  readonly host: string
  /** 0 or less of whoever announced none: a tool, not a server. */
  readonly port: number
  readonly state: string
  /** The last ACK; 0 before the first one. */
  readonly ackOffset: number
  /** INFO's `lag`: whole seconds since the last ACK, not how far it is behind. */
  readonly ackAgeSeconds?: number
}

/** A replica's link to its master, as it says itself. */
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

/** A full resync that goes on. */
interface SyncProgress {
  readonly readBytes?: number
  /** Absent where the payload has no announced length. */
  readonly totalBytes?: number
  /** Up to 6.0 there is only this. */
  readonly leftBytes?: number
  readonly lastIoSeconds?: number
}

export function listedReplicas(info: Info): ListedReplica[] {
  return [...info].flatMap(([field, value]) => (/^slave\d+$/.test(field) ? listed(value) : []))
}

/** Unknown names are passed over: newer servers print more of them. */
function listed(line: string): ListedReplica[] {
  const fields = new Map(line.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
  const host = fields.get('ip')
  if (host === undefined) return []
  const number = (name: string) => parseOffset(fields.get(name) ?? '') ?? 0
  // A full resync on two connections is listed twice; the second one only carries the RDB.
  if (fields.get('type') === 'rdb-channel') return []
  const age = fields.has('lag') ? { ackAgeSeconds: number('lag') } : {}
  return [{ host, port: number('port'), state: fields.get('state') ?? '', ackOffset: number('offset'), ...age }]
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
