/** Where a real replica stands, from its own INFO: what it would ask for if its link broke now. */
import type { Position } from '../diagnosis/forecast.ts'
import type { Subject } from '../diagnosis/psync.ts'
import { ReplError } from '../errors.ts'
import { endpointName } from '../io/transport.ts'
import { type Info, infoNumber } from '../protocol/info.ts'
import { historyFromInfo } from '../protocol/server-facts.ts'
import { Informant } from './informant.ts'
import type { Access } from './options.ts'

export interface ReplicaPosition {
  readonly position: Position
  readonly subject: Subject
}

/** @throws ReplError when it cannot be reached or tells no position. */
export async function askReplica(access: Access, signal: AbortSignal): Promise<ReplicaPosition> {
  const endpoint = endpointName(access.endpoint)
  const informant = new Informant(access, signal)
  try {
    const info = await informant.info()
    if (!info) throw (informant.unavailable ?? new ReplError('NOT_SUPPORTED', { reason: 'NO_POSITION' })).with({ endpoint })
    const position = positionOf(info)
    if (!position) throw new ReplError('NOT_SUPPORTED', { reason: 'NO_POSITION', endpoint })
    return { position, subject: subjectOf(info, endpoint) }
  } finally {
    informant.close()
  }
}

/**
 * A replica asks for the byte behind the last one it applied (replication.c, slaveTryPartialResynchronization). A master
 * that is made a replica offers its own history (replicationCacheMasterUsingMyself).
 */
function positionOf(info: Info): Position | undefined {
  // Up to 3.2 a replica asks by its master's run_id, which its INFO does not show, and a master has nothing to offer.
  if (!info.has('master_replid')) return info.get('role') === 'slave' ? undefined : { replid: '?', offset: -1 }
  const history = historyFromInfo(info)
  if (!history || info.get('role') !== 'slave') return history && { replid: history.replid, offset: history.offset }
  const offset = infoNumber(info, 'slave_repl_offset')
  if (offset === undefined) return undefined
  // INFO prints 1 for a replica that has never been synced.
  const hasNone = info.get('master_link_status') !== 'up' && offset === 1 && history.offset !== 1
  return hasNone ? { replid: '?', offset: -1 } : { replid: history.replid, offset }
}

function subjectOf(info: Info, name: string): Subject {
  const role = info.get('role') === 'slave' ? 'replica' : 'master'
  const down = infoNumber(info, 'master_link_down_since_seconds')
  // Some servers count from 1970 where there has been no link.
  const wasNeverUp = down !== undefined && down > (infoNumber(info, 'uptime_in_seconds') ?? down)
  const downSeconds = wasNeverUp ? -1 : down
  const follows = info.has('master_host') ? `${info.get('master_host')}:${info.get('master_port')}` : undefined
  return { kind: 'replica', name, role, ...(follows && { follows }), ...(downSeconds !== undefined && { downSeconds }) }
}
