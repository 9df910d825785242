/** What a full resync took, from the events of its visit. Phase times come from the timestamps of the events. */

import { explain } from '../../diagnosis/errors/explain.ts'
import type { BufferFigures, ResyncFigures } from '../../diagnosis/psync/resync.ts'
import { type BufferLimit, replicaBufferLimit } from '../../diagnosis/resync/buffer-limit.ts'
import { isRefusal } from '../../engine/ask/informant.ts'
import type { BufferEvent } from '../../engine/events.ts'
import type { Visit } from '../../engine/visit.ts'
import { forkGuard } from '../../handshake/guard.ts'

/** The guards under which a full resync uses two connections. */
const CHANNELS = ['rdb-channel', 'dual-channel']

/** If a visit ends early, the figures of the phases that it did not reach are 0. */
export function resyncFigures(visit: Visit): ResyncFigures {
  const { verdict, 'payload-start': start, 'payload-end': end, live, 'save-cost': cost } = visit.seen
  const framing = start?.framing.kind ?? 'length'
  const snapshotOffset = verdict?.verdict.kind === 'full' ? verdict.verdict.offset : 0
  const delaySeconds = Number(visit.seen.server?.settings?.get('repl-diskless-sync-delay') ?? 0)
  return {
    framing,
    waitMs: (start?.at ?? 0) - psyncSentAt(visit),
    ...(framing === 'eof-mark' && delaySeconds > 0 && { delaySeconds }),
    ...payloadOf(visit),
    ...(live && { catchUp: catchUpOf(live, end?.at ?? 0, snapshotOffset) }),
    snapshotOffset,
    endOffset: live?.offset ?? snapshotOffset,
    spanMs: Math.max(0, (live?.at ?? end?.at ?? 0) - (verdict?.at ?? 0)),
    ...(cost?.forkUsec !== undefined && { forkUsec: cost.forkUsec }),
    ...(cost?.cowBytes !== undefined && { cowBytes: cost.cowBytes }),
    hasChannel: hasChannel(visit),
    ...lossOf(visit),
    ...bufferOf(visit),
  }
}

function payloadOf({ seen: { 'payload-start': start, 'payload-end': end } }: Visit) {
  if (!end) return { transferMs: 0, payloadBytes: 0 }
  return { transferMs: end.at - (start?.at ?? 0), payloadBytes: end.bytes, checksum: end.checksum }
}

/** A refusal does not lose the connection, and a loss after we had caught up changes no figure. */
function lossOf({ warnings, seen: { live } }: Visit): Pick<ResyncFigures, 'lost'> {
  const before = warnings.filter(({ at }) => live === undefined || at <= live.at)
  const causes = before.flatMap(({ code, cause }) => (cause && (code === 'INFO_LOST' || code === 'NO_INFO') ? [cause] : []))
  const lost = causes.find((cause) => !isRefusal(cause))
  return lost ? { lost: explain(lost).what } : {}
}

/** The limit of our output buffer on the master, and how much of it was used. */
export function bufferOf({ seen: { server }, buffers }: Visit): { readonly buffer?: BufferFigures; readonly limit?: BufferLimit } {
  const limit = server?.settings && replicaBufferLimit(server.settings, server.identity)
  const buffer = bufferFigures(buffers, limit)
  return { ...(buffer && { buffer }), ...(limit && { limit }) }
}

/** The lower of both limits; 0 without a limit. */
export function lowestLimit({ hardBytes, softBytes }: BufferLimit): number {
  return Math.min(hardBytes || softBytes, softBytes || hardBytes)
}

/** When PSYNC was sent. */
function psyncSentAt({ exchanges }: Visit): number {
  const psync = exchanges.findLast(({ state }) => state === 'RECEIVE_PSYNC')
  return psync ? psync.at - psync.rttMs : 0
}

function catchUpOf(live: NonNullable<Visit['seen']['live']>, endedAt: number, snapshotOffset: number) {
  const { at, offset, isMet, masterOffset } = live
  return { ms: at - endedAt, bytes: offset - snapshotOffset, isMet, behind: Math.max(0, masterOffset - offset) }
}

function hasChannel({ seen: { server } }: Visit): boolean {
  return server !== undefined && CHANNELS.includes(forkGuard(server.identity, server.settings).name)
}

function bufferFigures(all: readonly BufferEvent[], limit: BufferLimit | undefined): BufferFigures | undefined {
  const scope = all.some((sample) => sample.scope === 'ours') ? 'ours' : 'all replicas'
  const samples = all.filter((sample) => sample.scope === scope)
  if (samples.length === 0) return undefined
  const peakBytes = samples.reduce((peak, { bytes }) => Math.max(peak, bytes), 0)
  return { peakBytes, samples: samples.length, aboveSoftMs: longestAbove(samples, limit?.softBytes ?? 0), scope }
}

/** What a growing buffer would hold one sample after the last one. */
export function bytesBySample(samples: readonly BufferEvent[]): number {
  const [before, last] = [samples.at(-2)?.bytes ?? 0, samples.at(-1)?.bytes ?? 0]
  return last + Math.max(0, last - before)
}

/** The longest stretch of samples above a level, in milliseconds. */
function longestAbove(samples: readonly BufferEvent[], level: number): number {
  let longest = 0
  let since: number | undefined
  for (const { at, bytes } of samples) {
    since = level > 0 && bytes > level ? (since ?? at) : undefined
    if (since !== undefined) longest = Math.max(longest, at - since)
  }
  return longest
}
