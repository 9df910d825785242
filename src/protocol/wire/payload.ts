/**
 * The RDB as a master frames it for its replicas (replication.c, readSyncBulkPayload):
 *   `$<length>\r\n` and that many bytes, or
 *   `$EOF:<40-byte mark>\r\n`, an unknown number of bytes, and the mark again.
 * Bare newlines may precede the header, and follow the mark (Redis 7.0.0 to 7.0.4 with rdb-only, redis/redis#11261). No CRLF
 * follows the payload: the next byte belongs to the stream.
 */
import { ReplError } from '../../errors.ts'
import { parseOffset } from '../offset.ts'
import { LineReader } from './line-reader.ts'
import { trailingNewlines } from './newlines.ts'
import { excerpt, parseReplyLine, ServerError } from './reply.ts'
import { refusal } from './server-error.ts'

const MARK_BYTES = 40
/** How many newlines may follow the mark: one comes each second, and they wait while we read slowly. io/sinks relies on it. */
const MAX_NEWLINES = 8192

export type PayloadFraming = { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'eof-mark' }

/** The result of one chunk. `data` holds views into the chunk or into the reader, valid until the next push. */
export interface PayloadPiece {
  readonly keepAlives: number
  /** Set in the piece that completes the header: its framing, and the number of bytes after it in that chunk. */
  readonly begun?: { readonly framing: PayloadFraming; readonly bytesAfterHeader: number }
  readonly data: readonly Buffer[]
}

/**
 * Input: every byte after the PSYNC reply, split anywhere.
 *   `push` returns the bytes that are certainly payload. With an EOF mark it holds back the last 40, or a mark with the
 *   newlines after it.
 *   `complete`: with a length, all bytes have arrived. `rest()` returns the stream's bytes after them.
 *   `atMark`: the bytes so far end with the mark, or with the mark and bare newlines. The master sends nothing else before our
 *   first ACK, so a mark followed by other bytes was data. A mark at the end of a chunk may still be data: the caller checks
 *   that an RDB ends there (rdb/verifier.ts), and keeps pushing if not.
 * @throws ReplError PROTOCOL (PAYLOAD_HEADER, LINE_TOO_LONG), LINK_LOST (SYNC_ABORTED) on an error line.
 */
export class PayloadReader {
  readonly #lines = new LineReader()
  #framing: PayloadFraming | undefined
  #mark: Buffer = Buffer.alloc(0)
  #held: Buffer = Buffer.alloc(0)
  #remaining = 0
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): PayloadPiece {
    if (this.#framing) return { keepAlives: 0, data: this.#body(chunk) }
    this.#lines.push(chunk)
    let keepAlives = 0
    for (let line = this.#lines.next(); line; line = this.#lines.next()) {
      if (line.length > 0) {
        this.#framing = this.#header(line)
        const body = this.#lines.takeRest()
        return { keepAlives, begun: { framing: this.#framing, bytesAfterHeader: body.length }, data: this.#body(body) }
      }
      keepAlives += 1
    }
    return { keepAlives, data: [] }
  }

  get complete(): boolean {
    return this.#framing?.kind === 'length' && this.#remaining === 0
  }

  get atMark(): boolean {
    return this.#framing?.kind === 'eof-mark' && this.#held.length >= MARK_BYTES && this.#held.indexOf(this.#mark) === 0
  }

  /** Whether the header has been read. Distinguishes a truncated payload from a sync that never started. */
  get started(): boolean {
    return this.#framing !== undefined
  }

  /** The size in bytes, if the master announced one. */
  get announced(): number | undefined {
    return this.#framing?.kind === 'length' ? this.#framing.bytes : undefined
  }

  /** Bytes after a complete payload: the beginning of the command stream. */
  rest(): Buffer {
    return this.#rest
  }

  #header(line: Buffer): PayloadFraming {
    const text = line.toString('latin1')
    if (text.startsWith('$EOF:')) {
      // Redis uses the first 40 bytes and ignores the rest.
      if (line.length < 5 + MARK_BYTES) throw this.#badHeader(line)
      this.#mark = Buffer.from(line.subarray(5, 5 + MARK_BYTES))
      return { kind: 'eof-mark' }
    }
    const bytes = text.startsWith('$') ? parseOffset(text.slice(1)) : undefined
    if (bytes !== undefined && bytes > 0) {
      this.#remaining = bytes
      return { kind: 'length', bytes }
    }
    if (text.startsWith('-')) {
      const reply = parseReplyLine(line)
      throw syncError(reply)
    }
    throw this.#badHeader(line)
  }

  #body(chunk: Buffer): Buffer[] {
    return this.#framing?.kind === 'length' ? this.#byLength(chunk) : this.#byMark(chunk)
  }

  #byLength(chunk: Buffer): Buffer[] {
    const data = chunk.subarray(0, this.#remaining)
    this.#remaining -= data.length
    if (data.length < chunk.length) this.#rest = Buffer.concat([this.#rest, chunk.subarray(data.length)])
    return data.length > 0 ? [data] : []
  }

  /** Holds back the last 40 bytes, or the mark and the newlines after it, and releases them as later bytes arrive. */
  #byMark(chunk: Buffer): Buffer[] {
    const total = this.#held.length + chunk.length
    const hold = MARK_BYTES + this.#newlinesAfterMark(chunk)
    if (total <= hold) {
      this.#held = Buffer.concat([this.#held, chunk])
      return []
    }
    const release = total - hold
    const fromHeld = this.#held.subarray(0, Math.min(release, this.#held.length))
    const fromChunk = chunk.subarray(0, release - fromHeld.length)
    this.#held = Buffer.concat([this.#held.subarray(fromHeld.length), chunk.subarray(fromChunk.length)])
    return [fromHeld, fromChunk].filter((part) => part.length > 0)
  }

  /** How many newlines follow the mark, if the bytes so far end with both. */
  #newlinesAfterMark(chunk: Buffer): number {
    const bytes = chunk.length > MARK_BYTES + MAX_NEWLINES ? chunk : Buffer.concat([this.#held, chunk])
    const newlines = trailingNewlines(bytes, MAX_NEWLINES)
    const end = bytes.length - newlines
    return bytes.subarray(Math.max(0, end - MARK_BYTES), end).equals(this.#mark) ? newlines : 0
  }

  #badHeader(line: Buffer): ReplError {
    return new ReplError('PAYLOAD_HEADER', { reply: excerpt(line) })
  }
}

/** The error for an error line in place of the header: SYNC was unknown, blocked or not permitted, or the master aborted the sync. */
function syncError(reply: string | ServerError): ReplError {
  if (!(reply instanceof ServerError)) return new ReplError('SYNC_ABORTED', { reply })
  const refused = refusal(reply, {})
  const { reason } = refused.details
  const isDenied = reason === 'UNKNOWN_COMMAND' || reason === 'COMMAND_BLOCKED' || refused.code === 'NO_PERMISSION'
  return isDenied ? refused : new ReplError('SYNC_ABORTED', { reply: reply.text })
}
