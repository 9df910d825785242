/** Text around two offsets, for lines in which usually only the last digits of the offsets change. */
import { asWords } from '../../protocol/stream/words.ts'

/** One word holds decimal numbers below this limit. */
const WORD_LIMIT = 1e4
const WORD_DIGITS = 4

/** The text before an offset must be ASCII. */
export class OffsetPair {
  readonly #before: string
  readonly #between: string
  readonly #after: string
  #bytes: Buffer = Buffer.alloc(0)
  #words = asWords(this.#bytes)
  /** The value of the leading digits, and the position of the last four. */
  #start = Number.NaN
  #startAt = 0
  #end = Number.NaN
  #endAt = 0

  constructor(before: string, between: string, after: string) {
    this.#before = before
    this.#between = between
    this.#after = after
  }

  /** Valid until the next call. */
  of(start: number, end: number): Buffer {
    const first = start - this.#start
    const second = end - this.#end
    if (first >= 0 && first < WORD_LIMIT && second >= 0 && second < WORD_LIMIT) {
      this.#words.setInt32(this.#startAt, fourDigits(first), true)
      this.#words.setInt32(this.#endAt, fourDigits(second), true)
    } else this.#write(start, end)
    return this.#bytes
  }

  #write(start: number, end: number): void {
    const upToStart = `${this.#before}${start}`
    const upToEnd = `${upToStart}${this.#between}${end}`
    this.#bytes = Buffer.from(upToEnd + this.#after)
    this.#words = asWords(this.#bytes)
    this.#startAt = upToStart.length - WORD_DIGITS
    this.#endAt = upToEnd.length - WORD_DIGITS
    this.#start = leadingValue(start)
    this.#end = leadingValue(end)
  }
}

/** NaN for fewer than five digits, so that these offsets are always written in full. */
function leadingValue(offset: number): number {
  return offset < WORD_LIMIT ? Number.NaN : offset - (offset % WORD_LIMIT)
}

/**
 * Four digits of a number below 10,000, the first in the lowest byte. Divides the hundreds and the rest by ten in parallel:
 * n * 103 >> 10 equals n / 10 for every n below 179.
 */
function fourDigits(value: number): number {
  const hundreds = (value / 100) | 0
  const pairs = hundreds | ((value - hundreds * 100) << 16)
  const tens = ((pairs * 103) >>> 10) & 0x000f000f
  return (tens | ((pairs - tens * 10) << 8)) + 0x30303030
}
