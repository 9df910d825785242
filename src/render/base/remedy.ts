/** What to do, for people and as JSON (`#/$defs/remedy` of the schemas). */
import { type Remedy, remedyWords } from '../../diagnosis/remedy.ts'
import type { JsonObject } from './json-line.ts'
import { printable } from './printable.ts'
import type { Screen } from './screen.ts'

const INDENT = '  '

/** The commands stand on lines of their own, so that they can be pasted. */
export function remedyText(remedy: Remedy, screen: Screen): string {
  const { before, after } = remedyWords(remedy)
  const commands = remedy.commands.map((command) => `${INDENT}${INDENT}${screen.colour.strong(printable(command))}\n`)
  const words = (text: string) => (text === '' ? '' : `${screen.paragraph(printable(text), INDENT, INDENT)}\n`)
  return `${words(before)}${commands.join('')}${words(after)}`
}

export function remedyJson(remedy: Remedy | undefined): JsonObject | null {
  if (!remedy) return null
  const { server, commands, keep, cost } = remedy
  return { server, commands, keep: keep ?? null, cost: cost ?? null }
}
