/**
 * Links that a master cuts because what it copies for us overruns its output buffer limit. Up to 6.2 a partial resync copies the
 * whole range into the buffer at once (replication.c, addReplyReplicationBacklog), and a replica over client-output-buffer-limit
 * is disconnected before anything is written (networking.c, asyncCloseClientOnOutputBufferLimitReached). Since 7.0 replicas share
 * the backlog's memory, and the hard limit is at least repl-backlog-size.
 */
import { type BufferLimit, replicaBufferLimit } from '../diagnosis/resync/buffer-limit.ts'
import { ReplError } from '../errors.ts'
import type { Position } from '../protocol/history.ts'
import { atLeast } from '../protocol/info/identity.ts'
import type { ServerEvent } from './events.ts'

/** A link that ended after its stream had begun. Offsets are those of the last byte. */
export interface CutLink {
  readonly server: ServerEvent | undefined
  /** Before the stream. */
  readonly begin: number
  /** Before the first command to show. What comes earlier is only read to learn the selected database. */
  readonly showAfter: number
  readonly received: Position
  /** The live end right before PSYNC. */
  readonly live: number
}

export interface Overrun {
  readonly error: ReplError
  /** Where to start anew without a look-back; absent if there was none. */
  readonly restart?: Position
  /** Whether the next link would be cut the same way. */
  readonly isFinal: boolean
}

/** Without the right to CONFIG GET, a range below this size is not suspected: no useful limit is that low. */
const SUSPECT_BYTES = 64 * 1024
/** The look-back leaves the other half to what is written until PSYNC arrives, and to the overhead of the buffer. */
const LOOK_BACK_SHARE = 0.5
const MEGABYTE = 1024 * 1024
/** The defaults of Redis, in megabytes. */
const DEFAULT_HARD = 256
const DEFAULT_SOFT = 64

export class Overruns {
  #mayLookBack = true
  #cutsInVain = 0

  /** How many bytes the output buffer leaves for a look-back. */
  lookBackBytes(server: ServerEvent | undefined): number {
    if (!this.#mayLookBack) return 0
    return Math.floor(lowest(limitOf(server)) * LOOK_BACK_SHARE)
  }

  /** @returns undefined if the link broke for another reason */
  judge(error: unknown, cut: CutLink): Overrun | undefined {
    const { received } = cut
    const isEnd = error instanceof ReplError && ['STREAM_ENDED', 'RESET'].includes(error.details.reason)
    const limit = limitOf(cut.server)
    const rangeBytes = cut.live - cut.begin
    if (!isEnd || received.offset >= cut.live || rangeBytes < (limit ? lowest(limit) : SUSPECT_BYTES)) {
      this.#cutsInVain = 0
      return undefined
    }
    const facts = { rangeBytes, ...(limit && { limitBytes: lowest(limit) }) }
    this.#cutsInVain = received.offset > cut.begin ? 0 : this.#cutsInVain + 1
    const requestedBytes = cut.live - Math.max(cut.begin, cut.showAfter)
    if (received.offset < cut.showAfter && (!limit || requestedBytes < lowest(limit))) {
      this.#mayLookBack = false
      const restart = { replid: received.replid, offset: cut.showAfter }
      return { error: new ReplError('LOOK_BACK_CUT', facts, error), restart, isFinal: false }
    }
    const isFinal = this.#cutsInVain >= (limit ? 1 : 2)
    return { error: new ReplError('OUTPUT_BUFFER', { ...facts, ...advice(cut) }, error), isFinal }
  }
}

/** Undefined where CONFIG is not permitted. */
function limitOf(server: ServerEvent | undefined): BufferLimit | undefined {
  return server?.settings && replicaBufferLimit(server.settings, server.identity)
}

/** The lower of both limits in bytes. */
function lowest(limit: BufferLimit | undefined): number {
  const set = [limit?.hardBytes ?? 0, limit?.softBytes ?? 0].filter((bytes) => bytes > 0)
  return Math.min(Number.POSITIVE_INFINITY, ...set)
}

/** Never less than the defaults, and room for twice the range. */
function advice({ server, live, begin }: CutLink) {
  const roomMb = Math.ceil((2 * (live - begin)) / MEGABYTE)
  const isNamedReplica = server?.identity === undefined || atLeast(server.identity.version, 5)
  return {
    limitClass: isNamedReplica ? 'replica' : 'slave',
    hardMb: Math.max(DEFAULT_HARD, roomMb),
    softMb: Math.max(DEFAULT_SOFT, roomMb),
  } as const
}
