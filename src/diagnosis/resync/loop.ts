/**
 * Finds a resync loop: a replica is disconnected before it has caught up, and begins again, each time with a fork. A single full
 * resync is a replica that joins. rounds.ts decides which further ones are a loop, and cause.ts what disconnects the replica.
 */

import type { ServerIdentity } from '../../protocol/info/identity.ts'
import { numberField } from '../../protocol/info/server-info.ts'
import type { Settings } from '../../protocol/settings.ts'
import { type BufferLimit, bufferedDuring, replicaBufferLimit } from './buffer-limit.ts'
import type { BufferTrack } from './buffer-tracks.ts'
import { causeOf, type LoopCause, limitReached, timeoutsOf } from './cause.ts'
import { type Rounds, roundsOf } from './rounds.ts'
import type { SyncHistory } from './sync-history.ts'

/** A replica of the server that answered our own questions. */
export interface KnownReplica {
  readonly name: string
  readonly identity?: ServerIdentity
  /** Its repl-timeout; absent if it is not known. */
  readonly timeoutSeconds?: number
}

/** The answers besides INFO. */
export interface LoopEvidence {
  /** Absent if CONFIG GET is not permitted, or not answered yet. */
  readonly settings?: Settings | undefined
  readonly replicas?: readonly KnownReplica[]
  /** The ACL rules without which the cause cannot be seen. */
  readonly missingRights?: readonly string[]
}

export interface ResyncLoop extends Rounds {
  /** The server that serves the replicas. */
  readonly master: string
  readonly overMs: number
  /** By how much the server's counters grew; absent if it does not print them. */
  readonly partialErrors?: number
  readonly forks?: number
  readonly cause: LoopCause
  /** Why the cause was not seen, in ACL rules. */
  readonly missingRights: readonly string[]
  /** The version of the server, and the replicas whose version is another one. */
  readonly version: string
  readonly otherVersions: readonly KnownReplica[]
  /** A replica whose repl-timeout is less than the default, and shorter than its full resync: a pause of that length ends its link. */
  readonly impatient?: KnownReplica
  /** The largest output buffer of a replica seen in CLIENT LIST. */
  readonly bufferBytes?: number
  /** Absent if CONFIG GET is not permitted. */
  readonly limit?: BufferLimit
  /** The repl-timeout that disconnected it, or else the master's. */
  readonly timeoutSeconds?: number
  /** The replica's own repl-timeout disconnected it. */
  readonly isReplicaTimeout?: boolean
  readonly backlogBytes?: number
  readonly writesBytesPerSecond: number
  /** How long a full resync takes: seen so far, or estimated. */
  readonly payloadSeconds: number
  /** What the buffer must hold to survive a full resync. */
  readonly neededBytes: number
}

const DEFAULT_TIMEOUT_SECONDS = 60
/** The assumed speed of a full resync if nothing better is known: a gigabit network. */
export const TRANSFER_BYTES_PER_SECOND = 100e6

/** @param master the name of the server whose history this is */
export function findLoop(
  history: SyncHistory,
  master: string,
  { settings, replicas = [], missingRights = [] }: LoopEvidence,
): ResyncLoop | undefined {
  const { counters, newest } = history
  const limit = settings && replicaBufferLimit(settings, newest?.identity)
  const rounds = roundsOf(history, limitReached(history, limit) !== undefined)
  if (!rounds || !counters || !newest) return undefined
  const { first, last } = counters
  const replicaTimeouts = replicas.flatMap(({ timeoutSeconds }) => timeoutSeconds ?? [])
  const timeouts = timeoutsOf(history, settings, replicaTimeouts)
  const timeoutSeconds = timeouts.cutBy ?? timeouts.own
  const writesBytesPerSecond = ((last.offset - first.offset) / Math.max(1, last.at - first.at)) * 1000
  const payloadSeconds = payloadSecondsOf(history)
  const peak = largest(history.buffers)
  const cause = causeOf(history, limit, timeouts)
  const isImpatient = ({ timeoutSeconds: own = 0 }: KnownReplica) => own > 0 && own < DEFAULT_TIMEOUT_SECONDS && own < payloadSeconds
  const impatient = replicas.find(isImpatient)
  const backlogBytes = newest.history?.backlog?.size
  return {
    master,
    ...rounds,
    overMs: history.now - first.at,
    ...growth('partialErrors', first.partialErrors, last.partialErrors),
    ...growth('forks', first.forks, last.forks),
    cause,
    missingRights,
    version: versionText(newest.identity),
    otherVersions: replicas.filter(({ identity }) => identity && versionText(identity) !== versionText(newest.identity)),
    ...(impatient && { impatient }),
    ...(peak && { bufferBytes: peak.peakBytes }),
    ...(limit && { limit }),
    ...(timeoutSeconds > 0 && { timeoutSeconds }),
    ...(cause === 'timeout' && timeouts.cutBy !== timeouts.own && { isReplicaTimeout: true }),
    ...(backlogBytes !== undefined && { backlogBytes }),
    writesBytesPerSecond,
    payloadSeconds,
    neededBytes: Math.max(bufferedDuring(writesBytesPerSecond, payloadSeconds), peak?.peakBytes ?? 0, ...cutLimit(cause, limit)),
  }
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

export function versionText(identity: ServerIdentity | undefined): string {
  return `${identity?.flavour ?? ''} ${identity?.version ?? ''}`.trim()
}
