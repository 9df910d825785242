import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RdbVerifier } from '../../../src/rdb/verifier.ts'
import { type Chunking, chunkings, cut } from '../../helpers/chunkings.ts'
import { rdb } from '../../helpers/wire.ts'

const ZERO = Buffer.alloc(8)
const BODY = Buffer.from('a body that is longer than the nine bytes of the trailer')

function verify({ chunks }: Pick<Chunking, 'chunks'>): RdbVerifier {
  const verifier = new RdbVerifier()
  for (const chunk of chunks) verifier.push(chunk)
  return verifier
}

const whole = (bytes: Buffer) => ({ chunks: cut(bytes, [bytes.length]) })

for (const magic of ['REDIS0006', 'REDIS0012', 'VALKEY080']) {
  test(`RdbVerifier: a ${magic} with the right CRC64 is verified, however it is cut`, () => {
    const bytes = rdb({ magic, body: BODY })
    for (const chunking of chunkings(bytes)) {
      const verifier = verify(chunking)
      assert.deepEqual([verifier.endsHere, verifier.finish(), verifier.bytes], ['certain', 'verified', bytes.length], chunking.how)
    }
  })
}

test('RdbVerifier: the smallest RDB is magic, end opcode and checksum', () => {
  for (const chunking of chunkings(rdb({ aux: {} }))) assert.equal(verify(chunking).finish(), 'verified', chunking.how)
})

test('RdbVerifier: a checksum of zeros was switched off and is reported as unchecked', () => {
  for (const chunking of chunkings(rdb({ checksum: ZERO }))) {
    const verifier = verify(chunking)
    assert.deepEqual([verifier.endsHere, verifier.finish()], ['possible', 'unchecked'], chunking.how)
  }
})

test('RdbVerifier: one flipped bit anywhere after the magic is found', () => {
  const bytes = rdb({ body: BODY })
  const endOpcode = bytes.length - 9
  for (let at = 9; at < bytes.length; at++) {
    const corrupt = Buffer.from(bytes)
    corrupt.writeUInt8(corrupt.readUInt8(at) ^ 0x04, at)
    const reason = at === endOpcode ? 'TRAILER' : 'CHECKSUM'
    assert.throws(
      () => verify(whole(corrupt)).finish(),
      { code: 'PAYLOAD_CORRUPT', details: { reason, bytes: bytes.length } },
      `byte ${at}`,
    )
  }
})

test('RdbVerifier: no beginning of an RDB passes for a whole one', () => {
  const bytes = rdb()
  for (let length = 0; length < bytes.length; length++) {
    const verifier = verify(whole(bytes.subarray(0, length)))
    assert.throws(() => verifier.finish(), { code: 'PAYLOAD_CORRUPT', details: { reason: 'TRAILER', bytes: length } }, `${length} bytes`)
    assert.equal(verifier.endsHere, 'unlikely')
  }
})

test('RdbVerifier: a byte after the checksum is an error', () => {
  assert.throws(() => verify(whole(Buffer.concat([rdb(), Buffer.from('\n')]))).finish(), { code: 'PAYLOAD_CORRUPT' })
})

test('RdbVerifier: an RDB inside the data does not end the RDB', () => {
  const bytes = rdb({ body: rdb() })
  const inner = bytes.length - 9
  assert.equal(verify(whole(bytes.subarray(0, inner))).endsHere, 'unlikely')
  assert.equal(verify(whole(bytes)).finish(), 'verified')
})

for (const magic of ['redis0012', 'REDIS 012', 'RED1S0012', 'VALKEY08x', '+OK\r\n+OK\r\n', 'XXXXXXXXX']) {
  test(`RdbVerifier: ${JSON.stringify(magic)} is not a magic and is refused at once`, () => {
    const bytes = Buffer.from(magic)
    for (const { how, chunks } of chunkings(bytes)) {
      assert.throws(() => verify({ chunks }), { code: 'PAYLOAD_CORRUPT', details: { reason: 'MAGIC', reply: magic.slice(0, 9) } }, how)
    }
  })
}
