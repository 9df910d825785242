/** Which slot of a cluster a key lies in: CRC16 of its hash tag (cluster.c, keyHashSlot). */
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

/** Only what stands between the first { and the next } counts, unless that is nothing. */
export function hashSlot(key: string): number {
  const [, tag = ''] = /\{([^}]*)\}/.exec(key) ?? []
  return crc16(Buffer.from(tag === '' ? key : tag)) % SLOTS
}

/** A key of this name, with a hash tag behind it that brings it into one of these slots. */
export function keyWithin(name: string, slots: readonly SlotRange[]): string {
  const isWithin = (slot: number) => slots.some(([first, last]) => slot >= first && slot <= last)
  if (isWithin(hashSlot(name)) || slots.length === 0) return name
  // A name with a tag of its own would keep its slot.
  const plain = name.replaceAll(/[{}]/g, '')
  for (let tag = 0; ; tag++) if (isWithin(hashSlot(`${plain}{${tag}}`))) return `${plain}{${tag}}`
}
