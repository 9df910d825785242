/**
 * Keeps a payload below a rate by reading no faster. What the master cannot send meanwhile, the commands behind the RDB, waits in
 * its output buffer for us; before that runs over, and with it the dump, the rate is lifted.
 */
import type { BufferLimit } from '../diagnosis/resync.ts'
import type { Batch } from './events.ts'

/** Where the limit cannot be asked: the soft one that servers come with. */
const USUAL_LIMIT_BYTES = 64 * 1024 * 1024
/** Of the limit, when the rate is lifted: what is left has to last until the rest has been sent. */
const LIFTED_AT = 0.25

export class Pacer {
  readonly #bytesPerSecond: number
  readonly #limitBytes: number
  #began: number | undefined
  #bytes = 0
  #isLifted = false

  constructor(bytesPerSecond: number, limit: BufferLimit | undefined) {
    this.#bytesPerSecond = bytesPerSecond
    const limits = limit ? [limit.hardBytes, limit.softBytes].filter((bytes) => bytes > 0) : [USUAL_LIMIT_BYTES]
    this.#limitBytes = Math.min(...limits, Number.POSITIVE_INFINITY)
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
    const full = events.find((event) => event.type === 'buffer' && event.bytes >= this.#limitBytes * LIFTED_AT)
    if (!full || this.#isLifted) return
    this.#isLifted = true
    yield [{ type: 'warning', at: full.at, code: 'RATE_LIFTED' }]
  }
}
