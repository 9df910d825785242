/** The position of a real replica: what it would send with PSYNC if its link broke now. */

import { ownProtocolOf } from '../../diagnosis/errors/provider.ts'
import type { Subject } from '../../diagnosis/psync/answer.ts'
import { isLetIn } from '../../diagnosis/psync/master-answer.ts'
import { expectReplError, ReplError } from '../../errors.ts'
import { endpointName } from '../../io/endpoint.ts'
import type { Position } from '../../protocol/history.ts'
import type { MasterLink } from '../../protocol/info/master-link.ts'
import type { ListedReplica } from '../../protocol/info/replicas.ts'
import { loadsData, numberField, ownPosition, type ServerInfo } from '../../protocol/info/server-info.ts'
import type { Access } from './access.ts'
import { Informant } from './informant.ts'
import { askMaster } from './master-answer.ts'
import { noPosition } from './no-position.ts'
import { refuseSentinel } from './sentinel-masters.ts'

export interface ReplicaPosition {
  readonly position: Position
  readonly subject: Subject
  /** The replica itself; absent if it is known from the list of its master only. */
  readonly server?: ServerInfo
}

/** How to reach an address that a server announces. */
type Reach = (address: { readonly host: string; readonly port: number }) => Access

/** From the replica's own INFO. @throws ReplError when the replica cannot be reached, is loading, or its INFO has no position */
export async function queryReplicaPosition(access: Access, reach: Reach, signal: AbortSignal): Promise<ReplicaPosition> {
  const endpoint = endpointName(access.endpoint)
  const informant = new Informant(access, signal)
  try {
    const info = await informant.info()
    if (!info) throw informant.unavailable ?? new ReplError('NO_POSITION')
    await refuseSentinel(informant, info.identity)
    if (loadsData(info)) throw new ReplError('REPLICA_LOADING', { endpoint, ...etaOf(info) })
    const link = info.masterLink
    const position = link?.hasOwnHistory ? await positionBelow(link, reach, signal) : ownPosition(info)
    if (!position || ownProtocolOf(info.identity)) throw noPosition(info)
    return { position, subject: await subjectOf(info, endpoint, reach, signal), server: info }
  } catch (error) {
    throw expectReplError(error).with({ endpoint })
  } finally {
    informant.close()
  }
}

function etaOf(info: ServerInfo): { readonly etaSeconds?: number } {
  const etaSeconds = numberField(info, 'loading_eta_seconds')
  return etaSeconds === undefined ? {} : { etaSeconds }
}

/** KeyDB's active replica shows its own history. Its position belongs to the history of its master, whose replid it does not show. */
async function positionBelow({ host, port, appliedOffset }: MasterLink, reach: Reach, signal: AbortSignal): Promise<Position | undefined> {
  const informant = new Informant(reach({ host, port }), signal)
  const master = await informant.info().finally(() => informant.close())
  return master?.history && appliedOffset !== undefined ? { replid: master.history.replid, offset: appliedOffset } : undefined
}

async function subjectOf(info: ServerInfo, name: string, reach: Reach, signal: AbortSignal): Promise<Subject> {
  const link = info.masterLink
  if (!link) return { kind: 'replica', name, role: 'master' }
  const { host, port, downSeconds } = link
  const follows = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const answer = isDown(link) ? await askMaster(reach({ host, port }), announcedPort(info), signal) : undefined
  const master = answer && !isLetIn(answer) ? answer : undefined
  return {
    kind: 'replica',
    name,
    role: 'replica',
    follows,
    ...(downSeconds !== undefined && { downSeconds }),
    ...(master && { master }),
  }
}

/** The port under which its master lists it. */
export function announcedPort(info: ServerInfo): number | undefined {
  return numberField(info, 'slave_announced_port') ?? numberField(info, 'tcp_port')
}

/**
 * Without a link, and without a byte of a full resync. A replica whose PSYNC is refused for want of a password tries SYNC, so that
 * its INFO says for a moment that it syncs (replication.c, syncWithMaster).
 */
export function isDown({ isUp, sync }: MasterLink): boolean {
  return !isUp && (!sync || !((sync.readBytes ?? 0) > 0 || (sync.leftBytes ?? 0) > 0))
}

/**
 * From the list of its master: the last ACK of a replica that does not answer us.
 * @param failure why it does not answer. @throws ReplError that failure, if the master lists no such replica, or several
 */
export async function listedPosition(
  replica: Access,
  master: Access,
  reach: Reach,
  failure: ReplError,
  signal: AbortSignal,
): Promise<ReplicaPosition> {
  const name = endpointName(replica.endpoint)
  const informant = new Informant(master, signal)
  const info = await informant.info().finally(() => informant.close())
  const isReplica = (listed: ListedReplica) => [endpointName(reach(listed).endpoint), `${listed.host}:${listed.port}`].includes(name)
  const [listed, ...others] = info?.replicas.filter(isReplica) ?? []
  if (!listed?.ackOffset || others.length > 0 || !info?.history) throw failure
  const { state = '', ackOffset, ackAgeSeconds } = listed
  const by = endpointName(master.endpoint)
  const subject: Subject = {
    kind: 'replica',
    name,
    role: 'replica',
    follows: by,
    listed: { by, state, failure: failure.code, ...(ackAgeSeconds !== undefined && { ackAgeSeconds }) },
  }
  return { position: { replid: info.history.replid, offset: ackOffset }, subject }
}
