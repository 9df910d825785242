/** The cluster slot of a key: the CRC16 of its hash tag (cluster.c, keyHashSlot). */
import { SLOTS, type SlotRange } from './cluster-map.ts'

/** CRC16-CCITT, XMODEM: polynomial 1021, initial value 0 (crc16.c). */
function crc16(bytes: Buffer): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}

/** The hash tag is the text between the first { and the next }. Without a tag, or if it is empty, the whole key counts. */
export function hashSlot(key: string): number {
  const [, tag = ''] = /\{([^}]*)\}/.exec(key) ?? []
  return crc16(Buffer.from(tag === '' ? key : tag)) % SLOTS
}

/** A key with this name that lies in one of these slots; a hash tag is appended if necessary. */
export function keyWithin(name: string, slots: readonly SlotRange[]): string {
  const isWithin = (slot: number) => slots.some(([first, last]) => slot >= first && slot <= last)
  if (isWithin(hashSlot(name)) || slots.length === 0) return name
  // A hash tag in the name would fix the slot.
  const plain = name.replaceAll(/[{}]/g, '')
  for (let tag = 0; ; tag++) if (isWithin(hashSlot(`${plain}{${tag}}`))) return `${plain}{${tag}}`
}
