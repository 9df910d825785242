/**
 * Reads the reply lines of the handshake. Owns the bytes so that none after the last line are lost: the RDB or the stream
 * may share a TCP segment with `+FULLRESYNC` or `+CONTINUE`.
 */
import { ReplError } from '../../errors.ts'

const LF = 0x0a
const CR = 0x0d

/** Longer than any reply line of any server; error texts stay below 2 KiB (networking.c, addReplyErrorLength). */
export const MAX_LINE_BYTES = 64 * 1024

/**
 * Input: chunks, split anywhere. `next()` removes the first line and returns
 *   the line without its CRLF · an empty Buffer for a bare newline, the keep-alive of a master that is preparing a
 *   sync (replicationCron) · undefined if the rest is not a whole line yet.
 * `takeRest()` returns the bytes after the last line.
 * @throws ReplError PROTOCOL (LINE_TOO_LONG) if there is no newline within MAX_LINE_BYTES.
 */
export class LineReader {
  #buffer: Buffer = Buffer.alloc(0)
  #searched = 0

  push(chunk: Buffer): void {
    // Copied: a chunk is only valid until the next read, but an incomplete line must be kept longer.
    this.#buffer = Buffer.concat([this.#buffer, chunk])
  }

  next(): Buffer | undefined {
    const newline = this.#buffer.indexOf(LF, this.#searched)
    if (newline < 0 ? this.#buffer.length > MAX_LINE_BYTES : newline > MAX_LINE_BYTES) {
      throw new ReplError('LINE_TOO_LONG', { limitBytes: MAX_LINE_BYTES })
    }
    if (newline < 0) {
      this.#searched = this.#buffer.length
      return undefined
    }
    const end = newline > 0 && this.#buffer[newline - 1] === CR ? newline - 1 : newline
    const line = this.#buffer.subarray(0, end)
    this.#buffer = this.#buffer.subarray(newline + 1)
    this.#searched = 0
    return line
  }

  /** Puts back a line that is not part of the handshake. */
  putBack(line: Buffer): void {
    this.#buffer = Buffer.concat([line, Buffer.from('\r\n'), this.#buffer])
    this.#searched = 0
  }

  /** Removes and returns all bytes not yet returned as lines. */
  takeRest(): Buffer {
    const rest = this.#buffer
    this.#buffer = Buffer.alloc(0)
    this.#searched = 0
    return rest
  }

  /** The incomplete line so far, for error reports: where the server was cut off, or which other protocol it speaks. */
  get pending(): Buffer {
    return this.#buffer
  }
}
