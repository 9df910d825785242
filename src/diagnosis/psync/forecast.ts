/**
 * Predicts a master's reply to PSYNC from its INFO alone. Checks the conditions of masterTryPartialResynchronization()
 * (replication.c) in the same order.
 */
import { type Backlog, type History, isSameReplid, type Obstacle, type Position, requestOffset } from '../../protocol/history.ts'

export type FullReason = 'REQUESTED' | 'OTHER_HISTORY' | 'PAST_FORK' | 'NO_BACKLOG' | 'TOO_OLD' | 'AHEAD'

/**
 * continue: a partial resync of that many bytes; the replica continues under the server's own replid.
 * full: a full resync; `bytes` is the distance by which the condition fails, where bytes decide.
 * later: the server serves no PSYNC now.
 */
export type Forecast =
  | { readonly kind: 'continue'; readonly bytes: number; readonly replid: string }
  | { readonly kind: 'full'; readonly reason: FullReason; readonly bytes?: number }
  | { readonly kind: 'later'; readonly reason: Obstacle }

export type ConditionName = 'SERVING' | 'POSITION' | 'HISTORY' | 'FORK_POINT' | 'BACKLOG' | 'OLD_END' | 'LIVE_END'

interface Condition {
  readonly name: ConditionName
  readonly fails: (history: History, position: Position, backlog: Backlog) => Forecast | undefined
}

const NO_BYTES: Backlog = { firstByteOffset: 0, histlen: 0, size: 0 }

/** In the server's order; the first condition that fails decides. */
export const CONDITIONS: readonly Condition[] = [
  { name: 'SERVING', fails: ({ obstacle }) => obstacle && { kind: 'later', reason: obstacle } },
  { name: 'POSITION', fails: (_, { replid }) => (replid === '?' ? { kind: 'full', reason: 'REQUESTED' } : undefined) },
  {
    name: 'HISTORY',
    fails: (history, position) =>
      isSameReplid(position.replid, history.replid) || isSameReplid(position.replid, history.replid2)
        ? undefined
        : { kind: 'full', reason: 'OTHER_HISTORY' },
  },
  {
    name: 'FORK_POINT',
    fails: (history, position) =>
      isSameReplid(position.replid, history.replid)
        ? undefined
        : failsBy('PAST_FORK', requestOffset(position) - (history.secondOffset ?? 0)),
  },
  { name: 'BACKLOG', fails: ({ backlog }) => (backlog ? undefined : { kind: 'full', reason: 'NO_BACKLOG' }) },
  { name: 'OLD_END', fails: (_, position, { firstByteOffset }) => failsBy('TOO_OLD', firstByteOffset - requestOffset(position)) },
  {
    name: 'LIVE_END',
    fails: (_, position, { firstByteOffset, histlen }) => failsBy('AHEAD', requestOffset(position) - (firstByteOffset + histlen)),
  },
]

/** @returns `decided`: the condition that fails; absent if all hold */
export function forecastPsync(history: History, position: Position): { forecast: Forecast; decided?: ConditionName } {
  const backlog = history.backlog ?? NO_BYTES
  for (const { name, fails } of CONDITIONS) {
    const forecast = fails(history, position, backlog)
    if (forecast) return { forecast, decided: name }
  }
  const bytes = backlog.firstByteOffset + backlog.histlen - requestOffset(position)
  return { forecast: { kind: 'continue', bytes, replid: history.replid } }
}

/**
 * How many more bytes the master can write before this position falls out of its backlog. Since 7.0 the output buffer of a slow
 * replica can retain more than repl-backlog-size. These bytes do not count, because they go when the buffer is freed.
 */
export function bytesToLive({ backlog = NO_BYTES }: History, position: Position): number {
  const { firstByteOffset, histlen, size } = backlog
  return Math.max(0, size - (firstByteOffset + histlen - requestOffset(position)))
}

function failsBy(reason: FullReason, bytes: number): Forecast | undefined {
  return bytes > 0 ? { kind: 'full', reason, bytes } : undefined
}
