/** What is reported about the resyncs of one server's replicas, and how long to watch before a loop can be ruled out. */
import { numberField } from '../../protocol/info/server-info.ts'
import { findLoop, type LoopEvidence, type ResyncLoop } from './loop.ts'
import type { SyncHistory } from './sync-history.ts'

export interface ResyncReport {
  readonly loop?: ResyncLoop
  /** How long to watch before a loop can be ruled out; 0 if nothing points to one. */
  readonly watchMs: number
  /** The counters look like a loop, and we have not watched for long enough to see one. */
  readonly suspicion?: ResyncSuspicion
  readonly reconnects?: Reconnects
}

export interface ResyncSuspicion {
  readonly master: string
  /** Since its start. */
  readonly fullResyncs: number
  readonly uptimeSeconds: number
  readonly replicas: number
  /** The sample that would show it. */
  readonly sampleSeconds: number
}

/** Links that break and come back by partial resyncs. */
export interface Reconnects {
  readonly master: string
  readonly partialResyncs: number
  readonly overMs: number
}

/** After it was disconnected, a replica tries again within a second, or up to 6.2 when the child of the BGSAVE has ended. */
const AFTER_CUT_MS = 15_000
const LEAST_WATCH_MS = 10_000
const MOST_WATCH_MS = 30_000
/** Long enough to see two rounds of a loop. */
const ROUNDS_TO_WATCH = 2.5
/** A replica in a loop is disconnected soon after it has connected. */
const YOUNG_LINK_SECONDS = 5
/** A link that is this many rounds old is not broken once a round. The average round is no shorter than the real one. */
const ROUNDS_TO_OUTLAST = 1.5
/** A master that full-resyncs more often than this, on average since its start, may be in a loop. */
const OFTEN_MS = 120_000

/** Undefined if nothing points to a loop, and no link breaks. */
export function resyncReport(history: SyncHistory, master: string, evidence: LoopEvidence): ResyncReport | undefined {
  const loop = findLoop(history, master, evidence)
  if (loop) return { loop, watchMs: mayShowCause(loop) ? LEAST_WATCH_MS : 0 }
  const longerMs = watchMs(history)
  const suspicion = suspicionOf(history, master)
  const reconnects = reconnectsOf(history, master)
  if (longerMs === 0 && !suspicion && !reconnects) return undefined
  return { watchMs: longerMs, ...(suspicion && { suspicion }), ...(reconnects && { reconnects }) }
}

/** Whether the next round may show the cause. */
function mayShowCause({ cause, missingRights }: ResyncLoop): boolean {
  return cause === 'left' || (cause === 'unseen' && missingRights.length === 0)
}

/**
 * A master in a loop disconnects its replica again within a few of its usual rounds. Between two rounds it may list no replica for
 * long: up to 6.2 the child of the BGSAVE holds the socket of a disconnected replica, which notices nothing before the child ends. A
 * replica that is listed as online may be in a loop as well, and is disconnected while it receives what was written during its
 * resync. If all replicas have been online for a while and nothing has happened, the sample is not made longer, and the suspicion
 * reports the counters.
 */
export function watchMs(history: SyncHistory): number {
  if (!isFrequent(history)) return history.hasCut ? AFTER_CUT_MS : 0
  if (!isUnderWay(history)) return 0
  return Math.min(MOST_WATCH_MS, Math.max(LEAST_WATCH_MS, ROUNDS_TO_WATCH * roundMsOf(history)))
}

/** Whether there were more full resyncs in a short time than the present replicas explain. */
export function isFrequent(history: SyncHistory): boolean {
  const { newest, hasReplica } = history
  const full = newest && numberField(newest, 'sync_full')
  if (!newest || full === undefined || full < 2 || full <= newest.replicas.length || roundMsOf(history) > OFTEN_MS) return false
  return isUnderWay(history) || (hasReplica && !isSettled(history))
}

/** Whether a full resync is under way, or a replica has come and gone while we looked. */
function isUnderWay(history: SyncHistory): boolean {
  const { newest, isSyncing, hasEvents, hasMissing, hasReplica } = history
  const isSaving = newest?.fields.get('rdb_bgsave_in_progress') === '1'
  const mayBeCut = !isSettled(history) && (hasEvents || hasYoungLink(history))
  return isSyncing || hasMissing || (isSaving && !hasReplica) || mayBeCut
}

/** Whether a replica has just connected, by CLIENT LIST. */
function hasYoungLink({ buffers }: SyncHistory): boolean {
  return buffers.some(({ isGone, ageSeconds }) => !isGone && ageSeconds < YOUNG_LINK_SECONDS)
}

/** Whether the links of all replicas have outlasted a usual round. */
function isSettled(history: SyncHistory): boolean {
  const links = history.buffers.filter(({ isGone }) => !isGone)
  const isOld = ({ ageSeconds }: { readonly ageSeconds: number }) => ageSeconds * 1000 >= ROUNDS_TO_OUTLAST * roundMsOf(history)
  return links.length > 0 && links.length >= (history.newest?.replicas.length ?? 0) && links.every(isOld)
}

/** The average time between two full resyncs since the server's start. */
function roundMsOf({ newest }: SyncHistory): number {
  if (!newest) return Number.POSITIVE_INFINITY
  return ((numberField(newest, 'uptime_in_seconds') ?? 0) / Math.max(1, numberField(newest, 'sync_full') ?? 0)) * 1000
}

function suspicionOf(history: SyncHistory, master: string): ResyncSuspicion | undefined {
  const { newest, watchedMs } = history
  const wantedMs = ROUNDS_TO_WATCH * roundMsOf(history)
  if (!newest || !isFrequent(history) || watchedMs >= wantedMs) return undefined
  return {
    master,
    fullResyncs: numberField(newest, 'sync_full') ?? 0,
    uptimeSeconds: numberField(newest, 'uptime_in_seconds') ?? 0,
    replicas: newest.replicas.length,
    // Not just a few seconds more than this sample: the rounds may have become longer.
    sampleSeconds: Math.ceil(Math.max(wantedMs, 2 * watchedMs) / 1000),
  }
}

function reconnectsOf({ counters, toolPartials, watchedMs }: SyncHistory, master: string): Reconnects | undefined {
  const grown = (counters?.last.partials ?? 0) - (counters?.first.partials ?? counters?.last.partials ?? 0) - toolPartials
  return grown >= 2 ? { master, partialResyncs: grown, overMs: watchedMs } : undefined
}
