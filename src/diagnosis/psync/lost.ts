/** Which writes of a server are discarded when it becomes a replica of another one: those after the end of their common history. */
import { type History, isSameReplid } from '../../protocol/history.ts'

/** none: the master has everything. unknown: the two have no history in common. */
export type LostWrites =
  | { readonly kind: 'none' | 'unknown' }
  | {
      readonly kind: 'some'
      /** The history of the server that would lose them. */
      readonly replid: string
      /** They begin after this offset. */
      readonly after: number
      /** The last of them. */
      readonly upTo: number
    }

export function lostWrites(server: History, master: History): LostWrites {
  const after = commonEnd(server, master)
  if (after === undefined) return { kind: 'unknown' }
  return after >= server.offset ? { kind: 'none' } : { kind: 'some', replid: server.replid, after, upTo: server.offset }
}

/** The last offset that both histories share; undefined if they share none. */
function commonEnd(server: History, master: History): number | undefined {
  const ends = historiesOf(server).flatMap((own) => {
    const same = historiesOf(master).find(({ replid }) => isSameReplid(replid, own.replid))
    return same ? [Math.min(own.end, same.end)] : []
  })
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** After a promotion a server has two replids; the former one ends before secondOffset (replication.c, shiftReplicationId). */
function historiesOf({ replid, offset, replid2, secondOffset }: History): readonly { readonly replid: string; readonly end: number }[] {
  const former = replid2 !== undefined && secondOffset !== undefined && secondOffset > 0
  return [{ replid, end: offset }, ...(former ? [{ replid: replid2, end: secondOffset - 1 }] : [])]
}
