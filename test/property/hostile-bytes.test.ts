import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ReplError } from '../../src/errors.ts'
import { LineReader } from '../../src/protocol/wire/line-reader.ts'
import { PayloadReader } from '../../src/protocol/wire/payload.ts'
import { parsePsyncReply } from '../../src/protocol/wire/psync-reply.ts'
import { parseReplyLine, ReplyDecoder, ServerError } from '../../src/protocol/wire/reply.ts'
import { cut } from '../helpers/chunkings.ts'
import { MARK, REPLID } from '../helpers/wire.ts'

/** Noise alone would rarely get past the first byte, so pieces of the protocol are mixed in. */
const TOKENS = [
  ...['+', '-', ':', '$', '*', '\r', '\n', '\r\n', ' ', '0', '7', '-1', 'ERR '],
  ...['$3\r\n', '$-1\r\n', '$-5\r\n', '*2\r\n', '*-1\r\n', '*-7\r\n', '*4294967296\r\n', '$EOF:', `$EOF:${MARK}\r\n`, MARK],
  ...['+FULLRESYNC', '+CONTINUE', ` ${REPLID}`, ' 9007199254740993', 'HTTP/1.1 200', '\u0016\u0003\u0001'],
].map((token) => Buffer.from(token, 'latin1'))

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...TOKENS),
      fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts))
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 })
const RUNS = { numRuns: 2000 }

/** Passes a ReplError as an ordinary outcome; anything else fails the test. */
function orReplError<T>(act: () => T): T | ReplError {
  try {
    return act()
  } catch (error) {
    if (error instanceof ReplError) return error
    throw error
  }
}

test('LineReader: from any bytes it takes lines without newlines, and loses nothing', () => {
  fc.assert(
    fc.property(hostile, sizes, (bytes, pieces) => {
      const reader = new LineReader()
      let newlines = 0
      for (const chunk of cut(bytes, pieces)) {
        reader.push(chunk)
        for (let next = reader.next(); next; next = reader.next()) {
          assert.ok(!next.includes('\n'))
          newlines += 1
        }
      }
      const lastNewline = bytes.lastIndexOf('\n')
      assert.equal(newlines, bytes.filter((byte) => byte === 0x0a).length)
      assert.deepEqual(reader.takeRest(), bytes.subarray(lastNewline + 1))
    }),
    RUNS,
  )
})

test('PayloadReader: any bytes are data, the beginning of some, or a ReplError, and never more than came', () => {
  fc.assert(
    fc.property(hostile, sizes, (bytes, pieces) => {
      const reader = new PayloadReader()
      const outcome = orReplError(() => {
        let given = 0
        for (const chunk of cut(bytes, pieces)) given += reader.push(chunk).data.reduce((sum, part) => sum + part.length, 0)
        return given + reader.rest().length
      })
      if (outcome instanceof ReplError) assert.ok(['PROTOCOL', 'LINK_LOST', 'NOT_REDIS'].includes(outcome.code))
      else assert.ok(outcome <= bytes.length)
    }),
    RUNS,
  )
})

test('ReplyDecoder: any bytes are replies, the beginning of one, or a ReplError', () => {
  fc.assert(
    fc.property(hostile, sizes, (bytes, pieces) => {
      const decoder = new ReplyDecoder()
      const outcome = orReplError(() => [...cut(bytes, pieces)].flatMap((chunk) => decoder.push(chunk)))
      if (outcome instanceof ReplError) assert.ok(['PROTOCOL', 'NOT_REDIS'].includes(outcome.code))
      else
        for (const reply of outcome)
          assert.ok(reply === null || typeof reply === 'string' || Array.isArray(reply) || reply instanceof ServerError)
    }),
    RUNS,
  )
})

test('parseReplyLine: any line is a status, an error or a ReplError', () => {
  fc.assert(
    fc.property(hostile, (line) => {
      const outcome = orReplError(() => parseReplyLine(line))
      if (outcome instanceof ReplError) assert.ok(['PROTOCOL', 'NOT_REDIS'].includes(outcome.code))
      else assert.equal(typeof outcome === 'string' ? '+' : '-', line.toString('latin1', 0, 1))
    }),
    RUNS,
  )
})

test('parsePsyncReply: any line is an answer with a proper replid and an exact offset, or a ReplError', () => {
  fc.assert(
    fc.property(hostile, (line) => {
      const outcome = orReplError(() => parsePsyncReply(line))
      if (outcome instanceof ReplError) return assert.ok(['PROTOCOL', 'NOT_REDIS'].includes(outcome.code))
      if ('replid' in outcome) assert.match(outcome.replid ?? '', /^[0-9a-f]{40}$/)
      if ('offset' in outcome) assert.ok(Number.isSafeInteger(outcome.offset) && outcome.offset >= 0)
      assert.ok(['full', 'continue', 'rdb-channel', 'dual-channel', 'refused'].includes(outcome.kind))
    }),
    RUNS,
  )
})
