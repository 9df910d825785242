/** Judges a full resync: could a replica finish it? If its output buffer overflows every time, it is in a resync loop. */
import { isPingsOnly } from '../lag/write-rate.ts'
import { type BufferLimit, bufferedDuring, largerLimitCommand } from '../resync/buffer-limit.ts'
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
  /** How the connection for INFO and CLIENT LIST was lost before the live end, as a sentence: what the buffer held then is unknown. */
  readonly lost?: string
  /** Replicas of this server receive RDB and stream on two connections and buffer the stream themselves; we do not. */
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

type ResyncRisk = 'SAFE' | 'CLOSE' | 'LOOP' | 'BEHIND' | 'UNKNOWN'

export interface ResyncJudgement {
  readonly risk: ResyncRisk
  readonly sentences: readonly string[]
  readonly commands: readonly string[]
}

/** A buffer this full leaves no room for a slower disk or a busier hour. */
const CLOSE_SHARE = 0.5
/** A few writes in a short time say nothing of the next hours. */
const MOST_TIMES_AHEAD = 1000

export function judgeResync(figures: ResyncFigures): ResyncJudgement {
  const { catchUp, limit, buffer } = figures
  const risk = riskOf(figures)
  const sentences = [awayText(figures), ...(buffer && limit ? [bufferText(figures, buffer, limit)] : [])]
  if (catchUp && !catchUp.isMet) sentences.push(`It does not catch up: ${exact(catchUp.behind)} bytes behind when we gave up.`)
  if (figures.hasChannel) sentences.push(CHANNEL)
  const text = { SAFE: SAFE, CLOSE: CLOSE, LOOP: LOOP, BEHIND: BEHIND, UNKNOWN: unknownText(figures) }[risk]
  const commands = risk === 'CLOSE' || risk === 'LOOP' ? [largerLimitCommand(neededBytes(figures), limit)] : []
  return { risk, sentences: [...sentences, text], commands }
}

const CHANNEL = 'Replicas of this version take the stream on a connection of its own and buffer it themselves; we do not.'
const SAFE = 'No resync loop is to be expected at this write rate.'
const CLOSE = 'A slower network or disk, or more writes, would get the replica cut off in the middle, and it would begin again:'
const LOOP = 'A replica would be cut off and begin again, each time with a fork: a resync loop. More room for its buffer ends it:'
const BEHIND = 'The master writes faster than this link takes it: more buffer only puts the end off.'

function riskOf({ catchUp, buffer, limit, lost }: ResyncFigures): ResyncRisk {
  if (catchUp && !catchUp.isMet) return 'BEHIND'
  if (!buffer || !limit) return 'UNKNOWN'
  const { hardBytes, softBytes, softSeconds } = limit
  const isOver = (hardBytes > 0 && buffer.peakBytes >= hardBytes) || (softBytes > 0 && buffer.aboveSoftMs >= softSeconds * 1000)
  if (isOver) return 'LOOP'
  const isClose = (hardBytes > 0 && buffer.peakBytes >= hardBytes * CLOSE_SHARE) || (softBytes > 0 && buffer.peakBytes > softBytes)
  if (isClose) return 'CLOSE'
  // What was not seen may have been more.
  return catchUp && lost === undefined ? 'SAFE' : 'UNKNOWN'
}

/** Names what is missing and why. Rights are only named when the connection for the questions held. */
function unknownText({ catchUp, buffer, limit, lost }: ResyncFigures): string {
  const start = 'It is unknown whether a replica’s output buffer would overflow'
  if (lost) return `${start}, because the connection for INFO and CLIENT LIST was lost. ${lost}`
  const missing = [
    ...(catchUp ? [] : ['INFO did not show the live end to catch up with (+info)']),
    ...(buffer ? [] : ['CLIENT LIST did not show the buffer (+client|list)']),
    ...(limit ? [] : ['CONFIG GET did not show its limit (+config|get)']),
  ]
  return `${start}: ${missing.join(', and ')}.`
}

/** The larger of what the buffer held and what the master writes while a replica receives the RDB: `lag` sizes it the same way. */
function neededBytes({ buffer, snapshotOffset, endOffset, spanMs, waitMs, transferMs }: ResyncFigures): number {
  const bytesPerSecond = ((endOffset - snapshotOffset) / Math.max(1, spanMs)) * 1000
  return Math.max(buffer?.peakBytes ?? 0, bufferedDuring(bytesPerSecond, (waitMs + transferMs) / 1000))
}

function awayMs({ waitMs, transferMs, catchUp }: ResyncFigures): number {
  return waitMs + transferMs + (catchUp?.ms ?? 0)
}

function awayText(figures: ResyncFigures): string {
  return `A replica would be away for ${duration(awayMs(figures))}, and for as long as it takes it to load ${human(figures.payloadBytes)}.`
}

/** Includes how long the load may take before the growing buffer overflows. */
function bufferText(figures: ResyncFigures, buffer: BufferFigures, { hardBytes, softBytes, softSeconds }: BufferLimit): string {
  const of = hardBytes > 0 ? ` of ${exact(hardBytes)} (${((buffer.peakBytes / hardBytes) * 100).toFixed(1)} %)` : ', without a hard limit'
  const whose = buffer.scope === 'ours' ? 'The output buffer of this replica' : 'The output buffers of all replicas together'
  const soft = softBytes > 0 && buffer.peakBytes > softBytes ? `, above the soft limit of ${exact(softBytes)} (${softSeconds} s)` : ''
  const written = figures.endOffset - figures.snapshotOffset
  const perMs = isPingsOnly(written, figures.spanMs) ? 0 : written / Math.max(1, figures.spanMs)
  const roomMs = hardBytes > 0 && perMs > 0 ? (hardBytes - buffer.peakBytes) / perMs : undefined
  const isFar = roomMs === undefined || roomMs > figures.spanMs * MOST_TIMES_AHEAD
  const room = !isFar && roomMs > 0 ? ` Loading may take ${duration(roomMs)} more before it is full.` : ''
  return `${whose} grew to ${exact(buffer.peakBytes)} bytes${of}${soft}.${room}`
}
