/** One address in the list of a master: how many replicas share it, and what they do. */
import { type ListedReplica, phaseOf } from '../../protocol/info/replicas.ts'

/** The entries of the master's list that share one address. */
export interface Place {
  entries: number
  /** The most that were listed at once. */
  most: number
  lastAt: number
  syncing: number
  ackOffset: number
  state: string
  ackAgeSeconds: number | undefined
}

export const NOWHERE: Place = { entries: 0, most: 0, lastAt: 0, ackOffset: 0, syncing: 0, state: '', ackAgeSeconds: undefined }

/** The age of the ACK counts from when it came online (replication.c, replicaPutOnline). A master without writes stays at offset 0. */
export function isCaughtUp(
  { ackOffset, ackAgeSeconds = 0 }: Place,
  met: { readonly at: number; readonly offset: number },
  at: number,
): boolean {
  return met.offset > 0 ? ackOffset >= met.offset : (ackAgeSeconds + 1) * 1000 < at - met.at
}

export function placeNow(before: Place, listed: readonly ListedReplica[], at: number): Place {
  const [only] = listed
  const isListed = listed.length > 0
  return {
    entries: listed.length,
    most: Math.max(before.most, listed.length),
    lastAt: isListed ? at : before.lastAt,
    ackOffset: isListed ? Math.max(...listed.map(({ ackOffset = 0 }) => ackOffset)) : before.ackOffset,
    syncing: listed.filter((one) => phaseOf(one) === 'syncing').length,
    state: only?.state ?? '',
    ackAgeSeconds: only?.ackAgeSeconds ?? before.ackAgeSeconds,
  }
}
