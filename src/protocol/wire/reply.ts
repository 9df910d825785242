/**
 * Decodes replies with redis-parser; only this module imports it. redis-parser is reliable for complete replies only:
 * in the RDB or the stream it loses bytes.
 */
import RedisParser from 'redis-parser'
import { ReplError } from '../../errors.ts'
import { foreignProtocol } from './foreign.ts'
import { leadingNewlines } from './newlines.ts'

/** An error reply is a value, not an exception, because its meaning depends on the command. */
export class ServerError {
  /** The error text without the leading `-`. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Far larger than any reply to INFO, COMMAND or CONFIG. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024
const LONG = Buffer.from('$*')
/** An array of 100,000 elements or more. */
const HUGE_ARRAY = /(^|\n)\*\d{6}/

export type Reply = string | null | ServerError | Reply[]

/**
 * Input: chunks of an ordinary request/reply conversation. `push` returns the replies that this chunk completes.
 * Numbers are returned as strings, so that no offset is rounded. Newlines before a reply are ignored.
 * @throws ReplError NOT_REDIS if no reply begins like this, PROTOCOL on anything else; discard the decoder then.
 */
export class ReplyDecoder {
  #replies: Reply[] = []
  #pendingBytes = 0
  #tail = ''
  /** The first byte of the last reply. */
  #first: number | undefined
  #fatal: Error | undefined
  readonly #parser = new RedisParser({
    returnReply: (reply) => this.#replies.push(toReply(reply)),
    returnError: (error) => this.#replies.push(new ServerError(error.message)),
    returnFatalError: (error) => {
      this.#fatal = error
    },
    returnBuffers: true,
    stringNumbers: true,
  })

  push(chunk: Buffer): Reply[] {
    this.#replies = []
    this.#limit(chunk)
    const input = this.#isBetweenReplies ? chunk.subarray(leadingNewlines(chunk)) : chunk
    const foreign = this.#isBetweenReplies ? foreignProtocol(input) : undefined
    if (foreign) throw foreign
    this.#first = this.#firstByte(chunk)
    if (input.length > 0) this.#parse(input)
    return this.#replies
  }

  /**
   * Whether the next chunk belongs to a bulk string or an array, which may be long. Newlines before a reply are not part of it, and
   * a status, an error or a number is so short that it comes at once.
   */
  isOfLongReply(chunk: Buffer): boolean {
    const first = this.#firstByte(chunk)
    return first !== undefined && LONG.includes(first)
  }

  /** Of the reply that the next chunk belongs to. */
  #firstByte(chunk: Buffer): number | undefined {
    return this.#isBetweenReplies ? chunk[leadingNewlines(chunk)] : this.#first
  }

  /** The parser has used up its input. Its type declarations omit the field. */
  get #isBetweenReplies(): boolean {
    return (this.#parser as unknown as { readonly buffer: Buffer | null }).buffer === null
  }

  #parse(chunk: Buffer): void {
    try {
      // The parser keeps slices of its input, but a chunk is only valid until the next read.
      this.#parser.execute(Buffer.from(chunk))
    } catch (error) {
      // execute() throws a RangeError for an absurd array length.
      this.#fatal = error as Error
    }
    // The parser's own message contains the whole chunk as JSON, so it is dropped.
    if (this.#fatal) throw new ReplError('NOT_RESP', { reply: excerpt(chunk) })
    if (this.#replies.length > 0) this.#pendingBytes = 0
  }

  /** The parser allocates whatever length a reply announces, so check the length first. */
  #limit(chunk: Buffer): void {
    this.#pendingBytes += chunk.length
    const text = this.#tail + chunk.toString('latin1')
    this.#tail = text.slice(-16)
    if (this.#pendingBytes > MAX_REPLY_BYTES || HUGE_ARRAY.test(text)) throw new ReplError('REPLY_TOO_LARGE')
  }
}

/**
 * Parses one reply line of the handshake, whose commands are all answered by a status or an error.
 * @throws ReplError NOT_REDIS or PROTOCOL if the line is neither.
 */
export function parseReplyLine(line: Buffer): string | ServerError {
  const isStatusOrError = line[0] === 0x2b || line[0] === 0x2d
  if (!isStatusOrError) throw foreignProtocol(line) ?? new ReplError('NOT_A_STATUS', { reply: excerpt(line) })
  const [reply] = new ReplyDecoder().push(Buffer.concat([line, Buffer.from('\r\n')]))
  if (typeof reply === 'string' || reply instanceof ServerError) return reply
  throw new ReplError('NOT_A_STATUS', { reply: excerpt(line) })
}

function toReply(value: unknown): Reply {
  if (value === null) return null
  if (value instanceof Error) return new ServerError(value.message)
  if (Array.isArray(value)) return value.map(toReply)
  return String(value)
}

/** The beginning of an unexpected answer, enough to recognise it. */
export function excerpt(bytes: Buffer): string {
  return bytes.subarray(0, 120).toString('latin1')
}
