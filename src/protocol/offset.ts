/**
 * Replication offsets: how many bytes of a history have been produced or processed. 64-bit on the wire, `number` here:
 * 2^53 bytes are nine petabytes of stream, and beyond that we refuse instead of rounding.
 */

/** A decimal offset as an exact number, or undefined for anything that is none or could not be kept exact. */
export function parseOffset(text: string): number | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
