/** The replicas that a server lists in INFO replication: one line `slaveN:` each (replication.c, genRedisInfoString). */
import { parseOffset } from '../offset.ts'
import { type Info, infoNumber } from './info.ts'

export interface ListedReplica {
  /** As announced, or the address of the connection. */
  readonly host: string
  /** 0 or less if no port was announced: a tool, not a server. */
  readonly port: number
  /** Counts the replicas that share this address, from 1; absent for the only one. */
  readonly nth?: number
  /** Absent if the server prints none. */
  readonly state?: string
  /** The last ACK; 0 before the first one. Absent if the server prints none. */
  readonly ackOffset?: number
  /** INFO's `lag`: whole seconds since the last ACK, which is not the replication lag. */
  readonly ackAgeSeconds?: number
}

/** As Redis and Valkey call them (replication.c, replicationGetSlaveName …), and Dragonfly. */
const ONLINE = ['online', 'stable_sync']
const SYNCING = ['wait_bgsave', 'send_bulk', 'send_bulk_and_stream', 'bg_transfer', 'rdb_transmitted', 'preparation', 'full_sync']

/** What the listed state means; undefined if there is none, or one that we do not know. */
export function phaseOf({ state = '' }: Pick<ListedReplica, 'state'>): 'online' | 'syncing' | undefined {
  if (ONLINE.includes(state)) return 'online'
  return SYNCING.includes(state) ? 'syncing' : undefined
}

/** The name of a row: its address, and its number if several replicas share it. */
export function listedName({ host, port, nth }: ListedReplica): string {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return nth === undefined ? address : `${address}#${nth}`
}

/** The host that we announce unless --announce changes it. */
const TOOL_HOST = 'redis_repl'

/** Whether a replica is a tool: it is listed without an address that accepts connections. */
export function isTool({ host, port }: ListedReplica): boolean {
  return host === TOOL_HOST || port <= 0 || port > 65535
}

type Fields = ReadonlyMap<string, string>

/** The `slaveN:` lines as name=value pairs. Unknown names are kept, because newer servers print more of them. */
function replicaLines(info: Info): Fields[] {
  const lines = [...info].flatMap(([field, value]) => (/^slave\d+$/.test(field) ? [value] : []))
  return lines.map((line) => new Map(line.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])))
}

export function listedReplicas(info: Info): ListedReplica[] {
  const listed = replicaLines(info).flatMap(parseReplica)
  const isSame = (one: ListedReplica) => (other: ListedReplica) => one.host === other.host && one.port === other.port
  return listed.map((one, index) => {
    if (isTool(one) || listed.filter(isSame(one)).length === 1) return one
    return { ...one, nth: listed.slice(0, index + 1).filter(isSame(one)).length }
  })
}

/** How many more replicas the server counts than it lists. One without an address is not listed (replication.c, genRedisInfoString). */
export function unlistedReplicas(info: Info): number {
  return (infoNumber(info, 'connected_slaves') ?? 0) - replicaLines(info).length
}

/** The number of connections that wait for a BGSAVE, including the second connections of two-connection syncs. */
export function waitingForSave(info: Info): number {
  return replicaLines(info).filter((fields) => fields.get('state') === 'wait_bgsave').length
}

function parseReplica(fields: Fields): ListedReplica[] {
  const host = fields.get('ip')
  if (host === undefined) return []
  const number = (name: string) => parseOffset(fields.get(name) ?? '')
  // A full resync on two connections is listed twice; the second entry only carries the RDB.
  if (fields.get('type') === 'rdb-channel') return []
  const [state, ackOffset, lag] = [fields.get('state'), number('offset'), number('lag')]
  return [
    {
      host,
      port: number('port') ?? 0,
      ...(state !== undefined && { state }),
      ...(ackOffset !== undefined && { ackOffset }),
      // Kvrocks prints the difference of two clocks, which may be negative.
      ...(lag !== undefined && lag >= 0 && { ackAgeSeconds: lag }),
    },
  ]
}
