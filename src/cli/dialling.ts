/** Applies the flags for address family and TLS to an endpoint. */
import { usageError } from '../errors.ts'
import type { Endpoint, TlsSettings } from '../io/endpoint.ts'
import type { TlsFiles } from '../io/tls-files.ts'
import type { ConnectionFlags } from './flags.ts'

/** Flags that have no meaning without TLS. */
const FOR_TLS = ['cacert', 'cacertdir', 'cert', 'sni', 'insecure', 'tls-ciphers'] as const

interface FlagUse {
  /** The names of the flags on the command line. They must make sense; settings from elsewhere may be unused. */
  readonly written: ReadonlySet<string>
  /** Whether the Sentinels need the TLS flags, even if the servers do not speak TLS. */
  readonly isForSentinels: boolean
}

/** @param secure reads the TLS files; called only for a TLS connection. @throws ReplError USAGE */
export function dialling(
  endpoint: Endpoint,
  isTls: boolean,
  flags: ConnectionFlags,
  { written, isForSentinels }: FlagUse,
  secure: () => TlsSettings,
): Endpoint {
  if (endpoint.kind === 'unix') {
    if (written.has('tls')) throw usageError('--tls cannot be used with a unix socket')
    return endpoint
  }
  const family = flags.ipv4 ? 4 : flags.ipv6 ? 6 : undefined
  // A user who names a certificate expects TLS. Without it the password would go out in clear text.
  const needless = isTls || isForSentinels ? undefined : FOR_TLS.find((name) => written.has(name))
  if (needless) throw usageError(`--${needless} needs --tls or rediss://`)
  return { ...endpoint, ...(family && { family }), ...(isTls && { tls: secure() }) }
}

export function tlsFiles(flags: ConnectionFlags): TlsFiles {
  const { cacert, cacertdir, cert, key, sni, 'tls-ciphers': ciphers, insecure } = flags
  const given = Object.entries({ cacert, cacertdir, cert, key, ciphers, serverName: sni }).filter(([, value]) => value !== undefined)
  return { ...(Object.fromEntries(given) as Partial<TlsFiles>), isVerified: !insecure }
}
