/**
 * Keeps a payload below a rate by reading no faster. What the master cannot send meanwhile, the commands behind the RDB, waits in
 * its output buffer for us; before that runs over, and with it the dump, the rate is lifted.
 */
import type { BufferLimit } from '../../diagnosis/psync/resync.ts'
import type { WarningCode } from '../../diagnosis/psync/verdict.ts'
import { now } from '../../io/clock.ts'
import type { Batch } from '../events.ts'

/** Where the limit cannot be asked it may be small: how much may wait, and still grow. */
const ALWAYS_SAFE_BYTES = 1024 * 1024
/** How many pauses there are in a second, where the reads are not too small for that. */
const PAUSES_A_SECOND = 10
const SMALLEST_READ_BYTES = 16 * 1024
/** Of the limit, when the rate is lifted: what is left has to last until the rest has been sent. */
const LIFTED_AT = 0.25

/** How many bytes to read at once at most: large reads cost least, but with a rate to keep they are followed by long pauses. */
export function readLimit(bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) return Number.POSITIVE_INFINITY
  return Math.max(SMALLEST_READ_BYTES, Math.ceil(bytesPerSecond / PAUSES_A_SECOND))
}

export class Pacer {
  readonly #bytesPerSecond: number
  /** Undefined where it cannot be asked. */
  readonly #limitBytes: number | undefined
  #began: number | undefined
  #bytes = 0
  /** What was seen to wait for us. */
  #waiting = 0
  #isLifted = false

  constructor(bytesPerSecond: number, limit: BufferLimit | undefined) {
    this.#bytesPerSecond = bytesPerSecond
    const limits = [limit?.hardBytes ?? 0, limit?.softBytes ?? 0].filter((bytes) => bytes > 0)
    this.#limitBytes = limit && Math.min(...limits, Number.POSITIVE_INFINITY)
  }

  /** What the server tells before the first byte, and a warning where that is not enough to be safe. */
  *begin(told: Batch): Generator<Batch> {
    const isSeen = told.some(({ type }) => type === 'buffer')
    if (!isSeen) yield [warning('RATE_UNWATCHED')]
    else if (this.#limitBytes === undefined) yield [warning('RATE_LIMIT_UNKNOWN')]
    yield* this.watch(told)
  }

  /** For how long to read nothing after these bytes, in milliseconds. */
  pauseMs(bytes: number, at: number): number {
    this.#began ??= at
    this.#bytes += bytes
    if (this.#isLifted) return 0
    return Math.max(0, this.#began + (this.#bytes / this.#bytesPerSecond) * 1000 - at)
  }

  /** The same events, and a warning behind them when the rate has to be lifted. */
  *watch(events: Batch): Generator<Batch> {
    if (events.length > 0) yield events
    const isFull = events.some((event) => event.type === 'buffer' && this.#isTooFull(event.bytes))
    if (!isFull || this.#isLifted) return
    this.#isLifted = true
    yield [warning(this.#limitBytes === undefined ? 'RATE_LIFTED_EARLY' : 'RATE_LIFTED')]
  }

  #isTooFull(bytes: number): boolean {
    const isGrowing = bytes > this.#waiting
    this.#waiting = bytes
    if (this.#limitBytes === undefined) return isGrowing && bytes > ALWAYS_SAFE_BYTES
    return bytes >= this.#limitBytes * LIFTED_AT
  }
}

function warning(code: WarningCode) {
  return { type: 'warning', at: now(), code } as const
}
