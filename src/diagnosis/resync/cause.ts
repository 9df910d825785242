/** What disconnects a replica in each of its full resyncs, as far as INFO, CLIENT LIST and the settings show it. */
import type { Settings } from '../../protocol/settings.ts'
import type { BufferLimit } from './buffer-limit.ts'
import { isCut } from './rounds.ts'
import type { FullSync, SyncHistory } from './sync-history.ts'

/**
 * hard-limit, soft-limit: of its output buffer on the master. timeout: repl-timeout. bgsave-failed: the master could not write
 * the RDB. backlog: its link broke after the resync, and the backlog no longer held what it lacked. left: no limit of the master
 * was reached, so the replica ended the link, or the network did. unseen: none of these showed, and not everything was seen.
 */
export type LoopCause = 'hard-limit' | 'soft-limit' | 'timeout' | 'bgsave-failed' | 'backlog' | 'left' | 'unseen'

/** A buffer seen this close below its limit has passed it before the next look. */
const NEAR_LIMIT = 0.5
/** repl-timeout is checked once a second, in whole seconds (replication.c, replicationCron). */
const TIMEOUT_SLACK_SECONDS = 2.5

export interface Timeouts {
  /** repl-timeout of the master. */
  readonly own: number
  /** The one that disconnected the replica. */
  readonly cutBy?: number
}

/** A limit that was seen to act takes precedence over causes that only fit. */
export function causeOf(history: SyncHistory, limit: BufferLimit | undefined, { cutBy }: Timeouts): LoopCause {
  const limitCause = limitReached(history, limit)
  if (limitCause) return limitCause
  if (history.newest?.fields.get('rdb_last_bgsave_status') === 'err') return 'bgsave-failed'
  if (cutBy !== undefined) return 'timeout'
  if (limit && isBacklogTooSmall(history)) return 'backlog'
  return limit && isBufferSeen(history, limit) ? 'left' : 'unseen'
}

/** The limit of the output buffer at which a replica was disconnected. */
export function limitReached(history: SyncHistory, limit: BufferLimit | undefined): 'hard-limit' | 'soft-limit' | undefined {
  if (limit && isCutAtHardLimit(history, limit)) return 'hard-limit'
  return limit && isCutAtSoftLimit(history, limit) ? 'soft-limit' : undefined
}

/** @param replicaTimeouts in seconds, as far as known */
export function timeoutsOf({ syncs }: SyncHistory, settings: Settings | undefined, replicaTimeouts: readonly number[]): Timeouts {
  const own = Number(settings?.get('repl-timeout') ?? Number.NaN)
  const cutBy = [own, ...replicaTimeouts].find((seconds) => syncs.filter(isCut).some((cut) => isTimeout(cut, seconds)))
  return { own, ...(cutBy !== undefined && { cutBy }) }
}

/**
 * A replica without a position (PSYNC ? -1) is not counted in sync_partial_err, and no backlog would have helped it. A
 * larger backlog does not help a replica that never caught up either: it still sends the replid from before its full resync.
 */
function isBacklogTooSmall({ syncs, counters }: SyncHistory): boolean {
  const cuts = syncs.filter(isCut)
  const refused = (counters?.last.partialErrors ?? 0) - (counters?.first.partialErrors ?? 0)
  return refused > 0 && cuts.length > 0 && cuts.every(({ ended }) => ended?.hasCaughtUp)
}

/** Whether CLIENT LIST was sampled during an attempt that was broken off, and the master did not write enough to fill the buffer. */
function isBufferSeen({ syncs, sampledSince, buffers, counters, fullGrewAt }: SyncHistory, { hardBytes }: BufferLimit): boolean {
  if (sampledSince === undefined) return false
  const cuts = syncs.filter((sync) => isCut(sync) && (sync.ended?.at ?? 0) >= sampledSince)
  // No attempt was long enough to be listed: all that the master wrote since the first look is more than a buffer held.
  const all = (counters?.last.offset ?? 0) - (counters?.first.offset ?? 0)
  if (syncs.every((sync) => !isCut(sync))) return fullGrewAt >= sampledSince && (hardBytes === 0 || all < hardBytes * NEAR_LIMIT)
  return cuts.some((cut) => hardBytes === 0 || buffers.length > 0 || writtenDuring(cut) < hardBytes * NEAR_LIMIT)
}

function writtenDuring({ startOffset, ended }: FullSync): number {
  return (ended?.offset ?? startOffset) - startOffset
}

/** By CLIENT LIST, or where that is not permitted by what the master wrote while the replica received its RDB. */
function isCutAtHardLimit({ buffers, syncs }: SyncHistory, { hardBytes }: BufferLimit): boolean {
  if (hardBytes === 0) return false
  if (buffers.some(({ isGone, peakBytes, growthBytes }) => isGone && peakBytes + growthBytes >= hardBytes * NEAR_LIMIT)) return true
  return buffers.length === 0 && syncs.some((sync) => sync.ended && !sync.ended.isMet && writtenDuring(sync) >= hardBytes * NEAR_LIMIT)
}

function isCutAtSoftLimit({ buffers }: SyncHistory, { softBytes, softSeconds }: BufferLimit): boolean {
  // Looks are 50 ms apart, and the server checks the time in whole seconds (networking.c, checkClientOutputBufferLimits).
  return (
    softBytes > 0 &&
    buffers.some(
      ({ isGone, aboveSoftSince, lastAt }) => isGone && aboveSoftSince !== undefined && lastAt - aboveSoftSince >= (softSeconds - 1) * 1000,
    )
  )
}

/** From the start, or from the last ACK of one that was online. A master may list one as online that still receives its RDB. */
function isTimeout({ startedAt, isWhole, ended }: FullSync, timeoutSeconds: number): boolean {
  if (!ended || !(timeoutSeconds > 0)) return false
  const seconds = ((ended.onlineUntil ?? ended.at) - startedAt) / 1000
  const ages = [...(isWhole ? [seconds] : []), ended.ackAgeSeconds ?? 0]
  return ages.some((age) => age >= timeoutSeconds - 0.5 && age <= timeoutSeconds + TIMEOUT_SLACK_SECONDS)
}
