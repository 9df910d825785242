/**
 * Replies through redis-parser: the only importer of it. It decodes complete replies well and cannot be let near the
 * RDB or the stream, where it loses or swallows bytes.
 */
import RedisParser from 'redis-parser'
import { ReplError } from '../../errors.ts'
import { foreignProtocol } from './foreign.ts'

/** A server's error reply is a value here, not an exception: what it means depends on who asked. */
export class ServerError {
  /** The server's words without the leading `-`. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Far more than INFO, COMMAND or CONFIG ever answer. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024
/** An array of 100,000 elements or more. */
const HUGE_ARRAY = /(^|\n)\*\d{6}/

export type Reply = string | null | ServerError | Reply[]

/**
 * Input: chunks of an ordinary request/reply conversation. `push` returns the replies completed by this chunk;
 * numbers are given as strings, so that no offset is ever rounded.
 * @throws ReplError PROTOCOL or NOT_REDIS on anything else; the decoder must be dropped then.
 */
export class ReplyDecoder {
  #replies: Reply[] = []
  #pendingBytes = 0
  #tail = ''
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
    try {
      // The parser keeps slices of what it is given and chunks are only valid until the next read.
      this.#parser.execute(Buffer.from(chunk))
    } catch (error) {
      // An absurd array length is thrown out of execute() as a RangeError.
      this.#fatal = error as Error
    }
    // The parser's own message holds the whole chunk as JSON, so it is not passed on.
    if (this.#fatal) throw foreignProtocol(chunk) ?? new ReplError('NOT_RESP', { reply: excerpt(chunk) })
    if (this.#replies.length > 0) this.#pendingBytes = 0
    return this.#replies
  }

  /** The parser makes room for whatever is announced, so the announcement is looked at first. */
  #limit(chunk: Buffer): void {
    this.#pendingBytes += chunk.length
    const seen = this.#tail + chunk.toString('latin1')
    this.#tail = seen.slice(-16)
    if (this.#pendingBytes > MAX_REPLY_BYTES || HUGE_ARRAY.test(seen)) throw new ReplError('REPLY_TOO_LARGE')
  }
}

/**
 * One reply line of the handshake: a status or an error, as every command of the handshake is answered.
 * @throws ReplError NOT_REDIS or PROTOCOL when it is neither.
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

/** Enough of an unexpected answer to recognise it by. */
export function excerpt(bytes: Buffer): string {
  return bytes.subarray(0, 120).toString('latin1')
}
