/** `redis-sentinel://[user:password@]host[:port][,host[:port]…]/NAME`; the credentials are those of the servers, not of the Sentinels. */
import { ReplError } from '../errors.ts'
import type { Credentials } from '../handshake/plan.ts'
import { parseTarget, withoutSecret } from './target.ts'

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
  const [, secure, userinfo, hosts = '', tail = ''] = /^(?:redis|valkey)(s?)-sentinel:\/\/(?:([^@]*)@)?([^/?#]*)(.*)$/i.exec(text) ?? []
  if (secure === undefined) return undefined
  // Lettuce writes the name behind a #, others as the path.
  const name = /#(.+)$/.exec(tail)?.[1] ?? /^\/([^?#]+)/.exec(tail)?.[1]
  const sentinels = hosts.split(',').filter((host) => host !== '')
  const masterName = name === undefined ? undefined : decoded(name)
  if (masterName === undefined || sentinels.length === 0) {
    throw new ReplError('USAGE', { reason: 'BAD_TARGET', given: withoutSecret(text) })
  }
  // The same rules for user names and passwords as everywhere, and the same care for what may be repeated.
  const credentials = userinfo === undefined ? undefined : parseTarget(`redis://${userinfo}@host`).credentials
  return { sentinels, masterName, ...(credentials && { credentials }), isTls: secure !== '' }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A Sentinel without a port listens on 26379. */
export function sentinelAddress(text: string): string {
  const hasPort = /^(\[.*\]|[^:]*):\d+$/.test(text)
  const isBareV6 = !text.startsWith('[') && text.split(':').length > 2
  return hasPort ? text : `${isBareV6 ? `[${text}]` : text}:${SENTINEL_PORT}`
}
