/** The position that `psync` asks for. */

import type { Subject } from '../../diagnosis/psync/answer.ts'
import { listedPosition, queryReplicaPosition } from '../../engine/ask/replica-position.ts'
import { type ErrorCode, expectReplError, usageError } from '../../errors.ts'
import { isReplid, type Position } from '../../protocol/history.ts'
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
    return await queryReplicaPosition(replica, reach, signal).catch(async (error) => {
      const failure = expectReplError(error)
      if (!SILENT.includes(failure.code)) throw failure
      const { access } = await source.find(signal)
      return await listedPosition(replica, access, reach, failure, signal)
    })
  }
  if (replid === undefined) return { subject: { kind: 'live end' } }
  return { position: parsePosition(replid, offset), subject: { kind: 'given' } }
}

function parsePosition(replid: string, offsetText: string): Position {
  if (!isReplid(replid)) throw usageError('--replid takes 40 hexadecimal characters, as master_replid in INFO replication')
  const offset = parseOffset(offsetText)
  if (offset === undefined || offset < 0 || offset === Number.MAX_SAFE_INTEGER) {
    throw usageError('--offset takes the last byte you have, a whole number, as slave_repl_offset in INFO replication')
  }
  return { replid: replid.toLowerCase(), offset }
}
