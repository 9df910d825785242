/** Which position `psync` is to answer for. */

import type { Subject } from '../../diagnosis/psync/answer.ts'
import type { Position } from '../../diagnosis/psync/forecast.ts'
import { askReplica } from '../../engine/ask/replica-position.ts'
import type { Access } from '../../engine/options.ts'
import { usageError } from '../../errors.ts'
import { parseOffset } from '../../protocol/offset.ts'
import { isReplid } from '../../protocol/replid.ts'
import { accessTo } from '../../topology/target.ts'

interface PositionFlags {
  readonly replid: string | undefined
  readonly offset: string | undefined
  readonly 'from-replica': string | undefined
}

export interface Asked {
  /** Absent for the live end, which only the master knows. */
  readonly position?: Position
  readonly subject: Subject
}

/** @throws ReplError USAGE, and whatever keeps a replica from telling its position. */
export async function positionAsked(flags: PositionFlags, access: Access, signal: AbortSignal): Promise<Asked> {
  const replica = flags['from-replica']
  if (replica !== undefined) return await askReplica(accessTo(replica, access), signal)
  if (flags.replid === undefined) return { subject: { kind: 'live end' } }
  return { position: givenPosition(flags.replid, flags.offset ?? ''), subject: { kind: 'given' } }
}

function givenPosition(replid: string, offsetText: string): Position {
  if (!isReplid(replid)) throw usageError('--replid takes 40 hexadecimal characters, as master_replid in INFO replication')
  const offset = parseOffset(offsetText)
  if (offset === undefined || offset < 0 || offset === Number.MAX_SAFE_INTEGER) {
    throw usageError('--offset takes the last byte you have, a whole number, as slave_repl_offset in INFO replication')
  }
  return { replid: replid.toLowerCase(), offset }
}
