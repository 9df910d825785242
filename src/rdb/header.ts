/**
 * Reads the auxiliary fields at the start of an RDB (rdb.c, rdbSaveInfoAuxFields; Redis 3.2 and later): the server that
 * wrote it, the time, and its replication position.
 */

const OPCODE_AUX = 0xfa
const MAGIC_BYTES = 9
/** Far more than these fields take. Fields beyond this limit are not reported. */
const HEAD_BYTES = 4096

export interface RdbHeader {
  /** `REDIS0012`, `VALKEY080`. */
  readonly magic: string
  readonly version: number
  readonly aux: Readonly<Record<string, string>>
}

/** Collects the first bytes of a payload; `parse()` reads as many fields as they contain. */
export class RdbHead {
  #bytes: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): void {
    if (this.#bytes.length < HEAD_BYTES) this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, HEAD_BYTES - this.#bytes.length)])
  }

  /** The header, or undefined before the magic is complete. Stops at the first item that is not a plain aux field. */
  parse(): RdbHeader | undefined {
    if (this.#bytes.length < MAGIC_BYTES) return undefined
    const magic = this.#bytes.toString('latin1', 0, MAGIC_BYTES)
    const aux: Record<string, string> = {}
    for (let at = MAGIC_BYTES; this.#bytes[at] === OPCODE_AUX; ) {
      const name = readString(this.#bytes, at + 1)
      const value = name && readString(this.#bytes, name.end)
      if (!value) break
      aux[name.text] = value.text
      at = value.end
    }
    return { magic, version: Number(/\d+$/.exec(magic)?.[0]), aux }
  }
}

interface ParsedString {
  readonly text: string
  readonly end: number
}

/** A string in rdb.c's length encoding: 6 or 14 bits of length, or an integer of 1, 2 or 4 bytes. Aux fields use no others. */
function readString(bytes: Buffer, at: number): ParsedString | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  const rest = bytes.length - at - 1
  if (first < 0x40) return readBytes(bytes, at + 1, first)
  if (first < 0x80) return rest < 1 ? undefined : readBytes(bytes, at + 2, ((first & 0x3f) << 8) | (bytes[at + 1] ?? 0))
  if (first === 0xc0 && rest >= 1) return { text: String(bytes.readInt8(at + 1)), end: at + 2 }
  if (first === 0xc1 && rest >= 2) return { text: String(bytes.readInt16LE(at + 1)), end: at + 3 }
  if (first === 0xc2 && rest >= 4) return { text: String(bytes.readInt32LE(at + 1)), end: at + 5 }
  return undefined
}

function readBytes(bytes: Buffer, at: number, length: number): ParsedString | undefined {
  return at + length <= bytes.length ? { text: bytes.toString('utf8', at, at + length), end: at + length } : undefined
}
