/** The address, credentials and time limits that every connection to a server needs. */
import type { Failure, ReplError } from '../../errors.ts'
import { type Endpoint, endpointName, type TlsSettings } from '../../io/endpoint.ts'
import type { Connect } from '../../io/link.ts'
import type { Credentials } from '../../protocol/credentials.ts'
import type { ServerInfo } from '../../protocol/info/server-info.ts'

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
  /** Shown in CLIENT LIST. Absent for an ACL user, whose name is shown there and who may lack +client|setname. */
  readonly clientName?: string
  /** INFO of this server on an earlier connection. A connection that reaches another server is not used. */
  readonly expected?: ServerInfo
  readonly limits: Limits
  /** Opens the connection; a socket by default. */
  readonly connect?: Connect
}

/** For another server that is reached in the same way. */
export function forAnotherServer({ expected: _, ...access }: Access): Access {
  return access
}

/** The failure with its server, and with the user of a missing right. */
export function placed(failure: ReplError, access: Access): ReplError {
  return failure.with({ endpoint: endpointName(access.endpoint), ...userOf(failure, access) })
}

/** The user of a missing right. Up to 6.2 the refusal does not name it. */
export function userOf({ code }: Failure, { credentials }: Access): { readonly user?: string } {
  return code === 'NO_PERMISSION' ? { user: credentials?.username ?? 'default' } : {}
}
