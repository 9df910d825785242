/** From flags, environment and target to what the engine wants to know. */
import { readFileSync } from 'node:fs'
import type { Interfaces } from '@oclif/core'
import type { Limits, ReplicaOptions } from '../engine/options.ts'
import { ReplError } from '../errors.ts'
import { type Announcement, type Credentials, INVISIBLE } from '../handshake/plan.ts'
import { askPassword } from '../io/ask-password.ts'
import type { Endpoint, TlsSettings } from '../io/endpoint.ts'
import { loadTls, type TlsFiles } from '../io/tls-files.ts'
import { DEFAULT_HOST, DEFAULT_PORT, parseTarget, type Target } from '../topology/target.ts'
import type { connectionFlags, tlsFlags } from './flags.ts'

/** The values of connectionFlags and tlsFlags, as oclif parses them. */
export type ConnectionFlags = Interfaces.InferredFlags<typeof connectionFlags & typeof tlsFlags>

export type Connection = Pick<ReplicaOptions, 'endpoint' | 'secure' | 'credentials' | 'clientName' | 'announce' | 'limits'>

/** @throws ReplError USAGE; ABORTED at the prompt. */
export async function connectionOptions(target: string | undefined, flags: ConnectionFlags, env = process.env): Promise<Connection> {
  const { endpoint, credentials: fromTarget, isTls } = chooseTarget(target, flags)
  const secure = once(() => loadTls(tlsFiles(flags)))
  const dialled = dialling(endpoint, isTls ?? flags.tls, flags, secure)
  const credentials = await chooseCredentials(fromTarget, flags, env)
  // A space ends CLIENT SETNAME with an error, a control byte even more so.
  if (!/^[!-~]+$/.test(flags.name)) throw usage('--name must be printable ASCII without spaces')
  return {
    endpoint: dialled,
    secure,
    ...(credentials && { credentials }),
    clientName: flags.name,
    announce: flags.announce === undefined ? INVISIBLE : parseAnnouncement(flags.announce),
    limits: limits(flags),
  }
}

function dialling(endpoint: Endpoint, isTls: boolean, flags: ConnectionFlags, secure: () => TlsSettings): Endpoint {
  if (endpoint.kind === 'unix') {
    if (isTls) throw usage('A unix socket speaks no TLS: leave --tls out')
    return endpoint
  }
  const family = flags.ipv4 ? 4 : flags.ipv6 ? 6 : undefined
  // Whoever names a certificate means TLS; without it the password would go out in clear text.
  const files = ['cacert', 'cacertdir', 'cert', 'sni', 'insecure', 'tls-ciphers'] as const
  const needless = isTls ? undefined : files.find((name) => flags[name])
  if (needless) throw usage(`--${needless} is for TLS: add --tls, or use rediss://`)
  return { ...endpoint, ...(family && { family }), ...(isTls && { tls: secure() }) }
}

function tlsFiles(flags: ConnectionFlags): TlsFiles {
  const { cacert, cacertdir, cert, key, sni, 'tls-ciphers': ciphers, insecure } = flags
  const given = { cacert, cacertdir, cert, key, ciphers, serverName: sni }
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<TlsFiles>),
    isVerified: !insecure,
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function chooseTarget(target: string | undefined, { host, port, socket, uri }: ConnectionFlags): Target {
  // An unset variable in a script must not become localhost.
  if ([target, host, socket, uri].includes('')) throw usage('The name of the server is empty')
  const named = [target, uri, host ?? port, socket].filter((value) => value !== undefined)
  if (named.length > 1) throw usage('Name the server once: as TARGET, by -u, by -h and -p, or by -s')
  const text = target ?? uri
  if (text !== undefined) return parseTarget(text)
  if (socket !== undefined) return { endpoint: { kind: 'unix', path: socket } }
  return { endpoint: { kind: 'tcp', host: host ?? DEFAULT_HOST, port: port ?? DEFAULT_PORT } }
}

/** A flag wins over the target's userinfo, and that over the environment, as in redis-cli. */
async function chooseCredentials(
  fromTarget: Credentials | undefined,
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const fromFile = flags['pass-file'] === undefined ? undefined : readPassword(flags['pass-file'])
  const typed = flags.askpass ? await askPassword('Password: ') : undefined
  const password = flags.pass ?? fromFile ?? typed ?? fromTarget?.password ?? env.REDISCLI_AUTH ?? env.VALKEYCLI_AUTH
  const username = flags.user ?? fromTarget?.username
  if (password === undefined) {
    if (username !== undefined) throw usage('--user needs a password: --askpass, --pass-file, REDISCLI_AUTH, or -a')
    return undefined
  }
  return { ...(username !== undefined && { username }), password }
}

function readPassword(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? ''
  } catch (error) {
    throw new ReplError('USAGE', { reason: 'PASS_FILE', path, errno: (error as NodeJS.ErrnoException).code ?? 'unknown' })
  }
}

function parseAnnouncement(text: string): Announcement {
  const [, ip, port] = /^\[?([^\s[\]]+?)\]?:(\d{1,5})$/.exec(text) ?? []
  if (ip === undefined || Number(port) > 65535) throw usage('--announce takes IP:PORT')
  return { ip, port: Number(port) }
}

function limits(flags: ConnectionFlags): Limits {
  return {
    connectMs: flags['connect-timeout'] * 1000,
    stepMs: flags['step-timeout'] * 1000,
    silenceMs: flags['silence-timeout'] * 1000,
  }
}

function usage(given: string): ReplError {
  return new ReplError('USAGE', { reason: 'FLAGS', given })
}
