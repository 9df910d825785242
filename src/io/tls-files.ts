/** Loads certificates and keys from files, and chooses the trusted authorities. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, ReplError, type TlsFileProblem } from '../errors.ts'
import type { TlsSettings } from './endpoint.ts'

export interface TlsFiles {
  /** Trusted authorities, in one file or in all files of a folder. They replace those of the system. */
  readonly cacert?: string
  readonly cacertdir?: string
  /** Our client certificate in PEM, for servers that request one. */
  readonly cert?: string
  readonly key?: string
  readonly ciphers?: string
  readonly serverName?: string
  readonly isVerified: boolean
}

/** Loaded only for TLS: both together take 4 ms. */
const tls = () => process.getBuiltinModule('node:tls')
const crypto = () => process.getBuiltinModule('node:crypto')

/** The system's trusted authorities, as in the OpenSSL builds of Debian, Red Hat, Alpine, SUSE and the BSDs. */
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
    const errno = errnoOf(error)
    throw cert === undefined ? new ReplError('TLS_CIPHERS', { errno }) : tlsFileError(cert, { problem: 'UNREADABLE', errno })
  }
}

function keyPair(certPath: string, keyPath: string): { cert: Buffer; key: Buffer } {
  const [cert, key] = [read(certPath), read(keyPath)]
  const parsed = attempt(certPath, 'NO_CERTIFICATE', () => new (crypto().X509Certificate)(cert))
  if (/ENCRYPTED/.test(key.toString('latin1'))) throw tlsFileError(keyPath, { problem: 'ENCRYPTED_KEY' })
  const privateKey = attempt(keyPath, 'NO_KEY', () => crypto().createPrivateKey(key))
  if (!parsed.checkPrivateKey(privateKey)) throw tlsFileError(keyPath, { problem: 'OTHER_KEY', certificate: certPath })
  return { cert, key }
}

function authorities(path: string): string[] {
  const found = certificatesIn(read(path))
  if (found.length === 0) throw tlsFileError(path, { problem: 'NOTHING_IN_FILE' })
  for (const pem of found) attempt(path, 'BROKEN_CERTIFICATE', () => new (crypto().X509Certificate)(pem))
  return found
}

/** OpenSSL looks up files by hashed names. Loading all files has the same effect and needs no hashes. */
function folderOf(path: string): string[] {
  const names = attempt(path, undefined, () => readdirSync(path, { withFileTypes: true }))
  const files = names.filter((entry) => !entry.isDirectory()).map(({ name }) => join(path, name))
  const found = files.flatMap((file) => certificatesIn(existsSync(file) ? read(file) : Buffer.alloc(0)))
  if (found.length === 0) throw tlsFileError(path, { problem: 'NOTHING_IN_FOLDER' })
  return [...new Set(found)]
}

/** Honours SSL_CERT_FILE and SSL_CERT_DIR like OpenSSL. Node can read the system store since 22.15. */
function systemAuthorities(env = process.env): string[] {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folder } = env
  if (file || folder) return [...(file ? authorities(file) : []), ...(folder ? folderOf(folder) : [])]
  const getCACertificates = (tls() as { getCACertificates?: (type: string) => string[] }).getCACertificates
  const system = getCACertificates?.('system') ?? []
  if (system.length > 0) return system
  const store = SYSTEM_STORES.find((path) => existsSync(path))
  return store === undefined ? [...tls().rootCertificates] : certificatesIn(read(store))
}

function certificatesIn(bytes: Buffer): string[] {
  return bytes.toString('latin1').match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? []
}

function read(path: string): Buffer {
  return attempt(path, undefined, () => readFileSync(path))
}

/** @param problem the problem to report if the work fails; if undefined, UNREADABLE with the system's error code */
function attempt<T>(path: string, problem: 'NO_CERTIFICATE' | 'BROKEN_CERTIFICATE' | 'NO_KEY' | undefined, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw tlsFileError(path, problem ? { problem } : { problem: 'UNREADABLE', errno: errnoOf(error) })
  }
}

function tlsFileError(path: string, problem: TlsFileProblem): ReplError {
  return new ReplError('TLS_FILE', { path, ...problem })
}
