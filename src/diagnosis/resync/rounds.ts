/** Counts the rounds of a resync loop: full resyncs that began again because the one before did not last. */
import type { FullSync, SyncHistory } from './sync-history.ts'

export interface Rounds {
  /** As their master lists them; empty if INFO never showed them between two attempts. */
  readonly replicas: readonly string[]
  readonly fullResyncs: number
  /** For how long all of them have been online after their last attempt; absent if one is not. */
  readonly onlineMs?: number
}

/** This many in a row are a loop even if the last one has caught up. */
const CERTAIN_ROUNDS = 3
/** A replica that is online for this many rounds has left the loop. */
const LASTING_ROUNDS = 2
const LASTING_MS = 10_000
/** If the replica does not return, the loop is over when nothing began for this long, or for this many of its rounds. */
const QUIET_MS = 60_000
const QUIET_ROUNDS = 3

/**
 * Undefined if what was seen may also be replicas that join, are restarted, or lose their link once.
 * @param isAtLimit whether a buffer was seen at its limit: then a replica that had caught up counts as disconnected too
 */
export function roundsOf(history: SyncHistory, isAtLimit: boolean): Rounds | undefined {
  const { syncs, counters, toolSyncs, hasTool } = history
  const names = [...new Set(syncs.map(({ replica }) => replica))]
  const looping = names.filter((name) => isLooping(history, name, isAtLimit))
  const grown = (counters?.last.full ?? 0) - (counters?.first.full ?? counters?.last.full ?? 0) - toolSyncs
  if (looping.length === 0 && !isCounted(history, grown)) return undefined
  const replicas = looping.length > 0 ? looping : names
  const others = syncs.filter(({ replica, isWhole }) => isWhole && !replicas.includes(replica)).length
  const begun = syncs.filter(({ replica }) => replicas.includes(replica)).length
  const onlineMs = Math.min(...replicas.map((name) => onlineMsOf(syncsOf(history, name), history.now) ?? Number.NaN))
  return { replicas, fullResyncs: Math.max(begun, hasTool ? 0 : grown - others), ...(Number.isFinite(onlineMs) && { onlineMs }) }
}

/** Whether an attempt was broken off, or its link broke later. */
export function isCut({ ended }: FullSync): boolean {
  return ended !== undefined && (!ended.isMet || ended.onlineUntil !== undefined)
}

/** A master may list a replica as online that still receives or loads its RDB. */
function isRunning(sync: FullSync): boolean {
  return !isCut(sync) && !sync.ended?.hasCaughtUp
}

function syncsOf({ syncs }: SyncHistory, name: string): FullSync[] {
  return syncs.filter(({ replica }) => replica === name)
}

function isLooping(history: SyncHistory, name: string, isAtLimit: boolean): boolean {
  const mine = syncsOf(history, name)
  const cut = mine.filter(isCut)
  if (mine.length < 2 || cut.length === 0 || isOver(history, mine)) return false
  const listed = history.listedAtOnce(name)
  // Replicas that share an address cannot be told apart: one may begin because another one was disconnected.
  if (listed > 1) return cut.length > 1 && mine.length > listed
  if (mine.length >= CERTAIN_ROUNDS && cut.length > 1) return true
  // A restart, or an operator's REPLICAOF, ends a link whose resync had succeeded.
  const hasFailed = (sync: FullSync) => isCut(sync) && (isAtLimit || !sync.ended?.hasCaughtUp)
  const last = mine.at(-1)
  return last !== undefined && (isRunning(last) || hasFailed(last)) && mine.slice(0, -1).some(hasFailed)
}

/** For how long the replica has been online after its last attempt; undefined if it is not. */
function onlineMsOf(mine: readonly FullSync[], now: number): number | undefined {
  const last = mine.at(-1)
  return last?.ended && !isCut(last) && last.ended.hasCaughtUp ? now - last.ended.at : undefined
}

/** In a long watch: whether the last attempt lasts, or is long ago. */
function isOver(history: SyncHistory, mine: readonly FullSync[]): boolean {
  const [first, last] = [mine[0], mine.at(-1)]
  if (!first || !last || isRunning(last)) return false
  const round = (last.startedAt - first.startedAt) / Math.max(1, mine.length - 1)
  const onlineMs = onlineMsOf(mine, history.now)
  if (onlineMs !== undefined) return onlineMs > Math.max(LASTING_MS, LASTING_ROUNDS * round)
  return !history.isSyncing && history.now - last.startedAt > Math.max(QUIET_MS, QUIET_ROUNDS * round)
}

/**
 * Whether sync_full shows a loop whose rounds are too short to be listed. A dump by another tool may be as short. So a replica
 * must be missing or syncing now, and no tool may have been seen.
 */
function isCounted(history: SyncHistory, grown: number): boolean {
  const { syncs, hasTool, hasMissing, isSyncing, knownReplicas, fullGrewAt, now } = history
  const unseen = grown - syncs.filter(({ isWhole }) => isWhole).length
  if (hasTool || !(hasMissing || isSyncing) || now - fullGrewAt > QUIET_MS) return false
  return unseen >= 1 && grown >= 2 && grown > knownReplicas
}
