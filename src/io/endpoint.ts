/** Where a server is, and how it is spoken to. */
import type { SecureContext } from 'node:tls'

/** How a TLS connection is made; the files behind it have been read (io/tls-files.ts). */
export interface TlsSettings {
  readonly context: SecureContext
  /** Asked for by SNI and looked for in the certificate, instead of the host's name. */
  readonly serverName?: string
  /** false: any certificate will do. */
  readonly isVerified: boolean
}

/** What is the same for every server of a deployment. */
export interface Dialling {
  /** 4 or 6; both where absent. */
  readonly family?: 4 | 6
  readonly tls?: TlsSettings
}

export type Endpoint =
  | ({ readonly kind: 'tcp'; readonly host: string; readonly port: number } & Dialling)
  | { readonly kind: 'unix'; readonly path: string }

/** As a person would write it; carries no credentials. */
export function endpointName(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix://${endpoint.path}`
  return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`
}

/** How the servers that this one names are spoken to: as it is itself. */
export function diallingOf(endpoint: Endpoint): Dialling {
  if (endpoint.kind === 'unix') return {}
  const { family, tls } = endpoint
  return { ...(family && { family }), ...(tls && { tls }) }
}
