/** Bare newlines: what a master sends to a replica to show that it is alive (replication.c, replicationCron). */

const LF = 0x0a
const CR = 0x0d
/** A master sends one a second. A longer run of newlines is data. */
const MAX_BARE_BYTES = 64

/** Whether a chunk holds nothing but a few newlines. Such a chunk keeps a connection open, but is not progress. */
export function isBareNewlines(chunk: Buffer): boolean {
  return chunk.length > 0 && chunk.length <= MAX_BARE_BYTES && chunk.every((byte) => byte === LF)
}

/** How many newlines the bytes end with, counted up to a limit. */
export function trailingNewlines(bytes: Buffer, limit: number): number {
  let count = 0
  while (count < limit && bytes[bytes.length - 1 - count] === LF) count += 1
  return count
}

/** @returns the index after any empty lines that begin at `start`: bare newlines, and CRLFs */
export function afterEmptyLines(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF)) at += bytes[at] === LF ? 1 : 2
  return at
}

/** How many bytes of newlines, with or without a CR, the bytes begin with. */
export function leadingNewlines(bytes: Buffer): number {
  const end = bytes.findIndex((byte) => byte !== LF && byte !== CR)
  return end < 0 ? bytes.length : end
}
