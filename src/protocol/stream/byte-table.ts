/**
 * Maps recurring names, given as bytes, to one cached value each. Creating a string for every command of a
 * stream would cost more than reading the stream.
 */

/** Names beyond these limits are not cached, so that a stream of random names cannot exhaust memory. */
const MAX_NAMES = 1 << 14
const MAX_NAME_BYTES = 256

export class ByteTable<T> {
  readonly #make: (name: Buffer) => T
  readonly #fold: number
  #slots: Int32Array = new Int32Array(256)
  #names: Buffer[] = []
  #values: T[] = []
  /** The last hit: most commands repeat the previous name. */
  #lastName: Buffer = Buffer.alloc(0)
  #lastValue: T | undefined

  /**
   * @param make makes the value for a new name; it may keep the Buffer, which is a copy
   * @param ignoresCase whether `set` and `SET` are the same name
   */
  constructor(make: (name: Buffer) => T, ignoresCase: boolean) {
    this.#make = make
    this.#fold = ignoresCase ? 0x20 : 0
  }

  /** The value of the name at bytes[start, end). */
  get(bytes: Buffer, start: number, end: number): T {
    if (this.#lastValue !== undefined && this.#isSame(this.#lastName, bytes, start, end)) return this.#lastValue
    const mask = this.#slots.length - 1
    for (let slot = this.#hash(bytes, start, end) & mask; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot] as number
      if (index === 0) return this.#add(slot, bytes, start, end)
      const name = this.#names[index - 1] as Buffer
      if (!this.#isSame(name, bytes, start, end)) continue
      this.#lastName = name
      this.#lastValue = this.#values[index - 1] as T
      return this.#lastValue
    }
  }

  #add(slot: number, bytes: Buffer, start: number, end: number): T {
    const name = Buffer.from(bytes.subarray(start, end))
    const value = this.#make(name)
    if (name.length > MAX_NAME_BYTES || this.#names.length >= MAX_NAMES) return value
    this.#names.push(name)
    this.#values.push(value)
    this.#slots[slot] = this.#names.length
    if (this.#names.length * 2 > this.#slots.length) this.#grow()
    return value
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4)
    for (const [index, name] of this.#names.entries()) {
      let slot = this.#hash(name, 0, name.length) & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = index + 1
    }
    this.#slots = slots
  }

  /** FNV-1a. If case is ignored, letters that differ only in case hash alike. */
  #hash(bytes: Buffer, start: number, end: number): number {
    let hash = 0x811c9dc5
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ ((bytes[at] as number) | this.#fold), 0x01000193)
    return hash ^ (hash >>> 15)
  }

  #isSame(name: Buffer, bytes: Buffer, start: number, end: number): boolean {
    if (name.length !== end - start) return false
    for (let at = 0; at < name.length; at++) {
      const one = name[at] as number
      const other = bytes[start + at] as number
      if (one !== other && !(this.#fold !== 0 && isLetter(one) && (one | 0x20) === (other | 0x20))) return false
    }
    return true
  }
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
