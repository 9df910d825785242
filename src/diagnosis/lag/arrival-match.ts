/**
 * The same stream from two ends: when did each byte come from the master, and when from the replica? Both are compared byte for byte
 * while they wait for each other.
 */
import type { HistogramBar } from './lag.ts'
import { Samples, type Summary } from './quantile.ts'

export type End = 'master' | 'replica'

/** What has come from one end and not yet from the other. */
interface Piece {
  /** The first byte of it, counted as INFO counts. */
  from: number
  /** The last byte. */
  readonly to: number
  readonly at: number
  /** Undefined where it could not be kept. */
  data: Buffer | undefined
}

/** How many bytes one end may be ahead before they are no longer kept for comparison. */
const KEPT_BYTES = 64 * 1024 * 1024
/** And how many pieces before their times become coarser. */
const KEPT_PIECES = 65_536
/** Milliseconds: each about three times the one before. */
const BARS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]

class Queue {
  pieces: Piece[] = []
  bytes = 0
  /** The last byte that came, or the last before the stream; undefined without a stream. */
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

  /** The first bytes are done with. */
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

  /** Two become one that came when the first of them did. */
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
  /** Bytes up to here tell no time. */
  #liveBehind = 0
  comparedBytes = 0
  skippedBytes = 0
  differsAt: number | undefined

  /** The stream of one end begins, or begins again. @param offset the last byte before it */
  begin(end: End, offset: number): void {
    this.#queues[end].begin(offset)
    for (const queue of Object.values(this.#queues)) this.#dropUpTo(queue, offset)
  }

  /** What has come up to there was history: both ends send that when they are asked, not when it was written. */
  isHistory(to: number): void {
    this.#liveBehind = Math.max(this.#liveBehind, to)
  }

  /** Nothing more comes from there for now. */
  stop(end: End): void {
    this.#queues[end].begin(undefined)
  }

  /** @param to the offset of the last byte @param data valid during this call */
  push(end: End, data: Buffer, to: number, at: number): void {
    const queue = this.#queues[end]
    const begin = Math.max(...Object.values(this.#queues).map(firstOf))
    queue.offset = to
    // Without a stream from the other end there is nothing to wait for.
    if (this.#queues[other(end)].offset === undefined) return
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
      if (one.from + count - 1 > this.#liveBehind) this.#sample(two.at - one.at)
      master.take(one, count)
      replica.take(two, count)
    }
  }

  /** One end began later: what only the other has is passed over. */
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

/** The first byte that is still waited for. */
function firstOf({ pieces, offset }: Queue): number {
  return pieces[0]?.from ?? (offset ?? 0) + 1
}

function other(end: End): End {
  return end === 'master' ? 'replica' : 'master'
}
