/** Bytes as servers and replicas send them. Built without src/, because the code under test cannot verify itself. */

/** Replids and an EOF mark of the right shape. */
export const REPLID = '8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb'
export const OTHER_REPLID = '0123456789abcdef0123456789abcdef01234567'
export const MARK = 'f0e1d2c3b4a5968778695a4b3c2d1e0f00112233'

/** A status or error line. */
export function line(text: string): Buffer {
  return Buffer.from(`${text}\r\n`)
}

export function multibulk(...args: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat([
    line(`*${args.length}`),
    ...args.flatMap((arg) => [line(`$${Buffer.byteLength(arg)}`), Buffer.from(arg), line('')]),
  ])
}

/** A payload framed by its length, with nothing after it. */
export function framedByLength(payload: Buffer): Buffer {
  return Buffer.concat([line(`$${payload.length}`), payload])
}

/** A payload framed by an EOF mark before and after it. */
export function framedByMark(payload: Buffer, mark = MARK): Buffer {
  return Buffer.concat([line(`$EOF:${mark}`), payload, Buffer.from(mark)])
}

/** An auxiliary field of an RDB: opcode, name and value with their lengths in 6 or 14 bits. */
export function auxField(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0xfa]), rdbString(name), rdbString(value)])
}

function rdbString(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = bytes.length < 64 ? [bytes.length] : [0x40 | (bytes.length >> 8), bytes.length & 0xff]
  return Buffer.concat([Buffer.from(length), bytes])
}

export interface RdbParts {
  readonly magic?: string
  readonly aux?: Readonly<Record<string, string>>
  /** Anything between the aux fields and the end opcode. */
  readonly body?: Buffer
  /** Eight bytes in place of the right checksum. */
  readonly checksum?: Buffer
}

/** A small RDB, valid by default: magic, aux fields, end opcode, CRC64. */
export function rdb({ magic = 'REDIS0012', aux = { 'redis-ver': '7.4.1' }, body = Buffer.alloc(0), checksum }: RdbParts = {}): Buffer {
  const fields = Object.entries(aux).map(([name, value]) => auxField(name, value))
  const covered = Buffer.concat([Buffer.from(magic), ...fields, body, Buffer.from([0xff])])
  return Buffer.concat([covered, checksum ?? littleEndian(crc64(covered))])
}

export function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

/** CRC-64/Jones (redis/crc64.c) bit by bit, straight from its definition: polynomial ad93d23594c935a9, reflected. */
export function crc64(bytes: Buffer): bigint {
  const reversed = BigInt(`0b${[...0xad93d23594c935a9n.toString(2)].reverse().join('')}`)
  let crc = 0n
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ reversed : crc >> 1n
  }
  return crc
}
