/** Judges a full resync: could a replica finish it? If its output buffer overflows every time, it is in a resync loop. */
import type { ErrorCode } from '../../errors.ts'
import { isPingsOnly } from '../lag/write-rate.ts'
import type { Remedy } from '../remedy.ts'
import { type BufferLimit, bufferedDuring, largerLimit } from '../resync/buffer-limit.ts'
import { duration, exact, bytes as human } from '../units.ts'

/** Figures of one full resync; a figure that the server does not report is absent. */
export interface ResyncFigures {
  readonly framing: 'length' | 'eof-mark'
  readonly waitMs: number
  /** The part of the wait in which the server gathers replicas (repl-diskless-sync-delay). */
  readonly delaySeconds?: number
  readonly transferMs: number
  readonly payloadBytes: number
  /** unchecked: the server wrote none (rdbchecksum no). Absent if the payload did not end. */
  readonly checksum?: 'verified' | 'unchecked'
  /** Absent without INFO. */
  readonly catchUp?: { readonly ms: number; readonly bytes: number; readonly isMet: boolean; readonly behind: number }
  readonly snapshotOffset: number
  readonly endOffset: number
  /** From the snapshot to the live end. The master wrote endOffset - snapshotOffset bytes in this time. */
  readonly spanMs: number
  readonly forkUsec?: number
  readonly cowBytes?: number
  readonly buffer?: BufferFigures
  readonly limit?: BufferLimit
  /** How the connection for INFO and CLIENT LIST was lost before we had caught up, as a sentence. The buffer is unknown from then on. */
  readonly lost?: string
  /** Replicas of this server receive the RDB and the stream on two connections, and buffer the stream themselves. We do not. */
  readonly hasChannel: boolean
}

/** Our output buffer on the master, sampled from CLIENT LIST about every 100 ms. */
export interface BufferFigures {
  readonly peakBytes: number
  readonly samples: number
  /** The longest time without a sample below the soft limit. */
  readonly aboveSoftMs: number
  readonly scope: 'ours' | 'all replicas'
}

export type ResyncRisk = 'SAFE' | 'CLOSE' | 'LOOP' | 'BEHIND' | 'UNKNOWN'

export interface ResyncJudgement {
  readonly risk: ResyncRisk
  /** The answer in one sentence. */
  readonly text: string
  /** What it rests on, one sentence each. */
  readonly reasons: readonly string[]
  readonly remedy?: Remedy
}

/** A buffer this full leaves no room for a slower disk or a busier hour. */
const CLOSE_SHARE = 0.5
/** A few writes in a short time say nothing about the next hours. */
const MOST_TIMES_AHEAD = 1000

/** @param server the master, where a setting would help */
export function judgeResync(figures: ResyncFigures, server: string): ResyncJudgement {
  const { catchUp, limit, buffer } = figures
  const risk = riskOf(figures)
  const reasons = [
    awayText(figures),
    ...(buffer && limit ? [bufferText(figures, buffer, limit)] : []),
    ...(catchUp && !catchUp.isMet ? [`It was still ${exact(catchUp.behind)} bytes behind when we gave up.`] : []),
    ...(figures.hasChannel ? [CHANNEL] : []),
    ...OUTLOOKS[risk],
  ]
  const hasRemedy = risk === 'CLOSE' || risk === 'LOOP'
  return {
    risk,
    text: risk === 'UNKNOWN' ? unknownText(figures) : ANSWERS[risk],
    reasons,
    ...(hasRemedy && { remedy: largerLimit(server, neededBytes(figures), limit) }),
  }
}

/** The answer is no if a replica would never finish a full resync, or never catch up. */
export function resyncCode({ risk }: ResyncJudgement): ErrorCode | undefined {
  return risk === 'LOOP' || risk === 'BEHIND' ? 'EXPECTATION_FAILED' : undefined
}

const CHANNEL = 'Replicas of this version receive the stream on a second connection and buffer it themselves. We do not.'

const ANSWERS: Record<Exclude<ResyncRisk, 'UNKNOWN'>, string> = {
  SAFE: 'A replica can finish a full resync at this write rate.',
  CLOSE: 'A replica can finish a full resync at this write rate, but with little room in its output buffer.',
  LOOP: 'A replica would never finish a full resync: the master would disconnect it each time (a resync loop).',
  BEHIND: 'A replica would never catch up: the master writes faster than this link receives.',
}

/** What to do, or what to expect. */
const OUTLOOKS: Record<ResyncRisk, readonly string[]> = {
  SAFE: [],
  CLOSE: ['With a slower network or disk, or more writes, the master would disconnect it, and it would start again.'],
  LOOP: ['Each attempt forks the master again. More room for its output buffer ends the loop.'],
  BEHIND: ['More output buffer would only delay the end.'],
  UNKNOWN: [],
}

function riskOf({ catchUp, buffer, limit, lost }: ResyncFigures): ResyncRisk {
  if (catchUp && !catchUp.isMet) return 'BEHIND'
  if (!buffer || !limit) return 'UNKNOWN'
  const { hardBytes, softBytes, softSeconds } = limit
  const isOver = (hardBytes > 0 && buffer.peakBytes >= hardBytes) || (softBytes > 0 && buffer.aboveSoftMs >= softSeconds * 1000)
  if (isOver) return 'LOOP'
  const isClose = (hardBytes > 0 && buffer.peakBytes >= hardBytes * CLOSE_SHARE) || (softBytes > 0 && buffer.peakBytes > softBytes)
  if (isClose) return 'CLOSE'
  // The buffer may have been larger when it was not watched.
  return catchUp && lost === undefined ? 'SAFE' : 'UNKNOWN'
}

/** What is missing and why. A lost connection is not blamed on missing rights. */
function unknownText({ catchUp, buffer, limit, lost }: ResyncFigures): string {
  const start = 'It is unknown whether a replica’s output buffer would overflow'
  if (lost) return `${start}, because the connection for INFO and CLIENT LIST was lost. ${lost}`
  const missing = [
    ...(catchUp ? [] : ['INFO did not show the offset to catch up with (+info)']),
    ...(buffer ? [] : ['CLIENT LIST did not show the buffer (+client|list)']),
    ...(limit ? [] : ['CONFIG GET did not show its limit (+config|get)']),
  ]
  return `${start}: ${missing.join(', and ')}.`
}

/** The larger of what the buffer held and what the master writes while a replica receives the RDB. `lag` calculates the same. */
function neededBytes({ buffer, snapshotOffset, endOffset, spanMs, waitMs, transferMs }: ResyncFigures): number {
  const bytesPerSecond = ((endOffset - snapshotOffset) / Math.max(1, spanMs)) * 1000
  return Math.max(buffer?.peakBytes ?? 0, bufferedDuring(bytesPerSecond, (waitMs + transferMs) / 1000))
}

function awayMs({ waitMs, transferMs, catchUp }: ResyncFigures): number {
  return waitMs + transferMs + (catchUp?.ms ?? 0)
}

function awayText(figures: ResyncFigures): string {
  return `A replica would be unavailable for ${duration(awayMs(figures))}, plus the time to load ${human(figures.payloadBytes)}.`
}

/** Also how much longer the replica may load before its growing buffer is full. */
function bufferText(figures: ResyncFigures, buffer: BufferFigures, { hardBytes, softBytes, softSeconds }: BufferLimit): string {
  const of = hardBytes > 0 ? ` of ${exact(hardBytes)} (${((buffer.peakBytes / hardBytes) * 100).toFixed(1)} %)` : ', without a hard limit'
  const whose = buffer.scope === 'ours' ? 'The output buffer of this replica' : 'The output buffers of all replicas together'
  const soft = softBytes > 0 && buffer.peakBytes > softBytes ? `, above the soft limit of ${exact(softBytes)} (${softSeconds} s)` : ''
  const written = figures.endOffset - figures.snapshotOffset
  const perMs = isPingsOnly(written, figures.spanMs) ? 0 : written / Math.max(1, figures.spanMs)
  const roomMs = hardBytes > 0 && perMs > 0 ? (hardBytes - buffer.peakBytes) / perMs : undefined
  const isFar = roomMs === undefined || roomMs > figures.spanMs * MOST_TIMES_AHEAD
  const room = !isFar && roomMs > 0 ? ` It would be full after ${duration(roomMs)} more of loading.` : ''
  return `${whose} peaked at ${exact(buffer.peakBytes)} bytes${of}${soft}.${room}`
}
