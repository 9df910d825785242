/** INFO as the server prints it: `field:value` lines, sections as `# Name`. Unknown fields are kept, order is not. */
import { parseOffset } from '../offset.ts'

export type Info = ReadonlyMap<string, string>

export function parseInfo(text: string): Info {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1).trimEnd())
  }
  return fields
}

/** A whole-number field, or undefined when the server does not have it. */
export function infoNumber(info: Info, field: string): number | undefined {
  return parseOffset(info.get(field) ?? '')
}

/** The text of INFO without what stands under a heading, for whoever asks for that more often than for the rest. */
export function withoutSection(text: string, name: string): string {
  const sections = text.split(/^(?=# )/m)
  return sections.filter((section) => !section.startsWith(`# ${name}`)).join('')
}
