/** One line of JSON. */
import { UNSAFE } from './printable.ts'

export type JsonObject = Record<string, unknown>

/** What moves a terminal's cursor is escaped beyond what JSON asks for. */
export function jsonLine(object: object): string {
  return `${JSON.stringify(object).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}
