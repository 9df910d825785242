import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import RedisParser from 'redis-parser'
import { ReplError } from '../../src/errors.ts'
import { findStart, StartSearch } from '../../src/protocol/stream/realign.ts'
import { StreamScanner } from '../../src/protocol/stream/scanner.ts'
import { chunkings, cut } from '../helpers/chunkings.ts'
import { multibulk } from '../helpers/wire.ts'

const ORIGIN = 5_000_000_000
const argument = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  // What looks like the protocol itself.
  fc.constantFrom('*1\r\n$4\r\nping\r\n', '\r\n', '$3\r\n', '*', '$-1\r\n', '').map((text) => Buffer.from(text)),
  fc.nat(3000).map((length) => Buffer.alloc(length, 'x')),
)
const command = fc.array(argument, { minLength: 1, maxLength: 12 })
const commands = fc.array(command, { maxLength: 12 })
const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 })

interface Seen {
  readonly args: string[]
  readonly start: number
  readonly end: number
}

/** Everything is copied at once: the views are not valid any longer. */
function scan(chunks: Iterable<Buffer>, seen: Seen[] = []): { seen: Seen[]; offset: number; pending: number } {
  const scanner = new StreamScanner(ORIGIN)
  for (const chunk of chunks) {
    for (const batch of scanner.push(chunk)) {
      for (let next = batch.next(); next; next = batch.next()) {
        const { argc, startOffset, endOffset } = next
        const args = Array.from({ length: argc }, (_, index) => (next as NonNullable<typeof next>).text(index))
        seen.push({ args, start: startOffset, end: endOffset })
      }
    }
  }
  return { seen, offset: scanner.offset, pending: scanner.pending }
}

function encoded(list: Buffer[][]): Buffer {
  return Buffer.concat(list.map((args) => multibulk(...args)))
}

/** What must be seen, from what was written. */
function expected(list: Buffer[][]): Seen[] {
  let offset = ORIGIN
  return list.map((args) => {
    const start = offset
    offset += multibulk(...args).length
    return { args: args.map((arg) => arg.toString('latin1')), start, end: offset }
  })
}

test('StreamScanner: the same commands and offsets, however the bytes are cut', () => {
  fc.assert(
    fc.property(commands, command, sizes, fc.nat(), (list, last, pieces, part) => {
      const whole = encoded(list)
      const half = multibulk(...last)
      const begun = half.subarray(0, part % half.length)
      const { seen, offset, pending } = scan(cut(Buffer.concat([whole, begun]), pieces))
      assert.deepEqual(seen, expected(list))
      assert.equal(offset, ORIGIN + whole.length)
      assert.equal(pending, begun.length)
    }),
  )
})

test('StreamScanner: the same at every split in two and byte by byte', () => {
  const list = [['SET', 'k', 'a\r\n*1\r\n$1\r\nb'], ['MULTI'], ['DEL', 'x', ''], ['EXEC']].map((args) =>
    args.map((arg) => Buffer.from(arg)),
  )
  for (const { how, chunks } of chunkings(encoded(list))) assert.deepEqual(scan(chunks).seen, expected(list), how)
})

test('StreamScanner: empty lines between commands show nothing and count in the offset, however the bytes are cut', () => {
  const emptyLines = fc.array(fc.constantFrom('\n', '\r\n'), { maxLength: 4 }).map((lines) => Buffer.from(lines.join('')))
  fc.assert(
    fc.property(fc.array(fc.tuple(emptyLines, command), { maxLength: 6 }), emptyLines, sizes, (list, last, pieces) => {
      let offset = ORIGIN
      const expected = list.map(([lines, args]) => {
        const start = offset + lines.length
        offset = start + multibulk(...args).length
        return { args: args.map((arg) => arg.toString('latin1')), start, end: offset }
      })
      const bytes = Buffer.concat([...list.flatMap(([lines, args]) => [lines, multibulk(...args)]), last])
      const scanned = scan(cut(bytes, pieces))
      assert.deepEqual(scanned, { seen: expected, offset: ORIGIN + bytes.length, pending: 0 })
    }),
  )
})

test('StreamScanner: endless newlines take no memory, and a carriage return alone is not an empty line', () => {
  const scanner = new StreamScanner(0)
  for (let count = 0; count < 1000; count++) scanner.push(Buffer.alloc(1000, '\n'))
  assert.deepEqual([scanner.offset, scanner.pending], [1_000_000, 0])
  const [batch] = new StreamScanner(0).push(Buffer.from('\n\rx*1\r\n'))
  assert.throws(() => batch?.next(), { details: { reason: 'STREAM', offset: 2, reply: '\rx*1\r\n' } })
})

test('StreamScanner agrees with redis-parser', () => {
  fc.assert(
    fc.property(commands, sizes, (list, pieces) => {
      const replies: string[][] = []
      const parser = new RedisParser({
        returnBuffers: true,
        returnReply: (reply: Buffer[]) => replies.push(reply.map((arg) => arg.toString('latin1'))),
        returnError: assert.fail,
      })
      parser.execute(encoded(list))
      assert.deepEqual(
        scan(cut(encoded(list), pieces)).seen.map(({ args }) => args),
        replies,
      )
    }),
  )
})

/** The one error of a scan, if there is one, and what came before it. */
function failing(chunks: Iterable<Buffer>): { error?: ReplError; seen: Seen[] } {
  const seen: Seen[] = []
  try {
    scan(chunks, seen)
    return { seen }
  } catch (error) {
    assert.ok(error instanceof ReplError, String(error))
    return { error, seen }
  }
}

test('StreamScanner: garbage is an error of its kind, with its offset, however it is split', () => {
  // Each of four bytes and more: as many as the shortest header has are waited for.
  const garbage = fc.constantFrom(
    { text: 'PING\r\n', at: 1 },
    { text: '+OK\r\n', at: 1 },
    { text: '*0\r\n', at: 1 },
    { text: '*-1\r\n', at: 2 },
    { text: '*x\r\n', at: 2 },
    { text: '*1\nx', at: 3 },
    { text: '*1\rx', at: 3 },
    { text: '*\r\nx', at: 2 },
    { text: '*10\rxx', at: 4 },
    { text: '*1x\r\nx', at: 3 },
    { text: '*x1\r\nx', at: 2 },
    { text: '$3\r\nxx', at: 1 },
    { text: '*1\r\n:5\r\nxx', at: 5 },
    { text: '*1\r\n$-1\r\nx', at: 6 },
    { text: '*1\r\n$2\r\nabcd\r\n', at: 11 },
    { text: '*12345678901\r\n', at: 12 },
    { text: '*9999999999\r\n', at: 1 },
    { text: '*1\r\n$9999999999\r\n', at: 18 },
  )
  fc.assert(
    fc.property(commands, garbage, sizes, (list, { text, at }, pieces) => {
      const good = encoded(list)
      const { error, seen } = failing(cut(Buffer.concat([good, Buffer.from(text)]), pieces))
      assert.deepEqual(seen, expected(list))
      assert.ok(error?.details.reason === 'STREAM')
      assert.equal(error.details.offset, ORIGIN + good.length + at)
    }),
  )
})

test('StreamScanner: whatever comes, it is commands or an error of its kind, never another', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          argument,
          fc.constantFrom('*2\r\n', '$1\r\na\r\n', '*').map((text) => Buffer.from(text)),
        ),
      ),
      sizes,
      (parts, pieces) => {
        const { error } = failing(cut(Buffer.concat(parts), pieces))
        assert.ok(error === undefined || error.details.reason === 'STREAM')
      },
    ),
  )
})

test('StreamScanner: an announced size takes no memory before the bytes are there', () => {
  const before = process.memoryUsage().rss
  const scanner = new StreamScanner(0)
  scanner.push(Buffer.from('*100000000\r\n$3\r\nabc\r\n'))
  assert.ok(process.memoryUsage().rss - before < 100_000_000)
  assert.equal(scanner.offset, 0)
})

test('findStart: from any byte of a stream, the next boundary', () => {
  fc.assert(
    fc.property(fc.array(command, { minLength: 2, maxLength: 8 }), fc.nat(), (list, where) => {
      const bytes = encoded(list)
      const ends = expected(list).map(({ end }) => end - ORIGIN)
      const from = where % bytes.length
      const boundaries = [0, ...ends].filter((end) => end >= from)
      const start = findStart(bytes.subarray(from), bytes.length - from) + from
      // What stands inside a value and reads like commands up to the end is commands, for all that anybody could know.
      const isInside = !boundaries.includes(start)
      if (isInside) assert.deepEqual(scan(cut(bytes.subarray(start), [99])).pending, 0)
      else assert.equal(start, boundaries[0])
    }),
  )
})

/** What a stream is made of, in any order. */
const pieces = fc.array(
  fc.oneof(
    command.map((args) => multibulk(...args)),
    fc
      .constantFrom(
        '*1\r\n',
        '*2\r\n',
        '*20\r\n',
        '*\r\n',
        '$1\r\na\r\n',
        '$0\r\n\r\n',
        '$2\r\n\n*\r\n',
        '$9\r\n',
        '$99999\r\n',
        '\n',
        '\r\n',
        'x',
      )
      .map((text) => Buffer.from(text)),
    fc
      .integer({ min: 15, max: 60 })
      .map((count) => Buffer.concat([Buffer.from(`\n*${count}\r\n`), ...Array(count).fill(Buffer.from('$0\r\n\r\n'))])),
    fc.nat(40).map((count) => Buffer.from('$10\r\n\n*17\r\n$0\r\n\r\n'.repeat(count))),
  ),
  { maxLength: 12 },
)

/** The first place from which a scanner reads whole commands up to the end, by trying them all. */
function firstByTrial(bytes: Buffer): number {
  for (let start = 0; start < bytes.length; start++) {
    if (bytes[start] !== 0x2a || (start > 0 && bytes[start - 1] !== 0x0a)) continue
    const seen: Seen[] = []
    try {
      const { pending } = scan([bytes.subarray(start)], seen)
      if (seen.length > 0 && pending === 0) return start
    } catch (error) {
      assert.ok(error instanceof ReplError)
    }
  }
  return bytes.length
}

test('findStart: the first place from which everything parses, whatever the bytes', () => {
  fc.assert(
    fc.property(pieces, fc.nat(30), (parts, from) => {
      const bytes = Buffer.concat(parts).subarray(from)
      fc.pre(!/(\r?\n){12}/.test(bytes.toString('latin1')))
      assert.equal(findStart(bytes, bytes.length), firstByTrial(bytes))
      // Without a boundary the last command may be cut, so a start may come earlier.
      const start = findStart(bytes)
      assert.ok(start <= findStart(bytes, bytes.length))
      if (start < bytes.length) assert.notEqual(scan([bytes.subarray(start)]).seen.length, 0)
    }),
    { numRuns: 500 },
  )
})

/** Values in which something like a command begins every few bytes. @param size of the value in bytes */
const HOSTILE: Readonly<Record<string, (size: number) => string>> = {
  'commands that break off at once': (size) => repeated('*1\r\n$1\r\n', size),
  'whole commands': (size) => repeated('*1\r\n$1\r\nx\r\n', size),
  'commands within commands': (size) => repeated('*1\r\n$12\r\n', size),
  'absurd lengths': (size) => repeated('*1\r\n$1999999999\r\n', size),
  'absurd numbers of arguments': (size) => repeated('*99999999\r\n$0\r\n\r\n', size),
  'arguments that many commands share': (size) => repeated('$14\r\n\n*9999\r\n$0\r\n\r\n', size),
  'arguments that many commands share to the end': (size) => repeated('$16\r\n\n*999999\r\n$0\r\n\r\n', size),
  'a run of arguments that commands of all sizes share': (size) => {
    const arg = (index: number) => {
      const inner = `\n*${(index % 5000) + 2}\r\n$0\r\n`
      return `$${inner.length}\r\n${inner}\r\n`
    }
    return Array.from({ length: size / 25 }, (_, index) => arg(index)).join('')
  },
  'newlines that many commands lead to': (size) =>
    Array.from({ length: size / 60 }, (_, index) => `\n*1\r\n$${Math.floor(size / 2) + index}\r\n`).join('') + '\n'.repeat(size),
  newlines: (size) => '\n'.repeat(size),
  stars: (size) => repeated('\n*', size),
}

function repeated(unit: string, size: number): string {
  return unit.repeat(Math.ceil(size / unit.length))
}

for (const [what, value] of Object.entries(HOSTILE)) {
  test(`findStart: a value of ${what} hides no command after it, and costs a bounded effort a byte`, () => {
    const real = encoded([['SELECT', '0'], ['SET', 'real', '1'], ['PING']].map((args) => args.map((arg) => Buffer.from(arg))))
    for (const size of [3000, 300_000]) {
      // The first byte is within the value, and its end is not.
      const hostile = multibulk('SET', 'k', value(size)).subarray(40)
      const bytes = Buffer.concat([hostile, real])
      for (const boundary of [bytes.length, undefined]) {
        const search = new StartSearch(bytes, boundary)
        assert.ok(search.run() <= hostile.length)
        assert.ok(search.headersRead < bytes.length, `${search.headersRead} of ${bytes.length}`)
      }
    }
  })
}
