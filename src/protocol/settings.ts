/** Server settings, by their CONFIG GET names. */
import { type Reply, ServerError } from './wire/reply.ts'

export type Settings = ReadonlyMap<string, string>

/** Undefined if the reply is not a list of names and values, for example an error. */
export function settingsFrom(reply: Reply | undefined): Settings | undefined {
  if (!Array.isArray(reply) || reply instanceof ServerError) return undefined
  const items = reply.map(String)
  return new Map(items.flatMap((name, index) => (index % 2 === 0 ? [[name, items[index + 1] ?? ''] as const] : [])))
}
