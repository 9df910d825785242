import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crc64 } from '../../src/rdb/crc64.ts'
import { chunkings } from '../helpers/chunkings.ts'
import { littleEndian } from '../helpers/wire.ts'

function digest(chunks: Iterable<Buffer>): string {
  const crc = new Crc64()
  for (const chunk of chunks) crc.update(chunk)
  return crc.digest().toString('hex')
}

test('Crc64: the check value of crc64.c, stored least significant byte first, however the input is cut', () => {
  const expected = littleEndian(0xe9c6d914c4b8d9can).toString('hex')
  for (const { how, chunks } of chunkings(Buffer.from('123456789'))) assert.equal(digest(chunks), expected, how)
})

test('Crc64: nothing has the checksum zero', () => assert.equal(digest([]), '0000000000000000'))

test('Crc64: a fork goes its own way and leaves the original alone', () => {
  const crc = new Crc64()
  crc.update(Buffer.from('12345'))
  const fork = crc.fork()
  fork.update(Buffer.from('noise'))
  crc.update(Buffer.from('6789'))
  assert.equal(crc.digest().readBigUInt64LE(), 0xe9c6d914c4b8d9can)
  assert.equal(fork.digest().toString('hex'), digest([Buffer.from('12345noise')]))
})
