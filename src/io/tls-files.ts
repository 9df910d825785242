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

/** A file or folder, and the flag or variable that names it. */
interface Named {
  readonly option: string
  readonly path: string
}

/** @throws ReplError USAGE (TLS_FILE, TLS_CIPHERS) */
export function loadTls(files: TlsFiles): TlsSettings {
  const { cacert, cacertdir, cert, key, ciphers, serverName, isVerified } = files
  const pair = cert === undefined || key === undefined ? {} : keyPair({ option: '--cert', path: cert }, { option: '--key', path: key })
  const trusted = authoritiesOf(cacert, cacertdir, '--cacert', '--cacertdir') ?? systemAuthorities()
  try {
    const context = tls().createSecureContext({ ca: trusted, ...pair, ...(ciphers !== undefined && { ciphers }) })
    return { context, isVerified, ...(serverName !== undefined && { serverName }) }
  } catch (error) {
    const errno = errnoOf(error)
    if (cert === undefined) throw new ReplError('TLS_CIPHERS', { errno })
    throw tlsFileError({ option: '--cert', path: cert }, { problem: 'UNREADABLE', errno })
  }
}

function keyPair(certFile: Named, keyFile: Named): { cert: Buffer; key: Buffer } {
  const [cert, key] = [read(certFile), read(keyFile)]
  const parsed = attempt(certFile, 'NO_CERTIFICATE', () => new (crypto().X509Certificate)(cert))
  if (/ENCRYPTED/.test(key.toString('latin1'))) throw tlsFileError(keyFile, { problem: 'ENCRYPTED_KEY' })
  const privateKey = attempt(keyFile, 'NO_KEY', () => crypto().createPrivateKey(key))
  if (!parsed.checkPrivateKey(privateKey)) throw tlsFileError(keyFile, { problem: 'OTHER_KEY', certificate: certFile.path })
  return { cert, key }
}

/** Undefined without a file and a folder. */
function authoritiesOf(
  file: string | undefined,
  folder: string | undefined,
  fileOption: string,
  folderOption: string,
): string[] | undefined {
  if (file === undefined && folder === undefined) return undefined
  return [
    ...(file === undefined ? [] : authorities({ option: fileOption, path: file })),
    ...(folder === undefined ? [] : folderOf({ option: folderOption, path: folder })),
  ]
}

function authorities(file: Named): string[] {
  const found = certificatesIn(read(file))
  if (found.length === 0) throw tlsFileError(file, { problem: 'NOTHING_IN_FILE' })
  for (const pem of found) attempt(file, 'BROKEN_CERTIFICATE', () => new (crypto().X509Certificate)(pem))
  return found
}

/** OpenSSL looks up files by hashed names. Loading all files has the same effect and needs no hashes. */
function folderOf({ option, path }: Named): string[] {
  const names = attempt({ option, path }, undefined, () => readdirSync(path, { withFileTypes: true }))
  const files = names.filter((entry) => !entry.isDirectory()).map(({ name }) => join(path, name))
  const found = files.flatMap((file) => certificatesIn(existsSync(file) ? read({ option, path: file }) : Buffer.alloc(0)))
  if (found.length === 0) throw tlsFileError({ option, path }, { problem: 'NOTHING_IN_FOLDER' })
  return [...new Set(found)]
}

/** Honours SSL_CERT_FILE and SSL_CERT_DIR like OpenSSL. Node can read the system store since 22.15. */
function systemAuthorities({ SSL_CERT_FILE: file, SSL_CERT_DIR: folder } = process.env): string[] {
  // An empty variable counts as unset.
  const named = authoritiesOf(file || undefined, folder || undefined, 'SSL_CERT_FILE', 'SSL_CERT_DIR')
  if (named) return named
  const getCACertificates = (tls() as { getCACertificates?: (type: string) => string[] }).getCACertificates
  const system = getCACertificates?.('system') ?? []
  if (system.length > 0) return system
  const store = SYSTEM_STORES.find((path) => existsSync(path))
  return store === undefined ? [...tls().rootCertificates] : certificatesIn(read({ option: 'system certificates', path: store }))
}

function certificatesIn(bytes: Buffer): string[] {
  return bytes.toString('latin1').match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g) ?? []
}

function read(file: Named): Buffer {
  return attempt(file, undefined, () => readFileSync(file.path))
}

/** @param problem the problem to report if the work fails; if undefined, UNREADABLE with the system's error code */
function attempt<T>(file: Named, problem: 'NO_CERTIFICATE' | 'BROKEN_CERTIFICATE' | 'NO_KEY' | undefined, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw tlsFileError(file, problem ? { problem } : { problem: 'UNREADABLE', errno: errnoOf(error) })
  }
}

function tlsFileError(file: Named, problem: TlsFileProblem): ReplError {
  return new ReplError('TLS_FILE', { ...file, ...problem })
}
