/** `redis-sentinel://[user:password@]host[:port][,host[:port]…]/NAME`; the credentials are those of the servers, not of the Sentinels. */
import type { Credentials } from '../protocol/credentials.ts'
import { badTarget, parseTarget, withoutSecret } from './target.ts'

export interface SentinelTarget {
  /** host[:port] each. */
  readonly sentinels: readonly string[]
  readonly masterName: string
  readonly credentials?: Credentials
  readonly isTls: boolean
}

const SENTINEL_PORT = 26379

/** Undefined of anything that is no such URI. @throws ReplError USAGE (BAD_TARGET) */
export function parseSentinelTarget(text: string): SentinelTarget | undefined {
  const [, secure, userinfo, hosts = '', tail = ''] = /^(?:redis|valkey)(s?)-sentinel:\/\/(?:([^@/?#]*)@)?([^/?#]*)(.*)$/is.exec(text) ?? []
  if (secure === undefined) return undefined
  if (hosts.includes('@') || tail.includes('@')) throw badTarget(text)
  const sentinels = hosts.split(',').filter((host) => host !== '')
  if (sentinels.length === 0) throw badTarget(text)
  const masterName = decoded(nameIn(tail))
  if (!masterName) throw badTarget(text, { hint: 'MASTER_NAME', sentinels: withoutSecret(hosts) })
  // The same rules for user names and passwords as everywhere, and the same care for what may be repeated.
  const credentials = userinfo === undefined ? undefined : parseTarget(`redis://${userinfo}@host`).credentials
  return { sentinels, masterName, ...(credentials && { credentials }), isTls: secure !== '' }
}

/** Lettuce writes the name behind a #, others as the path; a number behind that is a database, which replication has not. */
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
  // May be an address with a port.
  if (isBareV6) parseTarget(text)
  return hasPort ? text : `${isBareV6 ? `[${text}]` : text}:${SENTINEL_PORT}`
}
