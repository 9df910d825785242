/** Parses a target: `host`, `host:port`, `[v6]:port`, `port`, `:port`, `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`. */
import { type Access, forAnotherServer } from '../engine/ask/access.ts'
import { ReplError, type TargetHint } from '../errors.ts'
import { diallingOf, type Endpoint } from '../io/endpoint.ts'
import type { Credentials } from '../protocol/credentials.ts'

export interface Target {
  readonly endpoint: Endpoint
  readonly credentials?: Credentials
  /** As the scheme says; absent without a scheme. */
  readonly isTls?: boolean
  /** The database in the path of a URI. */
  readonly db?: number
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 6379

const MASK = '********'
const HOST = String.raw`(?:[\w.-]+|\[[\w:.%]+\])?(?::\d+)?`
/** Well-formed addresses, followed by a database or a name. */
const ADDRESSES = new RegExp(`^${HOST}(?:,${HOST})*(?:/[^:@]*)?$`)

/**
 * Masks every part of a target that may be a password, so that the rest may be shown. A password may be before an @, in a
 * query, or after a colon where only a port belongs.
 */
export function withoutSecret(text: string): string {
  const [, scheme = '', rest = '', query = ''] = /^([a-z][a-z+-]*:\/\/)?([^?]*)(.*)$/is.exec(text) ?? []
  const hidden = scheme !== '' && query !== '' ? `?${MASK}` : query
  // The path of a socket may contain an @.
  if (/^unix:/i.test(scheme) && rest.startsWith('/')) return `${scheme}${rest}${hidden}`
  const [address = '', ...login] = rest.split('@').reverse()
  // After the second @ there may still be a part of the password.
  if (login.length > 1 || (login.length === 1 && query.includes('@'))) return `${scheme}${MASK}`
  if (query.includes('@')) return `${scheme}${MASK}@${withoutSecret(query.slice(query.lastIndexOf('@') + 1))}`
  return `${scheme}${login.length > 0 ? `${MASK}@` : ''}${withoutTail(address)}${hidden}`
}

function withoutTail(address: string): string {
  const isPlain = ADDRESSES.test(address) || /^[0-9a-f:]*::[0-9a-f:]*$/i.test(address)
  return isPlain ? address : address.replace(/:.*$/s, `:${MASK}`)
}

/** @throws ReplError USAGE (BAD_TARGET). */
export function parseTarget(text: string): Target {
  const [, localPort] = /^:?(\d{1,5})$/.exec(text) ?? []
  if (localPort !== undefined) return { endpoint: parseAddress(`${DEFAULT_HOST}:${localPort}`, text) }
  const scheme = /^([a-z][a-z+-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return { endpoint: parseAddress(text, text) }
  if (scheme === 'unix') return parseSocket(text)
  if (scheme === 'redis' || scheme === 'valkey') return { ...parseUri(text), isTls: false }
  if (scheme === 'rediss' || scheme === 'valkeys') return { ...parseUri(text), isTls: true }
  throw badTarget(text)
}

/** How to reach another server: like the user's own server, except where the URI says otherwise. */
export function accessTo(text: string, entry: Access): Access {
  const { endpoint, credentials, isTls } = parseTarget(text)
  return { ...forAnotherServer(entry), endpoint: withDialling(endpoint, entry, isTls), ...(credentials && { credentials }) }
}

function withDialling(endpoint: Endpoint, entry: Access, isTls: boolean | undefined): Endpoint {
  if (endpoint.kind === 'unix') return endpoint
  const { tls, ...plain } = diallingOf(entry.endpoint)
  const secure = isTls === false ? undefined : (tls ?? (isTls ? entry.secure?.() : undefined))
  return { ...endpoint, ...plain, ...(secure && { tls: secure }) }
}

/** The credentials come before the path, as in redis-py. */
function parseSocket(text: string): Target {
  const [, authority = '', rest = ''] = /^unix:\/\/([^/]*)(.*)$/is.exec(text) ?? []
  if (text.includes('?')) throw badTarget(text, { hint: 'SOCKET_QUERY' })
  const parts = authority.split('@')
  if (parts.length === 1 && !authority.includes(':') && authority + rest !== '') {
    return { endpoint: { kind: 'unix', path: decode(authority + rest, text) } }
  }
  // Without an @, nothing marks the end of a password.
  const [userinfo = '', beside] = parts
  if (beside !== '' || parts.length > 2 || rest === '') throw badTarget(text)
  return { endpoint: { kind: 'unix', path: decode(rest, text) }, ...login(userinfo, text) }
}

/** The URI of a socket path, which works as a target. */
export function socketName(path: string): string {
  return `unix://${path.split('/').map(encodeURIComponent).join('/')}`
}

function parseUri(text: string): Target {
  const [, userinfo = '', address = '', tail = ''] = /^[a-z]+:\/\/(?:([^@/?#]*)@)?([^/?#]*)(.*)$/is.exec(text) ?? []
  // With two @ the end of the password is ambiguous. Its rest must not be looked up as a host name.
  if (address.includes('@') || tail.includes('@')) throw badTarget(text)
  return { endpoint: parseAddress(address || DEFAULT_HOST, text), ...login(userinfo, text), ...database(tail, text) }
}

/** As clients read it: the path, or `db` in the query where the path names none. */
function database(tail: string, whole: string): Pick<Target, 'db'> {
  const [path = '', query = ''] = tail.replace(/#.*$/s, '').split('?')
  const number = /^\/(\d{0,9})\/?$/.exec(path)?.[1]
  if (path !== '' && number === undefined) throw badTarget(whole, { hint: 'DATABASE' })
  const text = number || (new URLSearchParams(query).get('db') ?? '')
  if (!/^\d{0,9}$/.test(text)) throw badTarget(whole, { hint: 'DATABASE' })
  return text === '' ? {} : { db: Number(text) }
}

function login(userinfo: string, whole: string): Pick<Target, 'credentials'> {
  if (userinfo === '') return {}
  const colon = userinfo.indexOf(':')
  // redis-cli reads it as a user name without a password, which cannot log in.
  if (colon < 0) throw badTarget(whole)
  const username = decode(userinfo.slice(0, colon), whole)
  const password = decode(userinfo.slice(colon + 1), whole)
  return { credentials: { ...(username && { username }), password } }
}

/** @param whole the target as the user wrote it, for the error */
function parseAddress(text: string, whole: string): Endpoint {
  const [, address = '', port = ''] = /^(.*):(\d{4,5})$/.exec(text) ?? []
  if (isV6(address)) throw badTarget(whole, { hint: 'V6_PORT', address, port })
  const [, bracketed, host, number = DEFAULT_PORT] = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^\s:@/[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const name = bracketed ?? host ?? (isV6(text) ? text : undefined)
  if (name === undefined || Number(number) < 1 || Number(number) > 65535) throw badTarget(whole)
  return { kind: 'tcp', host: name, port: Number(number) }
}

/** An IPv6 address without brackets. */
function isV6(text: string): boolean {
  const [before = '', after, ...more] = text.split('::')
  const groups = [before, after ?? ''].flatMap((half) => (half === '' ? [] : half.split(':')))
  const hasV4 = /^\d+(?:\.\d+){3}$/.test(groups.at(-1) ?? '')
  const count = groups.length + (hasV4 ? 1 : 0)
  const areGroups = groups.slice(0, hasV4 ? -1 : undefined).every((group) => /^[0-9a-f]{1,4}$/i.test(group))
  return more.length === 0 && areGroups && (after === undefined ? count === 8 : count < 8)
}

function decode(text: string, whole: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badTarget(whole)
  }
}

/** @param hint more specific than the usual advice */
export function badTarget(text: string, hint?: TargetHint): ReplError {
  return new ReplError('BAD_TARGET', { target: withoutSecret(text), ...hint })
}
