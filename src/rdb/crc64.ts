/**
 * CRC-64 as Redis uses it (crc64.c): Jones polynomial, reflected, initial value 0, no final XOR;
 * crc64("123456789") = e9c6d914c4b8d9ca. A 64-bit value is kept as two 32-bit halves, and eight bytes are looked up at a time.
 */

// The polynomial ad93d23594c935a9 with its bits reversed.
const POLY_HIGH = 0x95ac9329
const POLY_LOW = 0xac4bc9b5

const STRIDE = 8
const LOW = new Int32Array(STRIDE * 256)
const HIGH = new Int32Array(STRIDE * 256)

for (let byte = 0; byte < 256; byte++) {
  let low = byte
  let high = 0
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (carry) {
      low ^= POLY_LOW
      high ^= POLY_HIGH
    }
  }
  LOW[byte] = low
  HIGH[byte] = high
}
// Table k advances a byte that stands k places further from the end.
for (let index = 256; index < STRIDE * 256; index++) {
  const low = LOW[index - 256] as number
  const high = HIGH[index - 256] as number
  LOW[index] = ((low >>> 8) | (high << 24)) ^ (LOW[low & 0xff] as number)
  HIGH[index] = (high >>> 8) ^ (HIGH[low & 0xff] as number)
}

/** A running checksum. `digest()` gives the eight bytes as an RDB stores them, least significant first. */
export class Crc64 {
  #low = 0
  #high = 0

  update(bytes: Buffer): void {
    let low = this.#low
    let high = this.#high
    let at = 0
    for (const end = bytes.length - STRIDE; at <= end; at += STRIDE) {
      low ^= (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) as number
      high ^= (bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24)) as number
      const a = 0x700 + (low & 0xff)
      const b = 0x600 + ((low >>> 8) & 0xff)
      const c = 0x500 + ((low >>> 16) & 0xff)
      const d = 0x400 + (low >>> 24)
      const e = 0x300 + (high & 0xff)
      const f = 0x200 + ((high >>> 8) & 0xff)
      const g = 0x100 + ((high >>> 16) & 0xff)
      const h = high >>> 24
      low = LOW[a]! ^ LOW[b]! ^ LOW[c]! ^ LOW[d]! ^ LOW[e]! ^ LOW[f]! ^ LOW[g]! ^ LOW[h]!
      high = HIGH[a]! ^ HIGH[b]! ^ HIGH[c]! ^ HIGH[d]! ^ HIGH[e]! ^ HIGH[f]! ^ HIGH[g]! ^ HIGH[h]!
    }
    for (; at < bytes.length; at++) {
      const index = (low ^ bytes[at]!) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ LOW[index]!
      high = (high >>> 8) ^ HIGH[index]!
    }
    this.#low = low
    this.#high = high
  }

  /** A copy that goes its own way. */
  fork(): Crc64 {
    const copy = new Crc64()
    copy.#low = this.#low
    copy.#high = this.#high
    return copy
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32LE(this.#low, 0)
    bytes.writeInt32LE(this.#high, 4)
    return bytes
  }
}
