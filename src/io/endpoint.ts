/** The address of a server, and how to connect to it. */
import type { SecureContext } from 'node:tls'

/** Settings of a TLS connection; its files have already been loaded (io/tls-files.ts). */
export interface TlsSettings {
  readonly context: SecureContext
  /** The name for SNI and for the certificate check, instead of the host name. */
  readonly serverName?: string
  /** false: any certificate is accepted. */
  readonly isVerified: boolean
}

/** Settings that all servers of a deployment share. */
export interface Dialling {
  /** IPv4 or IPv6; both if absent. */
  readonly family?: 4 | 6
  readonly tls?: TlsSettings
}

export type TcpEndpoint = Dialling & {
  readonly kind: 'tcp'
  readonly host: string
  readonly port: number
  /** An address of the host that is already known: the host is not looked up again. */
  readonly address?: string
  /** The announced address of the server, if `host` and `port` only lead there, through a tunnel for example. */
  readonly knownAs?: { readonly host: string; readonly port: number }
}

export type Endpoint = TcpEndpoint | { readonly kind: 'unix'; readonly path: string }

/**
 * The endpoint as a person would write it, without credentials. A server reached through --map has its announced name, since one
 * gateway may lead to several servers.
 */
export function endpointName(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix://${endpoint.path}`
  const { host, port } = endpoint.knownAs ?? endpoint
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The same for failures to connect: with --map, the address that we dialled may be the cause. */
export function dialledName(endpoint: Endpoint): string {
  const name = endpointName(endpoint)
  if (endpoint.kind === 'unix' || !endpoint.knownAs) return name
  const { kind, host, port } = endpoint
  return `${name} (mapped to ${endpointName({ kind, host, port })})`
}

/**
 * The same endpoint at the address that a connection reached: each lookup of a name may return another server.
 * @param remoteName the address and port of the peer (Link.remoteName)
 */
export function pinned(endpoint: Endpoint, remoteName: string): Endpoint {
  if (endpoint.kind === 'unix') return endpoint
  const address = remoteName.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return { ...endpoint, address }
}

/** Whether a server can be reached by this address. Servers announce an empty host, or port 0, for one that they do not know. */
export function isDiallable({ host, port }: { readonly host: string; readonly port: number }): boolean {
  return host !== '' && Number.isInteger(port) && port > 0 && port <= 65_535
}

/** The name for SNI and for the certificate check: both without the last dot of a full name (RFC 6066, 3). A tunnel needs no certificate: the server at its other end has one. */
export function certificateName({ tls, knownAs, host }: TcpEndpoint): string {
  return (tls?.serverName ?? knownAs?.host ?? host).replace(/\.$/, '')
}

/** The settings for servers that this one reports, such as replicas: the same as its own. */
export function diallingOf(endpoint: Endpoint): Dialling {
  if (endpoint.kind === 'unix') return {}
  const { family, tls } = endpoint
  return { ...(family && { family }), ...(tls && { tls }) }
}
