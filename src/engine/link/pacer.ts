/**
 * Keeps a payload below a rate by reading no faster. Meanwhile the commands after the RDB accumulate in our output buffer on
 * the master. The pacer lifts the rate before that buffer overflows, since the master would then drop the link.
 */

import type { WarningCode } from '../../diagnosis/psync/verdict.ts'
import type { BufferLimit } from '../../diagnosis/resync/buffer-limit.ts'
import { now } from '../../io/clock.ts'
import type { Batch } from '../events.ts'

/** When the buffer limit is unknown it may be small: a growing buffer above this size lifts the rate. */
const ALWAYS_SAFE_BYTES = 1024 * 1024
/** Pauses per second, unless that makes the reads smaller than SMALLEST_READ_BYTES. */
const PAUSES_A_SECOND = 10
const SMALLEST_READ_BYTES = 16 * 1024
/** Share of the buffer limit at which the rate is lifted. The remaining share must last for the rest of the payload. */
const LIFTED_AT = 0.25

/** The largest read in bytes. Large reads cost least, but a rate makes long pauses follow them. */
export function readLimit(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return Number.POSITIVE_INFINITY
  return Math.max(SMALLEST_READ_BYTES, Math.ceil(bytesPerSecond / PAUSES_A_SECOND))
}

export class Pacer {
  readonly #bytesPerSecond: number
  /** Undefined when unknown. */
  readonly #limitBytes: number | undefined
  #began: number | undefined
  #bytes = 0
  /** The newest known size of our output buffer. */
  #bufferedBytes = 0
  #isLifted = false

  constructor(bytesPerSecond: number, limit: BufferLimit | undefined) {
    this.#bytesPerSecond = bytesPerSecond
    const limits = [limit?.hardBytes ?? 0, limit?.softBytes ?? 0].filter((bytes) => bytes > 0)
    this.#limitBytes = limit && Math.min(...limits, Number.POSITIVE_INFINITY)
  }

  /** Checks the observations before the first byte. Warns when the buffer or its limit cannot be watched. */
  *begin(initial: Batch): Generator<Batch> {
    const isVisible = initial.some(({ type }) => type === 'buffer')
    if (!isVisible) yield [warning('RATE_UNWATCHED')]
    else if (this.#limitBytes === undefined) yield [warning('RATE_LIMIT_UNKNOWN')]
    yield* this.watch(initial)
  }

  /** How long to pause after these bytes, in milliseconds. */
  pauseMs(bytes: number, at: number): number {
    this.#began ??= at
    this.#bytes += bytes
    if (this.#isLifted) return 0
    return Math.max(0, this.#began + (this.#bytes / this.#bytesPerSecond) * 1000 - at)
  }

  /** Yields the same events, and then a warning when the rate has to be lifted. */
  *watch(events: Batch): Generator<Batch> {
    if (events.length > 0) yield events
    const isFull = events.some((event) => event.type === 'buffer' && this.#isTooFull(event.bytes))
    if (!isFull || this.#isLifted) return
    this.#isLifted = true
    yield [warning(this.#limitBytes === undefined ? 'RATE_LIFTED_EARLY' : 'RATE_LIFTED')]
  }

  #isTooFull(bytes: number): boolean {
    const isGrowing = bytes > this.#bufferedBytes
    this.#bufferedBytes = bytes
    if (this.#limitBytes === undefined) return isGrowing && bytes > ALWAYS_SAFE_BYTES
    return bytes >= this.#limitBytes * LIFTED_AT
  }
}

function warning(code: WarningCode) {
  return { type: 'warning', at: now(), code } as const
}
