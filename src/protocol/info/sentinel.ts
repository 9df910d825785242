/** How a Sentinel describes a master: a list of names and values (sentinel.c, addReplySentinelRedisInstance). */
import type { Reply } from '../wire/reply.ts'

/** Undefined for any other reply. */
export function sentinelFields(reply: Reply | undefined): ReadonlyMap<string, string> | undefined {
  if (!Array.isArray(reply) || reply.length === 0 || reply.length % 2 !== 0) return undefined
  const fields = new Map<string, string>()
  for (let at = 0; at < reply.length; at += 2) fields.set(String(reply[at]), String(reply[at + 1]))
  return fields.has('name') ? fields : undefined
}
