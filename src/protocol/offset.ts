/**
 * Replication offsets: the number of bytes of a history produced or processed. They are 64-bit on the wire and `number` here.
 * 2^53 bytes are nine petabytes of stream; beyond that we refuse instead of rounding.
 */

/** Parses a decimal offset. Undefined if the text is not an offset, or a `number` cannot hold it exactly. */
export function parseOffset(text: string): number | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
