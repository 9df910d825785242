import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Crc64, summableBuffer } from '../../../src/rdb/crc64.ts'
import { chunkings } from '../../helpers/chunkings.ts'
import { crc64, littleEndian } from '../../helpers/wire.ts'

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

/** Where crc64.wat goes another way: it begins to strike out at 8 KiB, in blocks of 32 KiB. */
const EDGES = [4079, 4080, 4096, 8191, 8192, 8193, 12_287, 32_768, 36_863, 36_864, 36_865, 69_632, 69_633]

test('Crc64: as its definition says, at every length where the module goes another way, in its memory and out of it', () => {
  const bytes = randomBytes(EDGES.at(-1) as number)
  const within = summableBuffer(bytes.length + 3)
  for (const length of EDGES) {
    const message = bytes.subarray(0, length)
    const expected = littleEndian(crc64(message)).toString('hex')
    assert.equal(digest([message]), expected, `${length} bytes`)
    for (const shift of [0, 3]) {
      const there = within.subarray(shift, shift + length)
      message.copy(there)
      assert.equal(digest([there]), expected, `${length} bytes where they lie`)
      assert.ok(there.equals(message), 'the message is left as it is')
    }
    const cut = 1 + (length % 4000)
    assert.equal(digest([message.subarray(0, cut), message.subarray(cut)]), expected, `${length} bytes, cut at ${cut}`)
  }
})

test('the distances in crc64.wat make a multiple of the polynomial', () => {
  const power = (bytes: number) => {
    let rest = 1n
    for (let bit = 0; bit < bytes * 8; bit++) {
      rest <<= 1n
      if (rest >> 64n) rest ^= (1n << 64n) | 0xad93d23594c935a9n
    }
    return rest
  }
  const exponents = [4079, 3047, 2811, 2694, 2594, 1837, 1760, 0]
  assert.equal(
    exponents.reduce((sum, exponent) => sum ^ power(exponent), 0n),
    0n,
  )
})
