/** The address, credentials and time limits that every connection to a server needs. */
import type { Endpoint, TlsSettings } from '../../io/endpoint.ts'
import type { Connect } from '../../io/link.ts'
import type { Credentials } from '../../protocol/credentials.ts'

/** Time limits in milliseconds. */
export interface Limits {
  readonly connectMs: number
  /** Per exchange. */
  readonly stepMs: number
  /** Longest gap between bytes while the master prepares or sends the payload; like repl-timeout in Redis. */
  readonly silenceMs: number
}

export interface Access {
  readonly endpoint: Endpoint
  /** TLS settings for servers that are named by their own URI. */
  readonly secure?: () => TlsSettings
  readonly credentials?: Credentials
  readonly clientName: string
  readonly limits: Limits
  /** Opens the connection; a socket by default. */
  readonly connect?: Connect
}
