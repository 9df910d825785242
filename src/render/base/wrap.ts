/** Wraps prose for a narrow terminal. */

const WIDTH = 80

/** Breaks text between words; lines after the first are indented. */
export function wrap(text: string, indent: string, width = WIDTH): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const room = lines.length === 0 ? width : width - indent.length
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].join(`\n${indent}`)
}
