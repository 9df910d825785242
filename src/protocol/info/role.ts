/**
 * Converts ROLE to fields of INFO replication, for users without permission for INFO (+role; Redis 2.8.12). ROLE shows no
 * replids and no backlog. It lists the replicas of a master only, online ones only, without the age of their last ACK.
 */

import type { Reply } from '../wire/reply.ts'
import type { Info } from './info.ts'

/** Undefined if the reply is not the ROLE of a master or a replica. */
export function infoFromRole(reply: Reply): Info | undefined {
  if (!Array.isArray(reply)) return undefined
  const [role, ...rest] = reply
  if (role === 'master') return masterInfo(rest)
  return role === 'slave' ? replicaInfo(rest) : undefined
}

function masterInfo([offset, replicas]: readonly Reply[]): Info {
  const listed = Array.isArray(replicas) ? replicas.filter(Array.isArray) : []
  return new Map([
    ['role', 'master'],
    ['master_repl_offset', String(offset)],
    ...listed.map(([host, port, ack], index) => [`slave${index}`, `ip=${host},port=${port},state=online,offset=${ack}`] as const),
  ])
}

/** An offset of -1 means that there is none. */
function replicaInfo([host, port, state, offset]: readonly Reply[]): Info {
  return new Map([
    ['role', 'slave'],
    ['master_host', String(host)],
    ['master_port', String(port)],
    ['master_link_status', state === 'connected' ? 'up' : 'down'],
    ['master_sync_in_progress', state === 'sync' ? '1' : '0'],
    ...(Number(offset) >= 0 ? [['slave_repl_offset', String(offset)] as const] : []),
  ])
}
