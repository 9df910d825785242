/** Certificates of a test authority, which openssl makes in a temporary folder. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export interface Pair {
  readonly cert: string
  readonly key: string
}

export class Authority {
  readonly folder: string
  readonly cert: string

  private constructor(folder: string) {
    this.folder = folder
    this.cert = join(folder, 'ca.pem')
  }

  static async create(name: string): Promise<Authority> {
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'redis-repl-ca-')))
    const files = ['-keyout', join(authority.folder, 'ca.key'), '-out', authority.cert]
    await run('openssl', ['req', '-x509', ...KEY, ...files, '-subj', `/CN=${name}`, '-days', '30'])
    return authority
  }

  /** @param names as `DNS:localhost,IP:127.0.0.1` @param end days from now, negative for one that has expired */
  async issue(name: string, names: string, end = 30): Promise<Pair> {
    const [cert, key, request] = ['pem', 'key', 'csr'].map((kind) => join(this.folder, `${name}.${kind}`)) as [string, string, string]
    const extensions = join(this.folder, `${name}.ext`)
    await writeFile(extensions, `subjectAltName=${names}\n`)
    await run('openssl', ['req', '-new', ...KEY, '-keyout', key, '-out', request, '-subj', `/CN=${name}`])
    const signer = ['-CA', this.cert, '-CAkey', join(this.folder, 'ca.key'), '-CAcreateserial']
    await run('openssl', ['x509', '-req', '-in', request, ...signer, '-out', cert, '-extfile', extensions, '-days', String(end)])
    return { cert, key }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Settings that make a test server listen for TLS in addition to its plain port. */
export function tlsSettings(port: number, { cert, key }: Pair, authority: Authority): Record<string, string> {
  return { 'tls-port': String(port), 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': authority.cert }
}
