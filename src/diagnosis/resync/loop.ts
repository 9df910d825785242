/**
 * Judges whether a replica is in a resync loop: it is cut before it has caught up, and begins again, each time with a fork.
 * One full resync is a replica that joins. A second one of the same replica, or more than there are replicas, is a loop.
 */
import { numberField } from '../../protocol/info/server-info.ts'
import type { Settings } from '../../protocol/settings.ts'
import { type BufferLimit, bufferedDuring, replicaBufferLimit } from './buffer-limit.ts'
import type { BufferTrack, FullSync, SyncHistory } from './sync-history.ts'

/**
 * hard-limit, soft-limit: of its output buffer on the master. timeout: repl-timeout. bgsave-failed: the master could not write
 * the RDB. backlog: its link broke after the resync, and the backlog no longer held what it lacked. unseen: none of these showed.
 */
export type LoopCause = 'hard-limit' | 'soft-limit' | 'timeout' | 'bgsave-failed' | 'backlog' | 'unseen'

export interface ResyncLoop {
  /** The server that serves the replicas. */
  readonly master: string
  /** As that server lists them; empty if INFO never showed them between two attempts. */
  readonly replicas: readonly string[]
  readonly fullResyncs: number
  readonly overMs: number
  /** By how much the server's counters grew; absent if it does not print them. */
  readonly partialErrors?: number
  readonly forks?: number
  readonly cause: LoopCause
  /** The largest output buffer of a replica seen in CLIENT LIST. */
  readonly bufferBytes?: number
  /** Absent if CONFIG GET is not permitted. */
  readonly limit?: BufferLimit
  /** The repl-timeout that cut it, or else the master's. */
  readonly timeoutSeconds?: number
  /** The replica's own repl-timeout cut it. */
  readonly isReplicaTimeout?: boolean
  readonly backlogBytes?: number
  readonly writesBytesPerSecond: number
  /** How long a full resync takes: seen so far, or estimated. */
  readonly payloadSeconds: number
  /** What the buffer must hold to survive a full resync. */
  readonly neededBytes: number
}

const MINUTE_MS = 60_000
/** A loop is over when nothing began again for this long, or for this many of its rounds. */
const QUIET_ROUNDS = 3
/** The assumed speed of a full resync if nothing better is known: a gigabit network. */
export const TRANSFER_BYTES_PER_SECOND = 100e6
/** A buffer seen this close below its limit has passed it before the next look. */
const NEAR_LIMIT = 0.5
/** repl-timeout is checked once a second, in whole seconds (replication.c, replicationCron). */
const TIMEOUT_SLACK_SECONDS = 2.5

/**
 * @param master the name of the server whose history this is
 * @param settings undefined if CONFIG GET is not permitted
 * @param replicaTimeouts repl-timeout of the replicas in seconds, as far as known
 */
export function findLoop(
  history: SyncHistory,
  master: string,
  settings: Settings | undefined,
  replicaTimeouts: readonly number[] = [],
): ResyncLoop | undefined {
  const { counters, newest } = history
  const rounds = roundsOf(history)
  if (!rounds || !counters || !newest || isOver(history)) return undefined
  const { first, last } = counters
  const limit = settings && replicaBufferLimit(settings, newest.identity)
  const ownTimeout = Number(settings?.get('repl-timeout') ?? Number.NaN)
  const cutBy = [ownTimeout, ...replicaTimeouts].find((seconds) => cutsOf(history).some((cut) => isTimeout(cut, seconds)))
  const timeoutSeconds = cutBy ?? ownTimeout
  const writesBytesPerSecond = ((last.offset - first.offset) / Math.max(1, last.at - first.at)) * 1000
  const payloadSeconds = payloadSecondsOf(history)
  const peak = largest(history.buffers)
  const cause = causeOf(history, limit, cutBy !== undefined)
  const backlogBytes = newest.history?.backlog?.size
  return {
    master,
    ...rounds,
    overMs: history.now - first.at,
    ...growth('partialErrors', first.partialErrors, last.partialErrors),
    ...growth('forks', first.forks, last.forks),
    cause,
    ...(peak && { bufferBytes: peak.peakBytes }),
    ...(limit && { limit }),
    ...(timeoutSeconds > 0 && { timeoutSeconds }),
    ...(cause === 'timeout' && cutBy !== ownTimeout && { isReplicaTimeout: true }),
    ...(backlogBytes !== undefined && { backlogBytes }),
    writesBytesPerSecond,
    payloadSeconds,
    neededBytes: Math.max(bufferedDuring(writesBytesPerSecond, payloadSeconds), peak?.peakBytes ?? 0, ...cutLimit(cause, limit)),
  }
}

/** What was found out about the resyncs of one server's replicas. */
export interface ResyncReport {
  readonly loop?: ResyncLoop
  /** How long to watch before a loop can be ruled out; 0 if nothing points to one. */
  readonly watchMs: number
}

/** After a cut: a replica tries again within a second, or up to 6.2 when the child of the BGSAVE has ended. */
const AFTER_CUT_MS = 15_000
const LEAST_WATCH_MS = 10_000
const MOST_WATCH_MS = 30_000
/** A master that full-resyncs more often than this, on average since its start, may be in a loop. */
const OFTEN_MS = 120_000

/** @param loop as found so far: it is watched until its cause shows, if that can be seen at all */
export function resyncReport(history: SyncHistory, loop: ResyncLoop | undefined): ResyncReport | undefined {
  if (loop) return { loop, watchMs: loop.cause === 'unseen' && loop.limit ? LEAST_WATCH_MS : 0 }
  const longerMs = watchMs(history)
  return longerMs > 0 ? { watchMs: longerMs } : undefined
}

/**
 * A master in a loop cuts its replica again within a few of its usual rounds. Between two rounds it may list no replica for long:
 * up to 6.2 a replica that was cut does not notice before the child of the BGSAVE ends, which also holds its socket.
 */
export function watchMs(history: SyncHistory): number {
  const { newest, isSyncing, hasEvents, hasCut, hasReplica } = history
  const isBetweenRounds = !hasReplica && newest?.fields.get('rdb_bgsave_in_progress') === '1'
  if (!newest || !(isSyncing || hasEvents || hasCut || isBetweenRounds)) return 0
  const full = numberField(newest, 'sync_full') ?? 0
  const roundMs = ((numberField(newest, 'uptime_in_seconds') ?? 0) / Math.max(1, full)) * 1000
  // More than one for each replica that is here now.
  const isMoreThanJoins = full >= 2 && full > newest.replicas.length
  if (!isMoreThanJoins || roundMs > OFTEN_MS) return hasCut ? AFTER_CUT_MS : 0
  return Math.min(MOST_WATCH_MS, Math.max(LEAST_WATCH_MS, 2.5 * roundMs))
}

/** Undefined if what was seen may also be replicas that join. */
function roundsOf({ syncs, counters, toolSyncs }: SyncHistory): Pick<ResyncLoop, 'replicas' | 'fullResyncs'> | undefined {
  const names = [...new Set(syncs.map(({ replica }) => replica))]
  const repeated = names.filter((name) => syncs.filter(({ replica }) => replica === name).length > 1)
  const grown = (counters?.last.full ?? 0) - (counters?.first.full ?? counters?.last.full ?? 0) - toolSyncs
  const isCounted = grown >= 2 && grown > names.length
  if (repeated.length === 0 && !isCounted) return undefined
  const replicas = repeated.length > 0 ? repeated : names
  const begun = syncs.filter(({ replica }) => replicas.includes(replica)).length
  return { replicas, fullResyncs: Math.max(begun, grown) }
}

/** In a long watch: whether the last full resync is long ago. */
function isOver({ syncs, now, isSyncing }: SyncHistory): boolean {
  const times = syncs.map(({ startedAt }) => startedAt)
  if (isSyncing || times.length < 2) return false
  const round = (Math.max(...times) - Math.min(...times)) / (times.length - 1)
  return now - Math.max(...times) > Math.max(MINUTE_MS, QUIET_ROUNDS * round)
}

function growth<K extends string>(name: K, from: number | undefined, to: number | undefined): { readonly [P in K]?: number } {
  return from === undefined || to === undefined ? {} : ({ [name]: to - from } as { readonly [P in K]?: number })
}

function largest(buffers: readonly BufferTrack[]): BufferTrack | undefined {
  return buffers.reduce<BufferTrack | undefined>((most, one) => (one.peakBytes > (most?.peakBytes ?? -1) ? one : most), undefined)
}

function cutLimit(cause: LoopCause, limit: BufferLimit | undefined): number[] {
  if (cause === 'hard-limit') return [limit?.hardBytes ?? 0]
  return cause === 'soft-limit' ? [limit?.softBytes ?? 0] : []
}

function cutsOf({ syncs }: SyncHistory): FullSync[] {
  return syncs.filter(({ ended }) => ended && (!ended.isMet || ended.onlineUntil !== undefined))
}

function causeOf(history: SyncHistory, limit: BufferLimit | undefined, isTimedOut: boolean): LoopCause {
  const cuts = cutsOf(history)
  if (limit && isCutAtHardLimit(history, cuts, limit)) return 'hard-limit'
  if (limit && isCutAtSoftLimit(history, limit)) return 'soft-limit'
  if (history.newest?.fields.get('rdb_last_bgsave_status') === 'err') return 'bgsave-failed'
  if (isTimedOut) return 'timeout'
  return cuts.length > 0 && cuts.every(({ ended }) => ended?.isMet) ? 'backlog' : 'unseen'
}

/** By CLIENT LIST, or where that is not permitted by what the master wrote while the replica received its RDB. */
function isCutAtHardLimit({ buffers, counters }: SyncHistory, cuts: readonly FullSync[], { hardBytes }: BufferLimit): boolean {
  if (hardBytes === 0) return false
  if (buffers.some(({ isGone, peakBytes, growthBytes }) => isGone && peakBytes + growthBytes >= hardBytes * NEAR_LIMIT)) return true
  const hasBuffers = buffers.length > 0 && counters !== undefined
  return !hasBuffers && cuts.some(({ startOffset, ended }) => ended && !ended.isMet && ended.offset - startOffset >= hardBytes * NEAR_LIMIT)
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

/** The longest of what was seen and what the server's figures say: in a loop no full resync ends. */
function payloadSecondsOf({ syncs, newest, now }: SyncHistory): number {
  const seen = syncs.map(({ startedAt, ended }) => ((ended?.at ?? now) - startedAt) / 1000)
  if (!newest) return Math.max(0, ...seen)
  const [lastSave, memory, keys, allKeys, saving] = [
    'rdb_last_bgsave_time_sec',
    'used_memory',
    'current_save_keys_processed',
    'current_save_keys_total',
    'rdb_current_bgsave_time_sec',
  ].map((name) => numberField(newest, name) ?? 0) as [number, number, number, number, number]
  const isMeasurable = keys > 0 && keys >= allKeys / 20
  const whole = isMeasurable ? ((saving + 1) * allKeys) / keys : 0
  return Math.max(lastSave, memory / TRANSFER_BYTES_PER_SECOND, whole, ...seen)
}
