/** The position of a real replica, from its own INFO: what it would send with PSYNC if its link broke now. */

import type { Subject } from '../../diagnosis/psync/answer.ts'
import { ReplError } from '../../errors.ts'
import { endpointName } from '../../io/endpoint.ts'
import type { Position } from '../../protocol/history.ts'
import { ownPosition, type ServerInfo } from '../../protocol/info/server-info.ts'
import type { Access } from './access.ts'
import { Informant } from './informant.ts'

export interface ReplicaPosition {
  readonly position: Position
  readonly subject: Subject
}

/** @throws ReplError when the replica cannot be reached or its INFO has no position */
export async function queryReplicaPosition(access: Access, signal: AbortSignal): Promise<ReplicaPosition> {
  const endpoint = endpointName(access.endpoint)
  const informant = new Informant(access, signal)
  try {
    const info = await informant.info()
    if (!info) throw (informant.unavailable ?? new ReplError('NO_POSITION')).with({ endpoint })
    const position = ownPosition(info)
    if (!position) throw new ReplError('NO_POSITION', { endpoint })
    return { position, subject: subjectOf(info, endpoint) }
  } finally {
    informant.close()
  }
}

function subjectOf({ masterLink: link }: ServerInfo, name: string): Subject {
  if (!link) return { kind: 'replica', name, role: 'master' }
  const { host, port, downSeconds } = link
  return { kind: 'replica', name, role: 'replica', follows: `${host}:${port}`, ...(downSeconds !== undefined && { downSeconds }) }
}
