/**
 * Verifies an RDB while it streams through: the magic at the start, the end opcode and the CRC64 at the end. It does not
 * parse the data between them. Format: rdb.c, rdbSaveRio and rdbLoadRio.
 */
import { ReplError } from '../errors.ts'
import { Crc64 } from './crc64.ts'

const CHECKSUM_BYTES = 8
const TRAILER_BYTES = 1 + CHECKSUM_BYTES
const OPCODE_EOF = 0xff
const MAGIC = /^(REDIS\d{4}|VALKEY\d{3})$/
const MAGIC_BYTES = 9

/** verified: the CRC64 matches. unchecked: the server wrote none (rdbchecksum no). */
export type Checksum = 'verified' | 'unchecked'

/**
 * Input: the payload, split anywhere, with nothing after it. `push` keeps only a copy of the last 9 bytes.
 * `endsHere` shows whether the bytes so far end like an RDB. `finish()` returns the result of the checksum.
 * @throws ReplError PAYLOAD_CORRUPT: MAGIC from push once the magic is complete, TRAILER or CHECKSUM from finish.
 */
export class RdbVerifier {
  readonly #crc = new Crc64()
  /** The last nine bytes; #crc covers all bytes before them. */
  #tail: Buffer = Buffer.alloc(0)
  #head: Buffer = Buffer.alloc(0)
  bytes = 0

  push(chunk: Buffer): void {
    this.bytes += chunk.length
    if (this.#head.length < MAGIC_BYTES) this.#checkMagic(chunk)
    const whole = this.#tail.length + chunk.length
    const keep = Math.min(TRAILER_BYTES, whole)
    if (chunk.length >= TRAILER_BYTES) {
      this.#crc.update(this.#tail)
      this.#crc.update(chunk.subarray(0, chunk.length - keep))
      this.#tail = Buffer.from(chunk.subarray(chunk.length - keep))
      return
    }
    const joined = Buffer.concat([this.#tail, chunk])
    this.#crc.update(joined.subarray(0, whole - keep))
    this.#tail = joined.subarray(whole - keep)
  }

  /** unlikely: no RDB ends here. certain: a matching checksum ends here. possible: the zeros of rdbchecksum no. */
  get endsHere(): 'unlikely' | 'possible' | 'certain' {
    if (this.#tail.length < TRAILER_BYTES || this.#tail[0] !== OPCODE_EOF) return 'unlikely'
    const stored = this.#tail.subarray(1)
    if (stored.equals(Buffer.alloc(CHECKSUM_BYTES))) return 'possible'
    return stored.equals(this.#computeDigest()) ? 'certain' : 'unlikely'
  }

  finish(): Checksum {
    const end = this.endsHere
    if (end === 'certain') return 'verified'
    if (end === 'possible') return 'unchecked'
    const reason = this.#tail[0] === OPCODE_EOF && this.#tail.length === TRAILER_BYTES ? 'CHECKSUM' : 'TRAILER'
    throw new ReplError(reason, { bytes: this.bytes })
  }

  /** The checksum covers everything before its own bytes, including the end opcode. */
  #computeDigest(): Buffer {
    const crc = this.#crc.fork()
    crc.update(this.#tail.subarray(0, 1))
    return crc.digest()
  }

  #checkMagic(chunk: Buffer): void {
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, MAGIC_BYTES - this.#head.length)])
    if (this.#head.length === MAGIC_BYTES && !MAGIC.test(this.#head.toString('latin1'))) {
      throw new ReplError('MAGIC', { reply: this.#head.toString('latin1') })
    }
  }
}
