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
    assert.deepEqual(parse(chunks), { magic: 'VALKEY080', version: 80, aux }, how)
  }
})

test('RdbHead: an RDB of before 3.2 has no aux fields', () => {
  assert.deepEqual(parse([rdb({ magic: 'REDIS0006', aux: {} })]), { magic: 'REDIS0006', version: 6, aux: {} })
})

test('RdbHead: before the magic is whole there is no header', () => assert.equal(parse([Buffer.from('REDIS001')]), undefined))

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

test('RdbHead: it reads up to the first thing that is no plain aux field', () => {
  const compressed = Buffer.from([0xfa, 3, 0x6c, 0x75, 0x61, 0xc3, 0x01, 0x01, 0x00])
  const body = Buffer.concat([auxField('a', '1'), compressed, auxField('b', '2')])
  assert.deepEqual(parse([rdb({ aux: {}, body })])?.aux, { a: '1' })
})

test('RdbHead: a field that is cut off is left out', () => {
  const bytes = Buffer.concat([Buffer.from('REDIS0012'), auxField('a', '1'), auxField('b', LONG)])
  for (const length of [14, 15, 17, 20, bytes.length - 1])
    assert.deepEqual(parse([bytes.subarray(0, length)])?.aux, { a: '1' }, `${length} bytes`)
})
