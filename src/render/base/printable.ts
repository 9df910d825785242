/** Bytes from a server on their way to a terminal: a key or an error text can hold `ESC[2J`. */

/** C0, DEL, C1, line separators, zero-width and bidirectional controls: whatever moves the cursor or hides text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
export const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text with every control character written as an escape; the rest unchanged. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => SHORT[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
