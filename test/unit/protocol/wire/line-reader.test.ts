import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineReader, MAX_LINE_BYTES } from '../../../../src/protocol/wire/line-reader.ts'
import { type Chunking, chunkings } from '../../../helpers/chunkings.ts'
import { framedByLength, line, REPLID, rdb } from '../../../helpers/wire.ts'

const CASES: readonly { rule: string; bytes: string; lines: string[]; rest: string }[] = [
  { rule: 'a line comes without its CRLF', bytes: '+PONG\r\n', lines: ['+PONG'], rest: '' },
  { rule: 'a line may end in a bare newline', bytes: '+PONG\n', lines: ['+PONG'], rest: '' },
  { rule: 'bare newlines are empty lines, one each', bytes: '\n\n+OK\r\n', lines: ['', '', '+OK'], rest: '' },
  { rule: 'several lines come one at a time', bytes: '+OK\r\n-ERR no\r\n', lines: ['+OK', '-ERR no'], rest: '' },
  { rule: 'a carriage return inside a line belongs to it', bytes: '+a\rb\r\n', lines: ['+a\rb'], rest: '' },
  { rule: 'an unfinished line stays pending', bytes: '+OK\r\n+CONT', lines: ['+OK'], rest: '+CONT' },
  { rule: 'a carriage return alone ends nothing', bytes: '+OK\r', lines: [], rest: '+OK\r' },
]

function readAll({ chunks }: Chunking): { lines: string[]; reader: LineReader } {
  const reader = new LineReader()
  const lines: string[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let next = reader.next(); next; next = reader.next()) lines.push(next.toString('latin1'))
  }
  return { lines, reader }
}

for (const { rule, bytes, lines, rest } of CASES) {
  test(`LineReader: ${rule}`, () => {
    for (const chunking of chunkings(Buffer.from(bytes))) {
      const read = readAll(chunking)
      assert.deepEqual([read.lines, read.reader.pending.toString('latin1')], [lines, rest], chunking.how)
    }
  })
}

test('LineReader: what shares a segment with the last line is handed over untouched, and once', () => {
  const payload = framedByLength(rdb({ body: Buffer.from('\r\n\n') }))
  const bytes = Buffer.concat([line(`+FULLRESYNC ${REPLID} 14`), payload])
  for (const { how, chunks } of chunkings(bytes)) {
    const reader = new LineReader()
    const behind: Buffer[] = []
    let first: Buffer | undefined
    for (const chunk of chunks) {
      reader.push(chunk)
      first ??= reader.next()
      if (first) behind.push(reader.takeRest())
    }
    assert.equal(Buffer.concat(behind).toString('latin1'), payload.toString('latin1'), how)
  }
})

test('LineReader: after its rest was taken it starts afresh', () => {
  const reader = new LineReader()
  reader.push(Buffer.from('no newline in sight'))
  reader.next()
  reader.takeRest()
  reader.push(line('+OK'))
  assert.equal(reader.next()?.toString(), '+OK')
})

test('LineReader: the limit applies to each line, not to the buffer', () => {
  const reader = new LineReader()
  const long = 'x'.repeat(MAX_LINE_BYTES - 1)
  reader.push(Buffer.concat([line(long), line(long)]))
  assert.deepEqual([reader.next()?.length, reader.next()?.length], [MAX_LINE_BYTES - 1, MAX_LINE_BYTES - 1])
})

for (const [how, tail] of [
  ['without a newline', ''],
  ['even with its newline', '\r\n'],
] as const) {
  test(`LineReader: a line beyond the limit is refused ${how}`, () => {
    const reader = new LineReader()
    reader.push(Buffer.from(`${'x'.repeat(MAX_LINE_BYTES + 1)}${tail}`))
    assert.throws(() => reader.next(), { code: 'PROTOCOL', details: { reason: 'LINE_TOO_LONG', limitBytes: MAX_LINE_BYTES } })
  })
}
