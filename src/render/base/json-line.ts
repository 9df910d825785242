/** One line of JSON. */
import { UNSAFE } from './printable.ts'

export type JsonObject = Record<string, unknown>

/** Also escapes characters that move a terminal's cursor, which JSON allows. */
export function jsonLine(object: object): string {
  return `${JSON.stringify(object).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}
