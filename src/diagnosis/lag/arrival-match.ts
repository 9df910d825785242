/**
 * Matches the same stream from two ends: when did each byte arrive from the master, and when from the replica? The bytes of one
 * end wait for those of the other, and are compared with them.
 */
import type { HistogramBar } from './lag.ts'
import { Samples, type Summary } from './quantile.ts'

export type End = 'master' | 'replica'

/** Bytes that have arrived from one end and not yet from the other. */
interface Piece {
  /** The offset of the first byte, counted as in INFO. */
  from: number
  /** The offset of the last byte. */
  readonly to: number
  readonly at: number
  /** Undefined if the bytes could not be kept. */
  data: Buffer | undefined
}

/** How many bytes one end may be ahead before they are no longer kept for comparison. */
const KEPT_BYTES = 64 * 1024 * 1024
/** How many pieces one end may be ahead before their times become coarser. */
const KEPT_PIECES = 65_536
/** Upper bounds in milliseconds, each about three times the previous. */
const BARS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]

class Queue {
  pieces: Piece[] = []
  bytes = 0
  /** The last byte received, or the last byte before the stream; undefined without a stream. */
  offset: number | undefined

  begin(offset: number | undefined): void {
    this.pieces = []
    this.bytes = 0
    this.offset = offset
  }

  add(piece: Piece): void {
    this.pieces.push(piece)
    if (piece.data) this.bytes += piece.data.length
    if (this.bytes > KEPT_BYTES) this.#forgetData()
    if (this.pieces.length > KEPT_PIECES) this.#thin()
  }

  /** Removes the first bytes of the first piece. */
  take(piece: Piece, count: number): void {
    if (piece.data) this.bytes -= count
    if (piece.from + count > piece.to) this.pieces.shift()
    piece.data = piece.data?.subarray(count)
    piece.from += count
  }

  #forgetData(): void {
    for (const piece of this.pieces) piece.data = undefined
    this.bytes = 0
  }

  /** Merges pairs of pieces; the result has the time of the first. */
  #thin(): void {
    const thinned: Piece[] = []
    for (let index = 0; index < this.pieces.length; index += 2) {
      const [one, other] = [this.pieces[index] as Piece, this.pieces[index + 1]]
      const data = one.data && other?.data ? Buffer.concat([one.data, other.data]) : undefined
      thinned.push(other ? { from: one.from, to: other.to, at: one.at, data } : one)
    }
    this.pieces = thinned
    this.bytes = thinned.reduce((sum, { data }) => sum + (data?.length ?? 0), 0)
  }
}

export class ArrivalMatch {
  readonly #queues = { master: new Queue(), replica: new Queue() }
  readonly #samples = new Samples()
  readonly #counts = new Array<number>(BARS.length + 1).fill(0)
  /** Bytes up to this offset give no lag. */
  #historyEnd = 0
  comparedBytes = 0
  skippedBytes = 0
  differsAt: number | undefined

  /** Starts the stream of one end, or starts it again. @param offset the last byte before it */
  begin(end: End, offset: number): void {
    this.#queues[end].begin(offset)
    for (const queue of Object.values(this.#queues)) this.#dropUpTo(queue, offset)
  }

  /** Marks the bytes up to `to` as history: both ends send these on request, not when they are written. */
  isHistory(to: number): void {
    this.#historyEnd = Math.max(this.#historyEnd, to)
  }

  /** Ends the stream of one end for now. */
  stop(end: End): void {
    this.#queues[end].begin(undefined)
  }

  /** @param to the offset of the last byte @param data valid during this call */
  push(end: End, data: Buffer, to: number, at: number): void {
    const queue = this.#queues[end]
    const begin = Math.max(...Object.values(this.#queues).map(firstOf))
    queue.offset = to
    // Without a stream from the other end there is nothing to match.
    if (this.#queues[opposite(end)].offset === undefined) return
    const skip = Math.max(0, begin - (to - data.length + 1))
    if (skip >= data.length) return
    queue.add({ from: to - data.length + 1 + skip, to, at, data: Buffer.from(data.subarray(skip)) })
    this.#match()
  }

  get lag(): Summary | undefined {
    return this.#samples.summary()
  }

  get histogram(): HistogramBar[] {
    return this.#counts.map((count, index) => ({ ...(BARS[index] !== undefined && { below: BARS[index] }), count }))
  }

  #match(): void {
    const { master, replica } = this.#queues
    for (;;) {
      const [one, two] = [master.pieces[0], replica.pieces[0]]
      if (!one || !two) return
      if (one.from !== two.from) {
        this.#align(one, two)
        continue
      }
      const count = Math.min(one.to, two.to) - one.from + 1
      this.#compare(one, two, count)
      if (one.from + count - 1 > this.#historyEnd) this.#sample(two.at - one.at)
      master.take(one, count)
      replica.take(two, count)
    }
  }

  /** One end began later: skips the bytes that only the other end has. */
  #align(one: Piece, two: Piece): void {
    const [queue, piece, by] = one.from < two.from ? [this.#queues.master, one, two.from] : [this.#queues.replica, two, one.from]
    queue.take(piece, Math.min(by, piece.to + 1) - piece.from)
  }

  #compare(one: Piece, two: Piece, count: number): void {
    if (!one.data || !two.data) {
      this.skippedBytes += count
      return
    }
    this.comparedBytes += count
    const [left, right] = [one.data.subarray(0, count), two.data.subarray(0, count)]
    if (this.differsAt !== undefined || left.equals(right)) return
    this.differsAt = one.from + left.findIndex((byte, index) => byte !== right[index])
  }

  #sample(ms: number): void {
    this.#samples.add(ms)
    const bar = BARS.findIndex((below) => ms < below)
    const index = bar < 0 ? BARS.length : bar
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  #dropUpTo(queue: Queue, offset: number): void {
    while (queue.pieces[0] && queue.pieces[0].from <= offset) {
      const piece = queue.pieces[0]
      queue.take(piece, Math.min(offset, piece.to) - piece.from + 1)
    }
  }
}

/** The offset of the first byte that is not matched yet. */
function firstOf({ pieces, offset }: Queue): number {
  return pieces[0]?.from ?? (offset ?? 0) + 1
}

function opposite(end: End): End {
  return end === 'master' ? 'replica' : 'master'
}
