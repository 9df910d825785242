/** Settings of a server, as CONFIG GET names them. */
import { type Reply, ServerError } from './wire/reply.ts'

export type Settings = ReadonlyMap<string, string>

/** Undefined of anything that is not a list of names and values, such as a refusal. */
export function settingsFrom(reply: Reply | undefined): Settings | undefined {
  if (!Array.isArray(reply) || reply instanceof ServerError) return undefined
  const words = reply.map(String)
  return new Map(words.flatMap((name, index) => (index % 2 === 0 ? [[name, words[index + 1] ?? ''] as const] : [])))
}
