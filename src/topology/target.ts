/** Which server does the user mean: `host`, `host:port`, `[v6]:port`, `redis://`, `rediss://`, `valkey://`, `valkeys://`, `unix://`. */
import type { Access } from '../engine/options.ts'
import { ReplError } from '../errors.ts'
import type { Credentials } from '../handshake/plan.ts'
import { diallingOf, type Endpoint } from '../io/endpoint.ts'

export interface Target {
  readonly endpoint: Endpoint
  readonly credentials?: Credentials
  /** What the scheme says; absent where there is none. */
  readonly isTls?: boolean
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 6379

/**
 * Anything that may hold a password, without it: what may be repeated to the user. That is what stands before an @, and
 * behind a colon where a port should be and none is.
 */
export function withoutSecret(text: string): string {
  return text
    .replace(/^([a-z][a-z+-]*:\/\/)?.*@/is, '$1********@')
    .replace(/^((?:[a-z][a-z+-]*:\/\/)?[^:[\]@]*):(?!\/\/|\d+$)[^:]+$/i, '$1:********')
}

/** @throws ReplError USAGE (BAD_TARGET). */
export function parseTarget(text: string): Target {
  const scheme = /^([a-z][a-z+-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return { endpoint: parseAddress(text, text) }
  if (scheme === 'unix') return parseSocket(text)
  if (scheme === 'redis' || scheme === 'valkey') return { ...parseUri(text), isTls: false }
  if (scheme === 'rediss' || scheme === 'valkeys') return { ...parseUri(text), isTls: true }
  throw badTarget(text)
}

/** The way to a server that is named beside the user's own: as that one is reached, but for what its URI says. */
export function accessTo(text: string, entry: Access): Access {
  const { endpoint, credentials, isTls } = parseTarget(text)
  return { ...entry, endpoint: dialled(endpoint, entry, isTls), ...(credentials && { credentials }) }
}

function dialled(endpoint: Endpoint, entry: Access, isTls: boolean | undefined): Endpoint {
  if (endpoint.kind === 'unix') return endpoint
  const { tls, ...plain } = diallingOf(entry.endpoint)
  const secure = isTls === false ? undefined : (tls ?? (isTls ? entry.secure?.() : undefined))
  return { ...endpoint, ...plain, ...(secure && { tls: secure }) }
}

function parseSocket(text: string): Target {
  const path = decode(text.slice('unix://'.length), text)
  if (path === '') throw badTarget(text)
  return { endpoint: { kind: 'unix', path } }
}

function parseUri(text: string): Target {
  const [, userinfo, address = ''] = /^[a-z]+:\/\/(?:([^@]*)@)?([^/?#]*)/i.exec(text) ?? []
  const endpoint = parseAddress(address || DEFAULT_HOST, text)
  if (userinfo === undefined || userinfo === '') return { endpoint }
  const colon = userinfo.indexOf(':')
  // Without a colon it is a user name to redis-cli, which then has no password to log in with.
  if (colon < 0) throw badTarget(text)
  const username = decode(userinfo.slice(0, colon), text)
  const password = decode(userinfo.slice(colon + 1), text)
  return { endpoint, credentials: { ...(username && { username }), password } }
}

/** @param whole what the user wrote, for the error */
function parseAddress(text: string, whole: string): Endpoint {
  const [, v6, host, port] = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^\s:@/[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const name = v6 ?? host ?? (isBareV6(text) ? text : undefined)
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  if (name === undefined || number < 1 || number > 65535) throw badTarget(whole)
  return { kind: 'tcp', host: name, port: number }
}

/** Without brackets only what can be nothing else: eight groups, or a gap. */
function isBareV6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && (text.includes('::') || text.split(':').length === 8)
}

function decode(text: string, whole: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badTarget(whole)
  }
}

function badTarget(text: string): ReplError {
  return new ReplError('USAGE', { reason: 'BAD_TARGET', given: withoutSecret(text) })
}
