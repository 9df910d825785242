import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RdbHead, type RdbHeader } from '../../../src/rdb/header.ts'
import { chunkings } from '../../helpers/chunkings.ts'
import { auxField, REPLID, rdb } from '../../helpers/wire.ts'

function parse(chunks: Iterable<Buffer>): RdbHeader | undefined {
  const head = new RdbHead()
  for (const chunk of chunks) head.push(chunk)
  return head.parse()
}

const LONG = 'x'.repeat(300)

test('RdbHead: magic, version and aux fields are read, however the payload is cut', () => {
  const aux = { 'valkey-ver': '9.1.2', 'repl-id': REPLID, long: LONG, empty: '' }
  for (const { how, chunks } of chunkings(rdb({ magic: 'VALKEY080', aux }))) {
    assert.deepEqual(parse(chunks), { magic: 'VALKEY080', version: 80, aux, isEmpty: true }, how)
  }
})

test('RdbHead: an RDB of before 3.2 has no aux fields', () => {
  assert.deepEqual(parse([rdb({ magic: 'REDIS0006', aux: {} })]), { magic: 'REDIS0006', version: 6, aux: {}, isEmpty: true })
})

test('RdbHead: there is no header before the magic is complete', () => assert.equal(parse([Buffer.from('REDIS001')]), undefined))

/** Values that rdb.c stores as integers: 0xc0, 0xc1, 0xc2 and 1, 2 or 4 bytes, least significant first. */
const INTEGERS: readonly (readonly [bytes: number[], text: string])[] = [
  [[0xc0, 0x40], '64'],
  [[0xc0, 0xff], '-1'],
  [[0xc1, 0x00, 0x01], '256'],
  [[0xc2, 0x9a, 0x3c, 0x21, 0x67], '1730231450'],
  [[0xc2, 0x00, 0x00, 0x00, 0x80], '-2147483648'],
]

for (const [bytes, text] of INTEGERS) {
  test(`RdbHead: an aux value of ${bytes.length - 1} integer bytes is read as ${text}`, () => {
    const field = Buffer.concat([Buffer.from([0xfa, 5]), Buffer.from('ctime'), Buffer.from(bytes)])
    assert.deepEqual(parse([rdb({ aux: {}, body: Buffer.concat([field, auxField('next', 'x')]) })])?.aux, { ctime: text, next: 'x' })
  })
}

test('RdbHead: an integer that is cut off is left out', () => {
  for (const start of [[0xc0], [0xc1, 0x00], [0xc2, 0x9a, 0x3c, 0x21]]) {
    const cutOff = Buffer.concat([Buffer.from([0xfa, 5]), Buffer.from('ctime'), Buffer.from(start)])
    assert.deepEqual(
      parse([Buffer.concat([Buffer.from('REDIS0012'), auxField('a', '1'), cutOff])])?.aux,
      { a: '1' },
      `${start.length} bytes`,
    )
  }
})

/** An LZF string of 200 times x: c3, its packed and its whole length, and the packed bytes. */
const COMPRESSED = Buffer.from('c30940c8017878e0be78017878', 'hex')
const SELECT_0 = Buffer.from([0xfe, 0])
const KEY = Buffer.from([0, 1, 0x6b, 1, 0x76])
const LIBRARY = Buffer.concat([Buffer.from([0xf5]), COMPRESSED])
/** Module 5, before the keys: a number, a float, a double and a string. */
const MODULE = Buffer.from([0xf7, 5, 2, 1, 2, 0x40, 0xff, 3, 1, 2, 3, 4, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 1, 0x61, 0])

/** Checks it however the payload is cut. */
function assertHeader(body: readonly Buffer[], expected: Partial<RdbHeader>, magic = 'REDIS0012'): void {
  for (const { how, chunks } of chunkings(rdb({ magic, aux: {}, body: Buffer.concat(body) }))) {
    assert.deepEqual(parse(chunks), { magic, version: Number(magic.slice(-3)), aux: {}, ...expected }, how)
  }
}

test('RdbHead: a compressed aux field is skipped, and scripts and slots are not fields', () => {
  const packed = Buffer.concat([Buffer.from([0xfa, 1, 0x7a]), COMPRESSED])
  const fields = [packed, auxField('lua', 'return 1'), auxField('b', '2')]
  assertHeader(fields, { aux: { b: '2' }, isEmpty: true })
})

test('RdbHead: functions and data of modules are not keys', () => {
  assertHeader([LIBRARY, MODULE, LIBRARY], { isEmpty: true })
  const first = { db: 0, keys: 1, expires: 0 }
  assertHeader([LIBRARY, MODULE, SELECT_0, Buffer.from([0xfb, 1, 0]), KEY], { isEmpty: false, firstDatabase: first })
})

test('RdbHead: the first database is counted, with lengths of 6, 14, 32 and 64 bits', () => {
  for (const [bytes, keys] of [
    [[5], 5],
    [[0x43, 0xe8], 1000],
    [[0x80, 0, 1, 0x86, 0xa0], 100_000],
    [[0x81, 0, 0, 0, 2, 0, 0, 0, 0], 2 ** 33],
  ] as const) {
    const body = [Buffer.from([0xfe, 3, 0xfb, ...bytes, 2]), KEY]
    assertHeader(body, { isEmpty: false, firstDatabase: { db: 3, keys, expires: 2 } })
  }
})

test('RdbHead: a count without a key after it does not count', () => {
  assertHeader([SELECT_0, Buffer.from([0xfb, 0x43, 0xe8, 0])], { isEmpty: true })
})

test('RdbHead: without a count, as up to Redis 3.0, there are keys, and their number is unknown', () => {
  assertHeader([SELECT_0, KEY], { isEmpty: false }, 'REDIS0006')
  assertHeader([SELECT_0, Buffer.from([0xfc, 1, 2, 3, 4, 5, 6, 7, 8]), KEY], { isEmpty: false })
})

test('RdbHead: an unknown record may be anything, also the last one', () => {
  assertHeader([Buffer.from([0xf2, 1, 2])], {})
  assertHeader([Buffer.from([0xfa, 0xc9])], {})
})

test('RdbHead: slots that a Valkey imports are read; in an RDB of Redis this code means something else', () => {
  const name = Buffer.concat([Buffer.from([40]), Buffer.from(REPLID)])
  const imported = [Buffer.from([0xf3]), name, Buffer.from([2, 0, 0x40, 0x64, 0x43, 0xe8, 0x43, 0xe8])]
  const ranges = [
    [0, 100],
    [1000, 1000],
  ] as const
  assertHeader([...imported, SELECT_0, KEY], { importedSlots: ranges, isEmpty: false }, 'VALKEY080')
  assertHeader([...imported, SELECT_0, KEY], {})
})

test('RdbHead: a cluster node is recognised by the slots in its RDB', () => {
  const first = { db: 0, keys: 1, expires: 0 }
  const count = Buffer.from([0xfb, 1, 0])
  for (const slot of [Buffer.from([0xf4, 7, 1, 0]), auxField('slot-info', '7,1,0,0')]) {
    assertHeader([SELECT_0, count, slot, KEY], { hasSlots: true, isEmpty: false, firstDatabase: first })
  }
  assertHeader([auxField('cluster-asm-task', '')], { hasSlots: true, isEmpty: true, aux: { 'cluster-asm-task': '' } })
})

test('RdbHead: a field that is cut off is left out', () => {
  const bytes = Buffer.concat([Buffer.from('REDIS0012'), auxField('a', '1'), auxField('b', LONG)])
  for (const length of [14, 15, 17, 20, bytes.length - 1])
    assert.deepEqual(parse([bytes.subarray(0, length)])?.aux, { a: '1' }, `${length} bytes`)
})
