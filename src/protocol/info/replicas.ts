/** The replicas that a server lists in INFO replication: one line `slaveN:` each (replication.c, genRedisInfoString). */
import { parseOffset } from '../offset.ts'
import type { Info } from './info.ts'

export interface ListedReplica {
  /** As announced, or the address of the connection. */
  readonly host: string
  /** 0 or less if no port was announced: a tool, not a server. */
  readonly port: number
  readonly state: string
  /** The last ACK; 0 before the first one. */
  readonly ackOffset: number
  /** INFO's `lag`: whole seconds since the last ACK, which is not the replication lag. */
  readonly ackAgeSeconds?: number
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
  return replicaLines(info).flatMap(parseReplica)
}

/** The number of connections that wait for a BGSAVE, including the second connections of two-connection syncs. */
export function waitingForSave(info: Info): number {
  return replicaLines(info).filter((fields) => fields.get('state') === 'wait_bgsave').length
}

function parseReplica(fields: Fields): ListedReplica[] {
  const host = fields.get('ip')
  if (host === undefined) return []
  const number = (name: string) => parseOffset(fields.get(name) ?? '') ?? 0
  // A full resync on two connections is listed twice; the second entry only carries the RDB.
  if (fields.get('type') === 'rdb-channel') return []
  const age = fields.has('lag') ? { ackAgeSeconds: number('lag') } : {}
  return [{ host, port: number('port'), state: fields.get('state') ?? '', ackOffset: number('offset'), ...age }]
}
