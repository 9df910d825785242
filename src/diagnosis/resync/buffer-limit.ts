/** The output buffer of a replica on its master: its limit, and the limit that ends a resync loop. */
import { atLeast, type ServerIdentity } from '../../protocol/info/identity.ts'
import type { Settings } from '../../protocol/settings.ts'
import { type Remedy, settingRemedy } from '../remedy.ts'

/** client-output-buffer-limit of class replica; 0 means no limit. */
export interface BufferLimit {
  readonly hardBytes: number
  readonly softBytes: number
  readonly softSeconds: number
}

const MEGABYTE = 1024 * 1024
/** `replica 256mb 64mb 60` (config.c, clientBufferLimitsDefaults). */
const DEFAULT_LIMIT: BufferLimit = { hardBytes: 256 * MEGABYTE, softBytes: 64 * MEGABYTE, softSeconds: 60 }
/** Factor on the needed size: the replica also loads the RDB, and the next hour may be busier. */
const HEADROOM = 2

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

/** How many bytes the master buffers for a replica until the payload has arrived, at this write rate. */
export function bufferedDuring(bytesPerSecond: number, payloadSeconds: number): number {
  return bytesPerSecond * payloadSeconds
}

/**
 * The command that gives a replica's buffer enough room. Every command for this setting comes from here, so that `lag` and
 * `psync --full` give the same advice. Sizes are powers of two, since two measurements are never quite the same. No number is
 * lower than its default or its present value. The soft limit equals the hard limit, so it never acts first.
 *
 * @param neededBytes the largest amount seen in the buffer or calculated from the write rate
 * @param present undefined if unknown
 */
export function largerLimitCommand(neededBytes: number, present: BufferLimit | undefined): string {
  const { hardBytes, softSeconds } = present ?? DEFAULT_LIMIT
  const size = `${limitMegabytes(neededBytes, present)}mb`
  const hard = hardBytes === 0 ? '0' : size
  return `CONFIG SET client-output-buffer-limit "replica ${hard} ${size} ${Math.max(DEFAULT_LIMIT.softSeconds, softSeconds)}"`
}

/** The same with what it costs. @param server the master, which holds the buffer */
export function largerLimit(server: string, neededBytes: number, present: BufferLimit | undefined): Remedy {
  const cost = `Each slow replica may then use up to ${limitMegabytes(neededBytes, present)}mb of memory there.`
  return settingRemedy(server, [largerLimitCommand(neededBytes, present)], cost)
}

function limitMegabytes(neededBytes: number, present: BufferLimit | undefined): number {
  const { hardBytes, softBytes } = present ?? DEFAULT_LIMIT
  const room = Math.max(DEFAULT_LIMIT.hardBytes, HEADROOM * neededBytes, hardBytes, softBytes)
  return 2 ** Math.ceil(Math.log2(room / MEGABYTE))
}
