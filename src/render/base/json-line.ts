/** JSON for people's eyes and for files: figures without noise. */
import { UNSAFE } from './printable.ts'

export type JsonObject = Record<string, unknown>

/** Also escapes characters that move a terminal's cursor, which JSON allows. */
export function jsonLine(object: object): string {
  return `${JSON.stringify(object, rounded).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** The same values over several lines, for a file. */
export function jsonFile(object: object): string {
  return `${JSON.stringify(object, rounded, 2)}\n`
}

/** A rate to the tenth, anything else to the microsecond: further decimals are noise of the division. */
function rounded(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value) || !Number.isFinite(value)) return value
  return Number(value.toFixed(key.endsWith('PerSecond') ? 1 : key.endsWith('Ms') ? 3 : 6))
}
