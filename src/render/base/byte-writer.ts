/**
 * Builds text for a pipe as bytes: a stream of millions of commands leaves no time for strings. Large arguments are deferred,
 * and encoded piece by piece when they are written.
 */
import { asWords, type Words } from '../../protocol/stream/words.ts'

const FIRST_BYTES = 256 * 1024
/** A larger argument is deferred. */
export const LARGE_BYTES = 1024 * 1024
/** A multiple of 3, so that pieces of base64 can be concatenated. */
const PIECE_BYTES = 192 * 1024
/** The longest encoding of one byte: `\u0000` in JSON. */
const WIDEST = 6
/** The limit of 32-bit integer arithmetic. */
const MAX_INT = 2 ** 31 - 1

/** Appends an encoding of bytes[start, end). */
export type Encoder = (out: ByteWriter, from: Words, start: number, end: number) => void
/** Where a piece of a large argument may end. */
type PieceEnd = (bytes: Buffer, from: number, end: number) => number

interface Deferred {
  /** Its place in the writer. */
  readonly at: number
  readonly from: Words
  readonly start: number
  readonly end: number
  readonly encode: Encoder
  readonly pieceEnd: PieceEnd
}

export class ByteWriter {
  /** The appended text is buffer[0, length). Encoders may write directly into room that they reserved. */
  buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** A view of the same memory. */
  words = asWords(this.buffer)
  length = 0
  #deferred: Deferred[] = []

  /** Whether there are deferred arguments. They are valid only until the next batch. */
  get hasDeferred(): boolean {
    return this.#deferred.length > 0
  }

  /** Makes room after `length`. */
  reserve(bytes: number): Buffer {
    if (this.length + bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + bytes))
      this.buffer.copy(larger, 0, 0, this.length)
      this.buffer = larger
      this.words = asWords(larger)
    }
    return this.buffer
  }

  byte(value: number): void {
    this.reserve(1)[this.length++] = value
  }

  /** Text with one byte per character. */
  ascii(text: string): void {
    const buffer = this.reserve(text.length)
    if (text.length > 40) buffer.write(text, this.length, 'latin1')
    else for (let at = 0; at < text.length; at++) buffer[this.length + at] = text.charCodeAt(at)
    this.length += text.length
  }

  utf8(text: string): void {
    this.copy(Buffer.from(text))
  }

  /** A non-negative integer, in decimal. */
  number(value: number): void {
    if (value > MAX_INT) {
      const high = Math.floor(value / 1e9)
      this.number(high)
      this.#digits(value - high * 1e9, 9)
    } else this.#digits(value, digitsOf(value))
  }

  #digits(value: number, count: number): void {
    const buffer = this.reserve(count)
    let rest = value
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const tenth = (rest / 10) | 0
      buffer[at] = 0x30 + (rest - tenth * 10)
      rest = tenth
    }
    this.length += count
  }

  copy(bytes: Buffer): void {
    this.reserve(bytes.length).set(bytes, this.length)
    this.length += bytes.length
  }

  /** Encodes small input now, and defers large input. */
  encoded(encode: Encoder, from: Words, start: number, end: number, pieceEnd: PieceEnd = anywhere): void {
    if (end - start > LARGE_BYTES) this.#deferred.push({ at: this.length, from, start, end, encode, pieceEnd })
    else encode(this, from, start, end)
  }

  /** Makes room for the widest encoding of that many bytes. */
  reserveWide(bytes: number): Buffer {
    return this.reserve(bytes * WIDEST + 2)
  }

  /** Removes everything after `length`. */
  cut(length: number): void {
    this.length = length
    this.#deferred = this.#deferred.filter(({ at }) => at < length)
  }

  /** Yields everything before `length` in order, then removes it. A piece is valid until the next one. */
  *pieces(length: number): Generator<Buffer> {
    let done = 0
    for (const { at, from, start, end, encode, pieceEnd } of this.#deferred) {
      if (at > done) yield this.buffer.subarray(done, at)
      done = at
      const scratch = new ByteWriter()
      for (let begin = start; begin < end; ) {
        const upTo = pieceEnd(from.bytes, begin, end)
        scratch.length = 0
        encode(scratch, from, begin, upTo)
        yield scratch.buffer.subarray(0, scratch.length)
        begin = upTo
      }
    }
    if (length > done) yield this.buffer.subarray(done, length)
    this.#deferred = []
    this.buffer.copyWithin(0, length, this.length)
    this.length -= length
  }
}

function anywhere(_: Buffer, from: number, end: number): number {
  return Math.min(end, from + PIECE_BYTES)
}

/** Never splits a UTF-8 character. */
export function betweenCharacters(bytes: Buffer, from: number, end: number): number {
  let upTo = anywhere(bytes, from, end)
  while (upTo < end && ((bytes[upTo] as number) & 0xc0) === 0x80) upTo -= 1
  return upTo
}

/** Never splits a UTF-8 character, among bytes that need not be UTF-8. */
export function atCharacter(bytes: Buffer, from: number, end: number): number {
  const upTo = anywhere(bytes, from, end)
  if (upTo === end) return end
  const first = [upTo, upTo - 1, upTo - 2, upTo - 3].find((at) => ((bytes[at] as number) & 0xc0) !== 0x80)
  return first ?? upTo
}

function digitsOf(value: number): number {
  let count = 1
  for (let limit = 10; value >= limit; limit *= 10) count += 1
  return count
}
