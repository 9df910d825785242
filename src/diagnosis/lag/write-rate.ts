/** How fast a history grows, on average and at its peak. */
import { quantile } from './quantile.ts'

/** Long enough for two polls, short enough to show a burst. */
const BUCKET_MS = 100
/** Ten minutes of buckets. */
const MAX_BUCKETS = 6000

/** With fewer samples the p99 would be the largest of them. */
const LEAST_FOR_P99 = 100
/** The fastest of fewer buckets says nothing about a peak. */
const LEAST_FOR_PEAK = 5
/** Growth in fewer buckets is a few single writes, too few for a rate. */
const LEAST_FOR_RATE = 3
/** `*1\r\n$4\r\nPING\r\n` */
const PING_BYTES = 14

/** Bytes per second, measured over `overMs`. */
export interface WriteFigures {
  readonly average: number
  /** Absent with too few samples. */
  readonly p99?: number
  readonly peak?: number
  readonly overMs: number
  /** So few writes that the next minute may look different: nothing can be forecast from them. */
  readonly isSparse?: boolean
}

/**
 * Whether the history may have grown by PINGs alone: a master sends them to its replicas, at most one a second
 * (repl-ping-replica-period; replication.c, replicationCron). No write is as short as a PING.
 */
export function isPingsOnly(bytes: number, overMs: number): boolean {
  return bytes % PING_BYTES === 0 && bytes / PING_BYTES <= overMs / 1000 + 1
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
    const written = this.#buckets.map((bucket) => (isPingsOnly(bucket.bytes, bucket.ms) ? { ...bucket, bytes: 0 } : bucket))
    const rates = written.map((bucket) => (bucket.bytes / bucket.ms) * 1000).sort((a, b) => a - b)
    const busy = written.filter((bucket) => bucket.bytes > 0).length
    return {
      average: busy === 0 ? 0 : (bytes / overMs) * 1000,
      ...(rates.length >= LEAST_FOR_P99 && { p99: quantile(rates, 0.99) }),
      ...(rates.length >= LEAST_FOR_PEAK && { peak: rates.at(-1) ?? 0 }),
      overMs,
      ...(busy > 0 && busy < LEAST_FOR_RATE && { isSparse: true }),
    }
  }
}
