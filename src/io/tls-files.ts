/** Certificates and keys from files, and whom to trust. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ReplError } from '../errors.ts'
import type { TlsSettings } from './endpoint.ts'

export interface TlsFiles {
  /** Authorities in one file, or in all files of a folder, instead of those of the system. */
  readonly cacert?: string
  readonly cacertdir?: string
  /** PEM; our own, for servers that ask for one. */
  readonly cert?: string
  readonly key?: string
  readonly ciphers?: string
  readonly serverName?: string
  readonly isVerified: boolean
}

/** Loaded by those who speak TLS: both together take 4 ms. */
const tls = () => process.getBuiltinModule('node:tls')
const crypto = () => process.getBuiltinModule('node:crypto')

/** Where systems keep what they trust, as OpenSSL builds of Debian, Red Hat, Alpine, SUSE and the BSDs know it. */
const SYSTEM_STORES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
]

/** @throws ReplError USAGE (TLS_FILE) */
export function loadTls(files: TlsFiles): TlsSettings {
  const { cacert, cacertdir, cert, key, ciphers, serverName, isVerified } = files
  const pair = cert === undefined || key === undefined ? {} : keyPair(cert, key)
  const ca = [...(cacert === undefined ? [] : authorities(cacert)), ...(cacertdir === undefined ? [] : folderOf(cacertdir))]
  const trusted = cacert === undefined && cacertdir === undefined ? systemAuthorities() : ca
  try {
    const context = tls().createSecureContext({ ca: trusted, ...pair, ...(ciphers !== undefined && { ciphers }) })
    return { context, isVerified, ...(serverName !== undefined && { serverName }) }
  } catch (error) {
    throw unusable(cert ?? '--tls-ciphers', (error as NodeJS.ErrnoException).code ?? 'unknown')
  }
}

function keyPair(certPath: string, keyPath: string): { cert: Buffer; key: Buffer } {
  const [cert, key] = [read(certPath), read(keyPath)]
  const parsed = attempt(certPath, 'it is no certificate in PEM', () => new (crypto().X509Certificate)(cert))
  if (/ENCRYPTED/.test(key.toString('latin1'))) throw unusable(keyPath, 'it is encrypted: openssl pkey writes it without a passphrase')
  const secret = attempt(keyPath, 'it is no private key in PEM', () => crypto().createPrivateKey(key))
  if (!parsed.checkPrivateKey(secret)) throw unusable(keyPath, `it is not the key of ${certPath}`)
  return { cert, key }
}

function authorities(path: string): string[] {
  const found = certificatesIn(read(path))
  if (found.length === 0) throw unusable(path, 'it holds no certificate in PEM')
  for (const pem of found) attempt(path, 'a certificate in it is broken', () => new (crypto().X509Certificate)(pem))
  return found
}

/** OpenSSL looks such a folder up by hashed names; all that it holds is the same and needs no hashes. */
function folderOf(path: string): string[] {
  const names = attempt(path, undefined, () => readdirSync(path, { withFileTypes: true }))
  const files = names.filter((entry) => !entry.isDirectory()).map(({ name }) => join(path, name))
  const found = files.flatMap((file) => certificatesIn(existsSync(file) ? read(file) : Buffer.alloc(0)))
  if (found.length === 0) throw unusable(path, 'none of its files holds a certificate in PEM')
  return [...new Set(found)]
}

/** SSL_CERT_FILE and SSL_CERT_DIR as in OpenSSL; Node can ask the system since 22.15. */
function systemAuthorities(env = process.env): string[] {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folder } = env
  if (file || folder) return [...(file ? authorities(file) : []), ...(folder ? folderOf(folder) : [])]
  const ask = (tls() as { getCACertificates?: (type: string) => string[] }).getCACertificates
  const asked = ask?.('system') ?? []
  if (asked.length > 0) return asked
  const store = SYSTEM_STORES.find((path) => existsSync(path))
  return store === undefined ? [...tls().rootCertificates] : certificatesIn(read(store))
}

function certificatesIn(bytes: Buffer): string[] {
  return bytes.toString('latin1').match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? []
}

function read(path: string): Buffer {
  return attempt(path, undefined, () => readFileSync(path))
}

/** @param why undefined: the system's own error code */
function attempt<T>(path: string, why: string | undefined, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unusable(path, why ?? (error as NodeJS.ErrnoException).code ?? 'unknown')
  }
}

function unusable(path: string, errno: string): ReplError {
  return new ReplError('USAGE', { reason: 'TLS_FILE', path, errno })
}
