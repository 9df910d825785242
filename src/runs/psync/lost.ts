/** `psync --from-replica`: the writes that the replica discards when it rejoins. --list-lost prints them. */
import { tmpdir } from 'node:os'
import { type LostWrites, lostWrites } from '../../diagnosis/psync/lost.ts'
import { staticSource } from '../../engine/ask/source.ts'
import { ReplError } from '../../errors.ts'
import type { History } from '../../protocol/history.ts'
import { printable } from '../../render/base/printable.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../context.ts'
import type { TailPlan } from '../tail/plan.ts'
import { runTail } from '../tail/run.ts'
import type { AskedReplica } from './position.ts'

const SPOOL_BYTES = 1024 ** 3

/**
 * Prints the lost writes from the backlog of the replica. Never forks it.
 * @throws ReplError GAP (LOST_UNKNOWN) if the replica does not answer, shares no history with the master, or no longer has the writes
 */
export async function listLost(
  replica: AskedReplica | undefined,
  master: History | undefined,
  connection: Connection,
  context: RunContext,
): Promise<void> {
  const lost = lostOf(replica, master)
  if (!replica || !lost) throw new ReplError('LOST_UNKNOWN', { problem: 'NO_ANSWER' })
  const { endpoint, access, info } = replica
  if (lost.kind === 'none') return context.printNote(`${printable(endpoint)} has no writes that this server lacks.\n`)
  if (lost.kind !== 'some') throw new ReplError('LOST_UNKNOWN', { endpoint, problem: 'NO_COMMON_HISTORY' })
  const oldest = info.history?.backlog?.firstByteOffset
  if (oldest === undefined) throw new ReplError('LOST_UNKNOWN', { endpoint, problem: 'NO_BACKLOG' })
  if (oldest > lost.after + 1) throw new ReplError('LOST_UNKNOWN', { endpoint, problem: 'OVERWRITTEN', offset: lost.after, oldest })
  await runTail(tailPlan(lost), { ...connection, source: staticSource(endpoint, access) }, context, {})
}

/** @returns undefined if one of the two did not show its history */
export function lostOf(replica: AskedReplica | undefined, master: History | undefined): LostWrites | undefined {
  return replica?.info.history && master && lostWrites(replica.info.history, master)
}

/** One link, from the end of the common history to the last write. */
function tailPlan({ replid, after, upTo }: Extract<LostWrites, { kind: 'some' }>): TailPlan {
  return {
    isCluster: false,
    first: { kind: 'after', position: { replid, offset: after } },
    statePath: undefined,
    rdb: undefined,
    follow: { ack: 'zero', onGap: 'fail', onFull: 'block', spoolBytes: SPOOL_BYTES, retry: { isOn: false }, allowFork: false },
    spoolFolder: tmpdir(),
    view: {
      ...{ format: 'text', template: undefined, hasTime: false, utf8: undefined, maxArg: Number.POSITIVE_INFINITY },
      ...{ isFlat: false, showsAll: false, isStats: false, filter: { db: [], command: [], exclude: [], match: [] }, count: undefined },
    },
    durationMs: undefined,
    untilOffset: upTo,
  }
}
