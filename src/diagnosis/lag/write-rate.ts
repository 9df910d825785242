/** How fast a history grows, on average and at its peak. */
import { quantile } from './quantile.ts'

/** Long enough for two polls, short enough to show a burst. */
const BUCKET_MS = 100
/** Ten minutes of buckets. */
const MAX_BUCKETS = 6000

/** Bytes per second, measured over `overMs`. */
export interface WriteFigures {
  readonly average: number
  readonly p99: number
  readonly peak: number
  readonly overMs: number
}

interface Bucket {
  readonly bytes: number
  readonly ms: number
}

export class WriteRate {
  #buckets: Bucket[] = []
  #from: { readonly offset: number; readonly moment: number } | undefined

  push(offset: number, moment: number): void {
    if (this.#from === undefined || offset < this.#from.offset) this.clear()
    this.#from ??= { offset, moment }
    const ms = moment - this.#from.moment
    if (ms < BUCKET_MS) return
    this.#buckets.push({ bytes: offset - this.#from.offset, ms })
    if (this.#buckets.length > MAX_BUCKETS) this.#buckets.shift()
    this.#from = { offset, moment }
  }

  clear(): void {
    this.#buckets = []
    this.#from = undefined
  }

  /** Undefined before the first full bucket. */
  figures(): WriteFigures | undefined {
    if (this.#buckets.length === 0) return undefined
    const overMs = this.#buckets.reduce((sum, { ms }) => sum + ms, 0)
    const bytes = this.#buckets.reduce((sum, bucket) => sum + bucket.bytes, 0)
    const rates = this.#buckets.map((bucket) => (bucket.bytes / bucket.ms) * 1000).sort((a, b) => a - b)
    return { average: (bytes / overMs) * 1000, p99: quantile(rates, 0.99), peak: rates.at(-1) ?? 0, overMs }
  }
}
