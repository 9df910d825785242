/** The contents of a server's certificate, and the meaning of a failed TLS handshake. */
import type { TLSSocket } from 'node:tls'
import { type Context, errnoOf, ReplError } from '../errors.ts'

export interface Certificate {
  readonly subject: string
  readonly issuer: string
  /** Such as `DNS:db1.example`, `IP Address:10.0.0.5`. */
  readonly names: readonly string[]
  /** ISO 8601. */
  readonly validFrom: string
  readonly validTo: string
  /** Whole days until it expires; negative if it has expired. */
  readonly daysLeft: number
}

const DAY_MS = 24 * 60 * 60 * 1000

export function certificateOf(socket: TLSSocket): Certificate | undefined {
  const found = socket.getPeerX509Certificate()
  if (!found) return undefined
  const [validFrom, validTo] = [new Date(found.validFrom), new Date(found.validTo)]
  return {
    subject: oneLine(found.subject),
    issuer: oneLine(found.issuer),
    names: (found.subjectAltName ?? '').split(', ').filter((name) => name !== ''),
    validFrom: validFrom.toISOString(),
    validTo: validTo.toISOString(),
    daysLeft: Math.floor((validTo.getTime() - Date.now()) / DAY_MS),
  }
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ')
}

type CertificateReason = 'CERT_EXPIRED' | 'CERT_NOT_YET_VALID' | 'CERT_NAME' | 'CERT_UNTRUSTED'
type TlsReason = 'CLIENT_CERT_MISSING' | 'CLIENT_CERT_REFUSED' | 'NOT_TLS' | 'TLS_VERSION' | 'SERVER_NAME' | 'TLS_CLOSED' | 'TLS_OTHER'

/** Regular expressions for the error codes of OpenSSL and Node. */
const FAILURES: readonly (readonly [RegExp, CertificateReason | TlsReason])[] = [
  [/^CERT_HAS_EXPIRED$/, 'CERT_EXPIRED'],
  [/^CERT_NOT_YET_VALID$/, 'CERT_NOT_YET_VALID'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'CERT_NAME'],
  [/^(DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|CERT_|INVALID_|HOSTNAME_)/, 'CERT_UNTRUSTED'],
  [/ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE.*|PEER_DID_NOT_RETURN/, 'CLIENT_CERT_MISSING'],
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_(EXPIRED|REVOKED|UNKNOWN)|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/, 'CLIENT_CERT_REFUSED'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE/, 'NOT_TLS'],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE/, 'TLS_VERSION'],
  [/UNRECOGNIZED_NAME/, 'SERVER_NAME'],
]

/** Whether an error comes from TLS. It may come after the handshake: TLS 1.3 servers check the client certificate then. */
export function isTlsError({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')
}

/** The name that we requested, and the certificate that the server sent. */
interface Peer {
  readonly serverName: string
  readonly certificate: Certificate | undefined
}

/** @param error the error of the TLS handshake, or a ReplError from waiting for it */
export function tlsFailure(error: unknown, where: Context, peer?: Peer): ReplError {
  if (error instanceof ReplError) {
    const { details } = error
    return details.reason === 'CONNECT' ? new ReplError('TLS_SILENT', { ...where, limitMs: details.limitMs }) : error
  }
  const facts = { ...where, errno: errnoOf(error) }
  const reason = reasonOf(facts.errno)
  if (!isCertificateReason(reason)) return new ReplError(reason, facts, error)
  return peer
    ? certificateError(reason, { ...facts, serverName: peer.serverName }, peer.certificate, error)
    : new ReplError('TLS_OTHER', facts, error)
}

function reasonOf(errno: string): CertificateReason | TlsReason {
  return FAILURES.find(([matches]) => matches.test(errno))?.[1] ?? (errno === 'ECONNRESET' ? 'TLS_CLOSED' : 'TLS_OTHER')
}

function isCertificateReason(reason: CertificateReason | TlsReason): reason is CertificateReason {
  return reason.startsWith('CERT_')
}

/** The error with those facts of the certificate that explain the failure. */
function certificateError(
  reason: CertificateReason,
  facts: Context & { readonly errno: string; readonly serverName: string },
  certificate: Certificate | undefined,
  cause: unknown,
): ReplError {
  const { issuer = 'unknown', validFrom = 'unknown', validTo = 'unknown', subject = 'unknown', names = [] } = certificate ?? {}
  switch (reason) {
    case 'CERT_NAME':
      return new ReplError(reason, { ...facts, names: names.join(', ') || subject }, cause)
    case 'CERT_EXPIRED':
      return new ReplError(reason, { ...facts, validTo }, cause)
    case 'CERT_NOT_YET_VALID':
      return new ReplError(reason, { ...facts, validFrom }, cause)
    case 'CERT_UNTRUSTED':
      return new ReplError(reason, { ...facts, issuer }, cause)
  }
}
