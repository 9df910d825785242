/** `redis-sentinel://[user:password@]host[:port][,host[:port]…]/NAME`. The credentials are for the servers, not Sentinels. */
import type { Credentials } from '../protocol/credentials.ts'
import { badTarget, parseTarget, withoutSecret } from './target.ts'

export interface SentinelTarget {
  /** Each is host[:port]. */
  readonly sentinels: readonly string[]
  readonly masterName: string
  readonly credentials?: Credentials
  readonly isTls: boolean
  readonly db?: number
}

const SENTINEL_PORT = 26379

/** @returns undefined for any other kind of target. @throws ReplError USAGE (BAD_TARGET) */
export function parseSentinelTarget(text: string): SentinelTarget | undefined {
  const [, secure, userinfo, hosts = '', tail = ''] = /^(?:redis|valkey)(s?)-sentinel:\/\/(?:([^@/?#]*)@)?([^/?#]*)(.*)$/is.exec(text) ?? []
  if (secure === undefined) return undefined
  if (hosts.includes('@') || tail.includes('@')) throw badTarget(text)
  const sentinels = hosts.split(',').filter((host) => host !== '')
  if (sentinels.length === 0) throw badTarget(text)
  const masterName = decoded(nameIn(tail))
  if (!masterName) throw badTarget(text, { hint: 'MASTER_NAME', sentinels: withoutSecret(hosts) })
  // parseTarget applies the usual rules for user names and passwords, and masks them in errors.
  const credentials = userinfo === undefined ? undefined : parseTarget(`redis://${userinfo}@host`).credentials
  const db = /^\/[^?#/]+\/(\d{1,9})(?:\?.*)?$/s.exec(tail)?.[1]
  return { sentinels, masterName, ...(credentials && { credentials }), isTls: secure !== '', ...(db && { db: Number(db) }) }
}

/** Lettuce puts the name after a #, other clients in the path. A number after it is a database. */
function nameIn(tail: string): string {
  return /#(.+)$/s.exec(tail)?.[1] ?? /^\/([^?#/]+)(?:\/\d*)?(?:\?.*)?$/s.exec(tail)?.[1] ?? ''
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A Sentinel without a port listens on 26379. @throws ReplError USAGE (BAD_TARGET) */
export function sentinelAddress(text: string): string {
  const hasPort = /^(\[.*\]|[^:]*):\d+$/.test(text)
  const isBareV6 = !text.startsWith('[') && text.split(':').length > 2
  // Rejects a bare IPv6 address that seems to end with a port.
  if (isBareV6) parseTarget(text)
  return hasPort ? text : `${isBareV6 ? `[${text}]` : text}:${SENTINEL_PORT}`
}
