/** The position that `psync` asks for. */

import type { Subject } from '../../diagnosis/psync/answer.ts'
import type { Access } from '../../engine/ask/access.ts'
import { Informant } from '../../engine/ask/informant.ts'
import { listedPosition, queryReplicaPosition } from '../../engine/ask/replica-position.ts'
import type { Source } from '../../engine/ask/source.ts'
import { type ErrorCode, expectReplError, usageError } from '../../errors.ts'
import { endpointName } from '../../io/endpoint.ts'
import { isReplid, type Position } from '../../protocol/history.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'
import { parseOffset } from '../../protocol/offset.ts'
import type { Address } from '../../topology/address-map.ts'
import { accessTo } from '../../topology/target.ts'
import type { Connection } from '../connection.ts'
import type { AskedPosition } from './plan.ts'

/** A replica that hangs or cannot be reached: its master still lists it. */
const SILENT: readonly ErrorCode[] = ['TIMEOUT', 'MASTER_UNREACHABLE', 'LINK_LOST']

export interface SubjectPosition {
  /** Absent for the live end, which only the master knows. */
  readonly position?: Position
  readonly subject: Subject
  /** The replica itself, if it was asked. */
  readonly replica?: AskedReplica
}

export interface AskedReplica {
  readonly endpoint: string
  readonly access: Access
  readonly info: ServerInfo
}

/** @throws ReplError USAGE, and any failure to read the position of the replica */
export async function positionAsked(
  { replid, offset = '', fromReplica }: AskedPosition,
  { template, addresses, source }: Connection,
  signal: AbortSignal,
): Promise<SubjectPosition> {
  if (fromReplica !== undefined) {
    const replica = addresses.named(accessTo(fromReplica, template))
    const reach = (address: Address) => addresses.access(address, template)
    const found = await queryReplicaPosition(replica, reach, signal).catch(async (error) => {
      const failure = expectReplError(error)
      if (!SILENT.includes(failure.code)) throw failure
      const { access } = await source.find(signal)
      return await listedPosition(replica, access, reach, failure, signal)
    })
    const { position, subject, server } = found
    return { position, subject, ...(server && { replica: { endpoint: endpointName(replica.endpoint), access: replica, info: server } }) }
  }
  if (replid === undefined) return { subject: { kind: 'live end' } }
  return { position: parsePosition(replid, offset), subject: { kind: 'given' } }
}

/** No server is a replica of itself, under whatever two names. @throws ReplError USAGE, and those of the source */
export async function expectTwoServers({ replica }: SubjectPosition, source: Source, signal: AbortSignal): Promise<void> {
  if (!replica) return
  const { access } = await source.find(signal)
  const target = access.expected ?? (await askInfo(access, signal))
  const [one, other] = [target?.runId, replica.info.runId]
  const [name, otherName] = [endpointName(access.endpoint), replica.endpoint]
  // A server without a run_id is known by its address.
  const isOne = one !== undefined && other !== undefined ? one === other : name === otherName
  if (!isOne) return
  const names = name === otherName ? name : `${name} and ${otherName}`
  throw usageError(
    `TARGET and --from-replica are one server (${names}${one ? `, run_id ${one}` : ''}); --from-replica takes a replica of TARGET`,
  )
}

async function askInfo(access: Access, signal: AbortSignal): Promise<ServerInfo | undefined> {
  const informant = new Informant(access, signal)
  return await informant.info().finally(() => informant.close())
}

function parsePosition(replid: string, offsetText: string): Position {
  if (!isReplid(replid)) throw usageError('--replid takes 40 hexadecimal characters, as master_replid in INFO replication')
  const offset = parseOffset(offsetText)
  if (offset === undefined || offset < 0 || offset === Number.MAX_SAFE_INTEGER) {
    throw usageError('--offset takes the last byte you have, a whole number, as slave_repl_offset in INFO replication')
  }
  return { replid: replid.toLowerCase(), offset }
}
