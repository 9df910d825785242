/** Makes text from a server safe for a terminal: a key or an error text can contain `ESC[2J`. */

/** C0, DEL, C1, line separators, zero-width and bidirectional controls: all that move the cursor or hide text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
export const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Escapes every UNSAFE character and leaves the rest unchanged. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => SHORT[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** The characters beyond ASCII in our own sentences. Text from a server keeps its characters. */
const ASCII: Readonly<Record<string, string>> = {
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '±': '+-',
  '→': '->',
  '×': 'x',
  '≤': '<=',
  '≥': '>=',
}
const TYPOGRAPHY = new RegExp(`[${Object.keys(ASCII).join('')}]`, 'g')

/** For a locale without UTF-8. */
export function inAscii(text: string): string {
  return text.replace(TYPOGRAPHY, (char) => ASCII[char] as string)
}
