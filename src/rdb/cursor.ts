/** Reads the primitives of the RDB format (rdb.c, rdbLoadLenByRef and rdbGenericLoadStringObject) from a buffer. */

/** A read past the end sets `isShort`, and bytes that no server writes set `isStrange`. The value returned then means nothing. */
export class Cursor {
  readonly #bytes: Buffer
  at: number
  isShort = false
  isStrange = false

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  byte(): number {
    return this.#take(1)?.[0] ?? 0
  }

  skip(count: number): void {
    this.#take(count)
  }

  /** A length of 6, 14, 32 or 64 bits, most significant byte first. */
  length(): number {
    const first = this.byte()
    if (first < 0x40) return first
    if (first < 0x80) return ((first & 0x3f) << 8) | this.byte()
    if (first === 0x80) return this.#take(4)?.readUInt32BE() ?? 0
    if (first === 0x81) return Number(this.#take(8)?.readBigUInt64BE() ?? 0)
    this.isStrange = true
    return 0
  }

  /** @returns undefined for a compressed string, which is skipped */
  string(): string | undefined {
    const first = this.#bytes[this.at] ?? 0
    if (first < 0xc0) return this.#take(this.length())?.toString('utf8')
    this.skip(1)
    if (first === 0xc0) return String(this.#take(1)?.readInt8() ?? '')
    if (first === 0xc1) return String(this.#take(2)?.readInt16LE() ?? '')
    if (first === 0xc2) return String(this.#take(4)?.readInt32LE() ?? '')
    if (first === 0xc3) this.#skipCompressed()
    else this.isStrange = true
    return undefined
  }

  #skipCompressed(): void {
    const packed = this.length()
    this.length()
    this.skip(packed)
  }

  #take(count: number): Buffer | undefined {
    if (this.isShort || this.at + count > this.#bytes.length) {
      this.isShort = true
      return undefined
    }
    this.at += count
    return this.#bytes.subarray(this.at - count, this.at)
  }
}
