/**
 * The command stream as replicationFeedSlaves() writes it: arrays of bulk strings and nothing else, the consecutive bytes of one
 * history. Like a replica, the scanner ignores empty lines where a command may begin, and counts their bytes in the offset
 * (networking.c, processInlineBuffer and readQueryFromClient: read_reploff grows by every byte read). Otherwise the scanner is strict, because a misread stream is worse than a broken one. Arguments are positions, because
 * creating Buffers would dominate the run time.
 */
import { ReplError } from '../../errors.ts'
import { afterEmptyLines } from '../wire/newlines.ts'
import { excerpt } from '../wire/reply.ts'
import { CommandBatch } from './command.ts'
import { type Words, withWords } from './words.ts'

const CR = 0x0d
const LF = 0x0a
const CRLF = 0x0a0d
const STAR = 0x2a
const DOLLAR = 0x24
/** `$0\r\n\r\n` */
const SMALLEST_ARG_BYTES = 6
/** `*1\r\n` */
const SMALLEST_HEADER_BYTES = 4
/** The limit of 32-bit positions. By default no server accepts a command of this size (client-query-buffer-limit). */
const MAX_COMMAND_BYTES = 2 ** 31 - 1
const EMPTY_LINE_BYTES = 2
/** `$16\r\n` */
const SHORT_HEADER_BYTES = 5
const MAX_DIGITS = 10
const INCOMPLETE = -1
const NOT_SHORT = -1

/**
 * Input: the bytes of a history after `offset`, split anywhere. `push` returns the commands that this chunk completes, valid
 * until the next push, and keeps an incomplete one. `offset` is the last byte of the last whole command or empty line.
 * A command that spans chunks is collected once, in memory of its own size.
 * After the last valid command, a malformed byte raises ReplError PROTOCOL (STREAM) with its offset. Discard the scanner then.
 */
export class StreamScanner {
  #offset: number
  #positions = new Int32Array(1 << 12)
  /** The beginning of an incomplete command. */
  #carry: Buffer = Buffer.alloc(0)
  #carried = 0
  /** The minimum length of the incomplete command in bytes. */
  #need = 0
  /** The position after the last header. */
  #next = 0
  /** The end of the positions of the last whole command; #lastFrameEnd is the end of its bytes. */
  #end = 0
  #lastFrameEnd = 0
  #failure: ReplError | undefined

  constructor(offset: number) {
    this.#offset = offset
  }

  get offset(): number {
    return this.#offset
  }

  /** Bytes received of an incomplete command. */
  get pending(): number {
    return this.#carried
  }

  push(chunk: Buffer): CommandBatch[] {
    const batches: CommandBatch[] = []
    let from = 0
    if (this.#carried > 0) {
      from = this.#fill(chunk)
      if (this.#carried > 0) return batches
      batches.push(this.#take(withWords(this.#carry), this.#positions.slice(0, this.#end)))
      this.#carry = Buffer.alloc(0)
      if (this.#failure) return batches
    }
    const rest = withWords(from === 0 ? chunk : chunk.subarray(from))
    const end = this.#scan(rest, Number.POSITIVE_INFINITY)
    if (this.#end > 0 || this.#failure) batches.push(this.#take(rest, this.#positions))
    else this.#offset += end
    if (end < rest.bytes.length) this.#keep(rest.bytes.subarray(end))
    return batches
  }

  /** @returns how many bytes of the chunk belong to the incomplete command; it is complete once #carried is 0 */
  #fill(chunk: Buffer): number {
    let taken = 0
    while (taken < chunk.length) {
      const wanted = Math.min(this.#need - this.#carried, chunk.length - taken)
      this.#append(chunk.subarray(taken, taken + wanted))
      taken += wanted
      if (this.#carried < this.#need) continue
      if (this.#scan(withWords(this.#carry.subarray(0, this.#carried)), 1) === 0 && !this.#failure) continue
      this.#carried = 0
      break
    }
    return taken
  }

  #take(chunk: Words, positions: Int32Array): CommandBatch {
    const batch = new CommandBatch(chunk, positions, this.#end, this.#offset, this.#failure)
    this.#offset += this.#lastFrameEnd
    return batch
  }

  #keep(rest: Buffer): void {
    this.#carried = 0
    this.#append(rest)
  }

  #append(bytes: Buffer): void {
    const total = this.#carried + bytes.length
    if (total > this.#carry.length) {
      // Allocates the known minimum at once, so that a large value is not copied repeatedly.
      const grown = Buffer.allocUnsafeSlow(Math.max(total, this.#need, 256))
      this.#carry.copy(grown, 0, 0, this.#carried)
      this.#carry = grown
    }
    bytes.copy(this.#carry, this.#carried)
    this.#carried = total
  }

  /** Finds the whole commands at the beginning of the bytes. @returns where the last one, or the last empty line, ends */
  #scan(chunk: Words, maxCommands: number): number {
    this.#end = 0
    let at = 0
    try {
      for (let count = 0; count < maxCommands && at < chunk.bytes.length; count++) {
        at = afterEmptyLines(chunk.bytes, at)
        if (chunk.bytes[at] === CR && at + 1 === chunk.bytes.length) {
          this.#need = EMPTY_LINE_BYTES
          break
        }
        const end = this.#scanOne(chunk, at)
        if (end === INCOMPLETE) break
        at = end
      }
    } catch (error) {
      if (!(error instanceof ReplError)) throw error
      this.#failure = error
    }
    this.#lastFrameEnd = at
    return at
  }

  /** @returns where the command at `start` ends, or INCOMPLETE with its minimum length in #need */
  #scanOne(chunk: Words, start: number): number {
    const { bytes, words } = chunk
    const argc = this.#header(chunk, start, STAR)
    if (argc === INCOMPLETE) return this.#incomplete(bytes.length - start + 1)
    if (argc === 0) throw this.#malformed(bytes, start)
    const first = this.#end
    const last = first + 3 + 2 * argc
    let at = this.#next
    if (at - start + argc * SMALLEST_ARG_BYTES > MAX_COMMAND_BYTES) throw this.#malformed(bytes, start)
    // Memory for positions is only allocated for arguments that have arrived: an announced count may be absurd.
    if (bytes.length - at < argc * SMALLEST_ARG_BYTES) return this.#incomplete(at - start + argc * SMALLEST_ARG_BYTES)
    if (last > this.#positions.length) this.#widen(last)
    const positions = this.#positions
    for (let slot = first + 3; slot < last; slot += 2) {
      const length = this.#header(chunk, at, DOLLAR)
      const missing = ((last - slot) / 2 - 1) * SMALLEST_ARG_BYTES
      if (length === INCOMPLETE) return this.#incomplete(Math.max(bytes.length + 1, at + SMALLEST_ARG_BYTES + missing) - start)
      const begin = this.#next
      at = begin + length + 2
      if (at - start > MAX_COMMAND_BYTES) throw this.#malformed(bytes, begin)
      if (at > bytes.length) return this.#incomplete(at + missing - start)
      if (words.getUint16(at - 2, true) !== CRLF) throw this.#malformed(bytes, at - 2)
      positions[slot] = begin
      positions[slot + 1] = at - 2
    }
    positions[first] = start
    positions[first + 1] = at
    positions[first + 2] = argc
    this.#end = last
    return at
  }

  #incomplete(need: number): typeof INCOMPLETE {
    this.#need = Math.max(need, SMALLEST_HEADER_BYTES)
    return INCOMPLETE
  }

  #widen(size: number): void {
    const wider = new Int32Array(Math.max(size, this.#positions.length * 2))
    wider.set(this.#positions)
    this.#positions = wider
  }

  /** The number in a `*` or `$` line, or INCOMPLETE; #next becomes the end of the line. */
  #header(chunk: Words, start: number, sign: number): number {
    const { bytes } = chunk
    const short = start + SHORT_HEADER_BYTES <= bytes.length ? this.#shortHeader(chunk, start, sign) : NOT_SHORT
    if (short !== NOT_SHORT) return short
    if (start >= bytes.length) return INCOMPLETE
    if (bytes[start] !== sign) throw this.#malformed(bytes, start)
    let value = 0
    let at = start + 1
    for (; at < bytes.length && bytes[at] !== CR; at++) {
      const digit = (bytes[at] as number) - 0x30
      if (digit < 0 || digit > 9 || at - start > MAX_DIGITS) throw this.#malformed(bytes, at)
      value = value * 10 + digit
    }
    if (at + 1 >= bytes.length) return INCOMPLETE
    if (at === start + 1 || bytes[at + 1] !== LF) throw this.#malformed(bytes, at)
    this.#next = at + 2
    return value
  }

  /** Reads one or two digits without a loop; nearly all headers are that short. */
  #shortHeader({ bytes, words }: Words, start: number, sign: number): number {
    const word = words.getInt32(start, true)
    const first = ((word >>> 8) & 0xff) - 0x30
    const second = ((word >>> 16) & 0xff) - 0x30
    if (first < 0 || first > 9) return NOT_SHORT
    if ((word & 0xffff00ff) === ((CRLF << 16) | sign)) {
      this.#next = start + 4
      return first
    }
    if ((word & 0xff0000ff) !== ((CR << 24) | sign) || second < 0 || second > 9 || bytes[start + 4] !== LF) return NOT_SHORT
    this.#next = start + 5
    return first * 10 + second
  }

  #malformed(bytes: Buffer, at: number): ReplError {
    const offset = this.#offset + at + 1
    return new ReplError('STREAM', { offset, reply: excerpt(bytes.subarray(at)) })
  }
}
