/** INFO as the server prints it: `field:value` lines, sections as `# Name`. Unknown fields are kept; their order is not. */
import { parseOffset } from '../offset.ts'

export type Info = ReadonlyMap<string, string>

export function parseInfo(text: string): Info {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0 && !line.startsWith('#')) fields.set(unusedName(fields, line.slice(0, colon)), line.slice(colon + 1).trimEnd())
  }
  return fields
}

/** Each line `slaveN:` is a replica, and some servers print a number twice (microsoftarchive/redis#340, Tencent/Tendis#157). */
function unusedName(fields: Info, name: string): string {
  const [, number] = /^slave(\d+)$/.exec(name) ?? []
  if (number === undefined || !fields.has(name)) return name
  for (let next = Number(number) + 1; ; next++) if (!fields.has(`slave${next}`)) return `slave${next}`
}

/** The value of an integer field, or undefined if the server does not print it. */
export function infoNumber(info: Info, field: string): number | undefined {
  return parseOffset(info.get(field) ?? '')
}

/** The text of INFO without one section, for callers that query that section more often than the rest. */
export function withoutSection(text: string, name: string): string {
  const sections = text.split(/^(?=# )/m)
  return sections.filter((section) => !section.startsWith(`# ${name}`)).join('')
}
