/** How a server is reached, and as whom: what every connection to it needs. */
import type { Endpoint, TlsSettings } from '../../io/endpoint.ts'
import type { Connect } from '../../io/link.ts'
import type { Credentials } from '../../protocol/credentials.ts'

/** Time limits in milliseconds. */
export interface Limits {
  readonly connectMs: number
  /** One exchange. */
  readonly stepMs: number
  /** Without a byte from the master while it prepares or sends; repl-timeout in Redis. */
  readonly silenceMs: number
}

export interface Access {
  readonly endpoint: Endpoint
  /** How TLS is spoken with servers that are named by a URI of their own. */
  readonly secure?: () => TlsSettings
  readonly credentials?: Credentials
  readonly clientName: string
  readonly limits: Limits
  /** What makes the connection; a socket where absent. */
  readonly connect?: Connect
}
