import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LineReader } from '../../src/protocol/wire/line-reader.ts'
import { PayloadReader } from '../../src/protocol/wire/payload.ts'
import { type Reply, ReplyDecoder } from '../../src/protocol/wire/reply.ts'
import { Crc64 } from '../../src/rdb/crc64.ts'
import { RdbVerifier } from '../../src/rdb/verifier.ts'
import { cut } from '../helpers/chunkings.ts'
import { crc64, framedByLength, framedByMark, line, littleEndian, MARK, multibulk, rdb } from '../helpers/wire.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' }).map((array) => Buffer.from(array))
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 })
/** Bytes in which whole and broken marks are common. */
const markish = fc
  .array(
    fc.oneof(
      bytes(20),
      fc.nat(MARK.length).map((length) => Buffer.from(MARK.slice(0, length))),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts))

test('LineReader: the same lines and the same rest, however the bytes are cut', () => {
  const texts = fc.array(
    fc.string({ unit: fc.constantFrom('a', '+', '\r', ' ') }).map((text) => text.replace(/\r+$/, '')),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(texts, fc.string({ unit: fc.constantFrom('a', '\r') }), sizes, (lines, rest, pieces) => {
      const reader = new LineReader()
      const read: string[] = []
      for (const chunk of cut(Buffer.concat([...lines.map(line), Buffer.from(rest)]), pieces)) {
        reader.push(chunk)
        for (let next = reader.next(); next; next = reader.next()) read.push(next.toString())
      }
      assert.deepEqual([read, reader.takeRest().toString()], [lines, rest])
    }),
  )
})

function receive(chunks: Iterable<Buffer>) {
  const reader = new PayloadReader()
  const data: Buffer[] = []
  let keepAlives = 0
  for (const chunk of chunks) {
    const piece = reader.push(chunk)
    keepAlives += piece.keepAlives
    data.push(...piece.data.map((part) => Buffer.from(part)))
  }
  return {
    keepAlives,
    data: Buffer.concat(data).toString('hex'),
    rest: reader.rest().toString('hex'),
    complete: reader.complete,
    atMark: reader.atMark,
  }
}

test('PayloadReader: with a length, the stream begins at the announced byte, however the bytes are split', () => {
  fc.assert(
    fc.property(fc.nat(3), bytes(200), bytes(60), sizes, (keepAlives, data, rest, pieces) => {
      fc.pre(data.length > 0)
      const sent = Buffer.concat([Buffer.alloc(keepAlives, '\n'), framedByLength(data), rest])
      const expected = { keepAlives, data: data.toString('hex'), rest: rest.toString('hex'), complete: true, atMark: false }
      assert.deepEqual(receive(cut(sent, pieces)), expected)
    }),
  )
})

test('PayloadReader: newlines after the mark are not data, and no data is taken for newlines, however the bytes are split', () => {
  const newlines = fc.nat(50).map((count) => Buffer.alloc(count, '\n'))
  const data = fc.array(fc.oneof(markish, newlines), { maxLength: 4 }).map((parts) => Buffer.concat([...parts, Buffer.from([0])]))
  fc.assert(
    fc.property(data, newlines, sizes, (payload, after, pieces) => {
      const received = receive(cut(Buffer.concat([framedByMark(payload), after]), pieces))
      assert.deepEqual(received, { keepAlives: 0, data: payload.toString('hex'), rest: '', complete: false, atMark: true })
    }),
  )
})

test('PayloadReader: with a mark, the data ends before the last mark, whatever it contains and however it is split', () => {
  fc.assert(
    fc.property(fc.nat(3), markish, sizes, (keepAlives, data, pieces) => {
      const sent = Buffer.concat([Buffer.alloc(keepAlives, '\n'), framedByMark(data)])
      assert.deepEqual(receive(cut(sent, pieces)), { keepAlives, data: data.toString('hex'), rest: '', complete: false, atMark: true })
    }),
  )
})

test('ReplyDecoder: the same replies, however the bytes are cut', () => {
  const arrays = fc.array(fc.array(fc.string(), { maxLength: 4 }), { maxLength: 4 })
  fc.assert(
    fc.property(arrays, sizes, (values, pieces) => {
      const decoder = new ReplyDecoder()
      const replies: Reply[] = []
      for (const chunk of cut(Buffer.concat(values.map((value) => multibulk(...value))), pieces)) replies.push(...decoder.push(chunk))
      assert.deepEqual(replies, values)
    }),
  )
})

test('RdbVerifier: any data between magic and trailer is verified, however it is cut', () => {
  fc.assert(
    fc.property(bytes(200), sizes, (body, pieces) => {
      const verifier = new RdbVerifier()
      const sent = rdb({ body })
      for (const chunk of cut(sent, pieces)) verifier.push(chunk)
      assert.deepEqual([verifier.endsHere, verifier.finish(), verifier.bytes], ['certain', 'verified', sent.length])
    }),
  )
})

test('RdbVerifier: a change of one byte after the magic is found, however the bytes are split', () => {
  fc.assert(
    fc.property(bytes(100), fc.nat(), fc.integer({ min: 1, max: 255 }), sizes, (body, where, change, pieces) => {
      const sent = rdb({ body })
      const at = 9 + (where % (sent.length - 9))
      sent.writeUInt8(sent.readUInt8(at) ^ change, at)
      const verifier = new RdbVerifier()
      for (const chunk of cut(sent, pieces)) verifier.push(chunk)
      assert.throws(() => verifier.finish(), { code: 'PAYLOAD_CORRUPT' })
    }),
  )
})

test('Crc64: equal to the definition bit by bit, however the bytes are cut', () => {
  fc.assert(
    fc.property(bytes(300), sizes, (input, pieces) => {
      const crc = new Crc64()
      for (const chunk of cut(input, pieces)) crc.update(chunk)
      assert.deepEqual(crc.digest(), littleEndian(crc64(input)))
    }),
  )
})
