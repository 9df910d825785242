import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import type { GapEvent } from '../../../../src/engine/follow/events.ts'
import { ReplError } from '../../../../src/errors.ts'
import { KeyRules } from '../../../../src/protocol/stream/key-rules.ts'
import { Columns } from '../../../../src/render/tail/columns.ts'
import { CsvFormat } from '../../../../src/render/tail/csv.ts'
import { JsonFormat } from '../../../../src/render/tail/json.ts'
import { RespFormat } from '../../../../src/render/tail/resp.ts'
import { TemplateFormat } from '../../../../src/render/tail/template.ts'
import { TextFormat } from '../../../../src/render/tail/text.ts'
import { assertRecords } from '../../../helpers/schema.ts'
import { attached, bytesOf, endsOf, printed, SERVER, type Words } from '../../../helpers/stream.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const PLAIN = { time: false, maxArg: Number.POSITIVE_INFINITY, indent: true, isUtf8: false }
const ABOUT = {
  tool: { name: 'redis-repl', version: '1.2.3' },
  target: 'db1:6379',
  startedAt: new Date('2026-11-24T12:00:00Z'),
  elapsedMs: () => 250,
}
const HEAD = { schema: 'redis-repl/tail/1', tool: ABOUT.tool, target: ABOUT.target }
const UNNAMED = { shard: '', server: '' }
const ODD = Buffer.from([0, 7, 8, 9, 10, 13, 27, 34, 92, 127, 128, 255])
const GAP: GapEvent = {
  type: 'gap',
  at: 0,
  server: SERVER,
  reason: 'LOST',
  from: { replid: REPLID, offset: 10 },
  to: { replid: REPLID, offset: 1510 },
}

test('text: the offset of the last byte, the database, and every argument in the quotes of redis-cli', async () => {
  const commands: Words[] = [
    ['SELECT', '3'],
    ['set', 'k', ODD],
    ['DEL', ''],
  ]
  const [, set, del] = endsOf(...commands)
  const out = await printed(new TextFormat(PLAIN), [bytesOf(...commands)])
  assert.equal(out, `${set} 3 "set" "k" "\\x00\\a\\b\\t\\n\\r\\x1b\\"\\\\\\x7f\\x80\\xff"\n${del} 3 "DEL" ""\n`)
})

test('text: the time of arrival, and no more of an argument than was asked for', async () => {
  const out = await printed(new TextFormat({ ...PLAIN, time: true, maxArg: 3 }), [
    attached({ db: undefined }),
    bytesOf(['SET', 'k', 'a\n"long']),
  ])
  // The clock of a step is a second behind that of the mark before it.
  assert.equal(out, `2026-11-24T12:00:01.250Z 33 ? "SET" "k" "a\\n\\""...(7 bytes)\n`)
})

test('text: printable characters beyond ASCII as they are with utf8, and no byte of anything else', async () => {
  const commands: Words[] = [['SET', 'größe:日本🙂', 'a"b\\c']]
  const [set] = endsOf(...commands)
  const out = await printed(new TextFormat({ ...PLAIN, isUtf8: true }), [bytesOf(...commands)])
  assert.equal(Buffer.from(out, 'latin1').toString(), `${set} 0 "SET" "größe:日本🙂" "a\\"b\\\\c"\n`)
})

test('text: with utf8 a control, an invisible character or an invalid byte is still escaped', async () => {
  const hostile: readonly (readonly [Buffer | string, string])[] = [
    ['\u001b[2J', '\\x1b[2J'],
    ['\u009b2J', '\\xc2\\x9b2J'],
    ['\u202egnp', '\\xe2\\x80\\xaegnp'],
    ['\u200b', '\\xe2\\x80\\x8b'],
    ['\u2028', '\\xe2\\x80\\xa8'],
    ['\ufeff', '\\xef\\xbb\\xbf'],
    // A lead byte without its character, an overlong slash, a surrogate, and a byte that occurs in no UTF-8.
    [Buffer.from('c3', 'hex'), '\\xc3'],
    [Buffer.from('c0af', 'hex'), '\\xc0\\xaf'],
    [Buffer.from('eda080', 'hex'), '\\xed\\xa0\\x80'],
    [Buffer.from('ff', 'hex'), '\\xff'],
  ]
  for (const [argument, shown] of hostile) {
    const out = await printed(new TextFormat({ ...PLAIN, isUtf8: true }), [bytesOf(['ECHO', argument])])
    assert.ok(out.endsWith(` "ECHO" "${shown}"\n`), out)
  }
})

test('text: with utf8 no character of an argument of several pieces is split', async () => {
  const long = `x${'ü'.repeat(1024 * 1024)}`
  const out = await printed(new TextFormat({ ...PLAIN, isUtf8: true }), [bytesOf(['SET', 'k', long])])
  assert.ok(Buffer.from(out, 'latin1').toString().endsWith(` "${long}"\n`))
})

test('text: on a terminal the offset is dim, and offsets and databases are aligned', async () => {
  const columns = new Columns((text) => `<${text}>`)
  const commands: Words[] = [
    ['DEL', 'a'],
    ['SELECT', '12'],
    ['SET', 'b', 'x'.repeat(100)],
  ]
  const out = await printed(new TextFormat({ ...PLAIN, columns }), [attached({ db: 3 }), bytesOf(...commands)])
  assert.deepEqual(
    out.split('\n').map((line) => line.slice(0, 13)),
    ['<20> 3 "DEL" ', '<172> 12 "SET', ''],
  )
  assert.equal(columns.aligned(undefined, undefined, 7, 1), '<  7>  1')
})

test('text: a transaction stands as one unit under its MULTI', async () => {
  const transaction: Words[] = [['MULTI'], ['INCR', 'a'], ['INCR', 'b'], ['EXEC']]
  const [multi, one, two, exec] = endsOf(...transaction)
  const out = await printed(new TextFormat(PLAIN), [bytesOf(...transaction)])
  assert.equal(out, `${multi} 0 "MULTI"\n${one} 0   "INCR" "a"\n${two} 0   "INCR" "b"\n${exec} 0 "EXEC"\n`)
})

test('text: a gap is a line of its own that no command can look like', async () => {
  const out = await printed(new TextFormat(PLAIN), [attached(), GAP, attached({ offset: 1510 })])
  assert.equal(out, `# gap: 1,500 bytes are missing between offset 10 of ${REPLID} and offset 1510 of ${REPLID}\n`)
})

test('json: start, end, db, time, transaction and arguments, binary ones in base64', async () => {
  const out = await printed(new JsonFormat(ABOUT), [bytesOf(['MULTI'], ['SET', 'é"\n', Buffer.from([255, 0])], ['EXEC'])])
  const [first, ...commands] = assertRecords(out, 'tail')
  assert.deepEqual(first, { type: 'attached', ...HEAD, at: '2026-11-24T12:00:00.250Z', server: SERVER, replid: REPLID, offset: 0 })
  const time = '2026-11-24T12:00:01.250Z'
  assert.deepEqual(commands, [
    { type: 'command', start: 0, end: 15, db: 0, time, transaction: 0, argv: ['MULTI'] },
    { type: 'command', start: 15, end: 46, db: 0, time, transaction: 0, argv: ['SET', 'é"\n', { base64: '/wA=' }] },
    { type: 'command', start: 46, end: 60, db: 0, time, transaction: 0, argv: ['EXEC'] },
  ])
})

test('json: a gap is a record', async () => {
  const moved = { ...GAP, reason: 'DIVERGED', to: { replid: OTHER_REPLID, offset: 5 } } as const
  const records = assertRecords(await printed(new JsonFormat(ABOUT), [attached(), GAP, moved, attached({ db: undefined })]), 'tail')
  assert.deepEqual(
    records.map(({ type, reason }) => [type, reason]),
    [
      ['attached', undefined],
      ['gap', 'LOST'],
      ['gap', 'DIVERGED'],
      ['attached', undefined],
    ],
  )
})

/** RFC 4180, read by its own rules. */
function fields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '')
}

test('csv: offset, db, transaction, then the command; quotes are doubled, and no line is broken inside a field', async () => {
  const commands: Words[] = [['SET', 'a,"b"', 'x\r\ny'], ['SELECT', '1'], ['MULTI'], ['DEL', 'k'], ['EXEC']]
  const [set, select, multi, del, exec] = endsOf(...commands).map(String)
  const out = await printed(new CsvFormat(false), [attached({ db: undefined }), bytesOf(...commands)])
  const lines = out.split('\r\n').slice(0, -1).map(fields)
  assert.deepEqual(lines, [
    [set, '', '', 'SET', 'a,"b"', 'x\\r\\ny'],
    [multi, '1', select, 'MULTI'],
    [del, '1', select, 'DEL', 'k'],
    [exec, '1', select, 'EXEC'],
  ])
})

test('resp: the very bytes of every command, with a SELECT wherever the database is another', async () => {
  const [one, two] = [bytesOf(['sEt', 'k', ODD]), bytesOf(['DEL', 'k'])]
  const out = await printed(new RespFormat(), [attached({ db: 3 }), bytesOf(['PING']), one, bytesOf(['select', '5']), two, two])
  assert.equal(out, Buffer.concat([bytesOf(['SELECT', '3']), one, bytesOf(['SELECT', '5']), two, two]).toString('latin1'))
})

test('resp: a SELECT inside a transaction stays inside it', async () => {
  const out = await printed(new RespFormat(), [
    bytesOf(['SELECT', '1'], ['MULTI'], ['SET', 'a', '1'], ['SELECT', '2'], ['SET', 'b', '2'], ['EXEC']),
  ])
  const expected = bytesOf(['MULTI'], ['SELECT', '1'], ['SET', 'a', '1'], ['SELECT', '2'], ['SET', 'b', '2'], ['EXEC'])
  assert.equal(out, expected.toString('latin1'))
})

test('resp: what Sentinels say to each other is not replayed to others', async () => {
  const out = await printed(new RespFormat(), [bytesOf(['PUBLISH', '__sentinel__:hello', 'x'], ['PUBLISH', 'news', 'x'])])
  assert.doesNotMatch(out, /__sentinel__/)
  assert.match(out, /news/)
})

test('template: every sign and every escape', async () => {
  const label = { shard: '', server: '' }
  const format = new TemplateFormat('%h|%o|%s|%d|%c|%k|%a|%1|%9|%r|%n|%t|%T|%x|%%\\t\\x41\\\\\\n', KeyRules.builtIn(), label)
  const command = bytesOf(['MSET', 'a', 'x y', 'b', '"'])
  const out = await printed(format, [command], { label })
  const size = command.length
  assert.equal(
    out,
    `${SERVER}|${size}|0|0|MSET|a b|"a" "x y" "b" "\\""|a||"MSET" "a" "x y" "b" "\\""|${size}|2026-11-24T12:00:01.250Z|${Date.UTC(2026, 10, 24, 12, 0, 1, 250)}|-|%\tA\\\n`,
  )
})

test('template: what it does not know is a USAGE error', () => {
  for (const template of ['%y', '%', '\\', '\\y', 'a%0']) {
    assert.throws(
      () => new TemplateFormat(template, KeyRules.builtIn(), UNNAMED),
      (error) => error instanceof ReplError && error.code === 'USAGE',
      template,
    )
  }
})

test('no format lets a control byte, or what hides text, through to a terminal', async () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: fc.constantFrom('\x1b[2J', '\u202e', '\u200b', '\u009b', 'é', '\0') }).map((text) => Buffer.from(text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 4 }), async (args) => {
      const command = bytesOf(['SET', ...args])
      for (const format of [
        new TextFormat(PLAIN),
        new CsvFormat(true),
        new JsonFormat(ABOUT),
        new TemplateFormat('%r %k %1', KeyRules.builtIn(), UNNAMED),
      ]) {
        const text = Buffer.from(await printed(format, [command]), 'latin1').toString()
        assert.doesNotMatch(text.replaceAll(/\r?\n/g, ''), /[\p{Cc}\u202e\u200b\ufffd]/u)
      }
    }),
  )
})

test('json: any bytes come back as they were', async () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 5 }), async (args) => {
      const out = Buffer.from(await printed(new JsonFormat(ABOUT), [bytesOf(['SET', ...args])]), 'latin1').toString()
      const { argv } = JSON.parse(out.split('\n')[1] as string)
      const back = argv
        .slice(1)
        .map((arg: string | { base64: string }) => (typeof arg === 'string' ? Buffer.from(arg) : Buffer.from(arg.base64, 'base64')))
      assert.deepEqual(back, args)
    }),
  )
})

/** One command for each byte and each place that it can have in a word, or behind one. */
const EVERYWHERE: Words[] = Array.from({ length: 256 }, (_, byte) => [
  'SET',
  ...Array.from({ length: 9 }, (_, place) => Buffer.concat([Buffer.alloc(place, 'p'), Buffer.of(byte), Buffer.alloc(8 - place, 's')])),
])

/** By the rules of sdscatrepr(), a byte at a time. */
function repr(arg: string | Buffer, quote: string): string {
  const short: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 13: '\\r', 34: quote, 92: '\\\\' }
  const shown = Array.from(Buffer.from(arg), (byte) => {
    const plain = byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
    return short[byte] ?? plain
  })
  return `"${shown.join('')}"`
}

test('text and csv: every byte at every place is written as it should be', async () => {
  const ends = endsOf(...EVERYWHERE)
  const text = EVERYWHERE.map((args, index) => `${ends[index]} 0 ${args.map((arg) => repr(arg, '\\"')).join(' ')}\n`)
  assert.equal(await printed(new TextFormat(PLAIN), [bytesOf(...EVERYWHERE)]), text.join(''))
  const csv = EVERYWHERE.map((args, index) => `${ends[index]},0,,${args.map((arg) => repr(arg, '""')).join(',')}\r\n`)
  assert.equal(await printed(new CsvFormat(false), [bytesOf(...EVERYWHERE)]), csv.join(''))
})

test('json: every byte at every place comes back, in commands of any size', async () => {
  const small = EVERYWHERE.flatMap((args) => args.slice(1))
  const large = ['MSET', ...small, 'x'.repeat(600_000), 'y'.repeat(600_000)]
  assert.ok(bytesOf(large).length > 1024 * 1024)
  // More than the writer has room for at first.
  const commands = [...Array.from({ length: 8 }, () => EVERYWHERE).flat(), large]
  const records = assertRecords(await printed(new JsonFormat(ABOUT), [bytesOf(...commands)]), 'tail').slice(1)
  const expected = commands.map((args) =>
    args.map((arg) => (isUtf8(Buffer.from(arg)) ? arg.toString() : { base64: Buffer.from(arg).toString('base64') })),
  )
  assert.deepEqual(
    records.map(({ argv }) => argv),
    expected,
  )
})

test('what is too large to be put together comes out the same in every format', async () => {
  for (const value of [Buffer.alloc(3_000_001, 'é"'), Buffer.alloc(3_000_001, Buffer.from([0, 255, 34]))]) {
    const bytes = bytesOf(['SET', 'k', value], ['DEL', 'k'])
    const [, set] = (await printed(new JsonFormat(ABOUT), [bytes])).split('\n')
    const arg = JSON.parse(Buffer.from(set as string, 'latin1').toString()).argv[2]
    assert.deepEqual(typeof arg === 'string' ? Buffer.from(arg) : Buffer.from(arg.base64, 'base64'), value)
    assert.equal(await printed(new RespFormat(), [attached({ db: undefined }), bytes]), bytes.toString('latin1'))
    const text = await printed(new TextFormat(PLAIN), [bytes])
    const quoted = [...value]
      .map((byte) =>
        byte === 34 ? '\\"' : byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
      )
      .join('')
    assert.ok(text.includes(`"SET" "k" "${quoted}"\n`) && text.endsWith('"DEL" "k"\n'))
  }
})
