/** Judges a full resync: could a replica finish it? If its output buffer overflows every time, it is in a resync loop. */
import { atLeast, type ServerIdentity } from '../../protocol/info/identity.ts'
import type { Settings } from '../../protocol/settings.ts'
import { duration, exact, bytes as human } from '../units.ts'

/** Figures of one full resync; a figure that the server does not report is absent. */
export interface ResyncFigures {
  readonly framing: 'length' | 'eof-mark'
  readonly waitMs: number
  /** The part of the wait in which the server gathers replicas (repl-diskless-sync-delay). */
  readonly delaySeconds?: number
  readonly transferMs: number
  readonly payloadBytes: number
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
  /** How the connection for INFO and CLIENT LIST was lost, as a sentence: the buffer may be missing. */
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

/** client-output-buffer-limit of class replica; 0 means no limit. */
export interface BufferLimit {
  readonly hardBytes: number
  readonly softBytes: number
  readonly softSeconds: number
}

type ResyncRisk = 'SAFE' | 'CLOSE' | 'LOOP' | 'BEHIND' | 'UNKNOWN'

export interface ResyncJudgement {
  readonly risk: ResyncRisk
  readonly sentences: readonly string[]
  readonly commands: readonly string[]
}

const MEGABYTE = 1024 * 1024
/** A buffer this full leaves no room for a slower disk or a busier hour. */
const CLOSE_SHARE = 0.5

/** Parses CONFIG GET client-output-buffer-limit, `class hard soft seconds` for each class. Undefined without class replica. */
export function replicaBufferLimit(settings: Settings, server: ServerIdentity | undefined): BufferLimit | undefined {
  const line = settings.get('client-output-buffer-limit') ?? ''
  const [, hard, soft, seconds] = /(?:slave|replica) (\d+) (\d+) (\d+)/.exec(line) ?? []
  if (hard === undefined || soft === undefined || seconds === undefined) return undefined
  // Since 7.0 replicas share their buffer with the backlog, and the server raises a lower limit to the backlog size
  // (networking.c, checkClientOutputBufferLimits).
  const isShared = !isLikeOldRedis(server)
  const backlogBytes = isShared ? Number(settings.get('repl-backlog-size') ?? 0) : 0
  const hardBytes = Number(hard) > 0 ? Math.max(Number(hard), backlogBytes) : 0
  return { hardBytes, softBytes: Number(soft), softSeconds: Number(seconds) }
}

/** KeyDB, whose own versions end at 6.3, handles the limit like Redis 6.2. */
function isLikeOldRedis(server: ServerIdentity | undefined): boolean {
  return (server?.flavour === 'redis' || server?.flavour === 'keydb') && !atLeast(server.version, 7)
}

export function judgeResync(figures: ResyncFigures): ResyncJudgement {
  const { catchUp, limit, buffer } = figures
  const risk = riskOf(figures)
  const sentences = [awayText(figures), ...(buffer && limit ? [bufferText(figures, buffer, limit)] : [])]
  if (catchUp && !catchUp.isMet) sentences.push(`It does not catch up: ${exact(catchUp.behind)} bytes behind when we gave up.`)
  if (figures.hasChannel) sentences.push(CHANNEL)
  const text = { SAFE: SAFE, CLOSE: CLOSE, LOOP: LOOP, BEHIND: BEHIND, UNKNOWN: unknownText(figures) }[risk]
  const commands = risk === 'CLOSE' || risk === 'LOOP' ? [largerLimitCommand(buffer?.peakBytes ?? 0, limit?.hardBytes ?? 0)] : []
  return { risk, sentences: [...sentences, text], commands }
}

const CHANNEL = 'Replicas of this version take the stream on a connection of its own and buffer it themselves; we do not.'
const SAFE = 'No resync loop is to be expected at this write rate.'
const CLOSE = 'A slower network or disk, or more writes, would get the replica cut off in the middle, and it would begin again:'
const LOOP = 'A replica would be cut off and begin again, each time with a fork: a resync loop. More room for its buffer ends it:'
const BEHIND = 'The master writes faster than this link takes it: more buffer only puts the end off.'

function riskOf({ catchUp, buffer, limit }: ResyncFigures): ResyncRisk {
  if (catchUp && !catchUp.isMet) return 'BEHIND'
  if (!buffer || !limit) return 'UNKNOWN'
  const { hardBytes, softBytes, softSeconds } = limit
  const isOver = (hardBytes > 0 && buffer.peakBytes >= hardBytes) || (softBytes > 0 && buffer.aboveSoftMs >= softSeconds * 1000)
  if (isOver) return 'LOOP'
  const isClose = (hardBytes > 0 && buffer.peakBytes >= hardBytes * CLOSE_SHARE) || (softBytes > 0 && buffer.peakBytes > softBytes)
  return isClose ? 'CLOSE' : 'SAFE'
}

/** Names what is missing and why. Rights are only named when the connection for the questions held. */
function unknownText({ buffer, limit, lost }: ResyncFigures): string {
  const start = 'It is unknown whether a replica’s output buffer would overflow'
  if (lost) return `${start}, because the connection for INFO and CLIENT LIST was lost. ${lost}`
  const missing = [
    ...(buffer ? [] : ['CLIENT LIST did not show the buffer (+client|list)']),
    ...(limit ? [] : ['CONFIG GET did not show its limit (+config|get)']),
  ]
  return `${start}: ${missing.join(', and ')}.`
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
  const perMs = (figures.endOffset - figures.snapshotOffset) / Math.max(1, figures.spanMs)
  const roomMs = hardBytes > 0 && perMs > 0 ? (hardBytes - buffer.peakBytes) / perMs : undefined
  const room = roomMs !== undefined && roomMs > 0 ? ` Loading may take ${duration(roomMs)} more before it is full.` : ''
  return `${whose} grew to ${exact(buffer.peakBytes)} bytes${of}${soft}.${room}`
}

/** Twice the needed size. The soft limit equals the hard limit, so it has no effect of its own. */
export function largerLimitCommand(peakBytes: number, hardBytes: number): string {
  const needed = Math.ceil((2 * Math.max(peakBytes, hardBytes)) / MEGABYTE)
  return `CONFIG SET client-output-buffer-limit "replica ${needed}mb ${needed}mb 0"`
}
