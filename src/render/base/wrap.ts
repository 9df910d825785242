/** Wraps prose by display width: a character of East Asia takes two columns, and a colour none. */
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'

/** Stands for what is already on the first line, and is removed again. Lines are broken at spaces only, so it stays with the first word. */
const TAKEN = '_'
const LEAST_WIDTH = 20

/**
 * Breaks a text between words.
 * @param first begins the first line
 * @param rest begins all others
 * @param width of a whole line, in columns
 * @param hard break words too that are longer than a line
 */
export function wrapped(text: string, first: string, rest: string, width: number, { hard = false } = {}): string {
  const indent = stringWidth(rest)
  // What the first line has less room than the others.
  const hang = TAKEN.repeat(Math.max(0, stringWidth(first) - indent))
  const lines = wrapAnsi(hang + text, Math.max(LEAST_WIDTH, width - indent), { hard }).split('\n')
  return lines.map((line, index) => (index === 0 ? `${first}${line.slice(hang.length)}` : `${rest}${line}`)).join('\n')
}
