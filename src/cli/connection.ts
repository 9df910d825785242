/** From flags, environment and target to what the engine wants to know. */
import { readFileSync } from 'node:fs'
import type { Limits, ReplicaOptions } from '../engine/options.ts'
import { ReplError } from '../errors.ts'
import { type Announcement, type Credentials, INVISIBLE } from '../handshake/plan.ts'
import { DEFAULT_HOST, DEFAULT_PORT, parseTarget, type Target } from '../topology/target.ts'

/** The values of connectionFlags, as oclif parses them. */
export interface ConnectionFlags {
  readonly host: string | undefined
  readonly port: number | undefined
  readonly socket: string | undefined
  readonly pass: string | undefined
  readonly 'pass-file': string | undefined
  readonly user: string | undefined
  readonly name: string
  readonly announce: string | undefined
  readonly 'connect-timeout': number
  readonly 'step-timeout': number
  readonly 'silence-timeout': number
}

type Connection = Pick<ReplicaOptions, 'endpoint' | 'credentials' | 'clientName' | 'announce' | 'limits'>

/** @throws ReplError USAGE, NOT_SUPPORTED. */
export function connectionOptions(target: string | undefined, flags: ConnectionFlags, env = process.env): Connection {
  const { endpoint, credentials: fromTarget } = chooseTarget(target, flags)
  const credentials = chooseCredentials(fromTarget, flags, env)
  // A space ends CLIENT SETNAME with an error, a control byte even more so.
  if (!/^[!-~]+$/.test(flags.name)) throw usage('--name must be printable ASCII without spaces')
  return {
    endpoint,
    ...(credentials && { credentials }),
    clientName: flags.name,
    announce: flags.announce === undefined ? INVISIBLE : parseAnnouncement(flags.announce),
    limits: limits(flags),
  }
}

function chooseTarget(target: string | undefined, { host, port, socket }: ConnectionFlags): Target {
  // An unset variable in a script must not become localhost.
  if ([target, host, socket].includes('')) throw usage('The name of the server is empty')
  const named = [target, host ?? port, socket].filter((value) => value !== undefined)
  if (named.length > 1) throw usage('Name the server once: as TARGET, by -h and -p, or by -s')
  if (target !== undefined) return parseTarget(target)
  if (socket !== undefined) return { endpoint: { kind: 'unix', path: socket } }
  return { endpoint: { kind: 'tcp', host: host ?? DEFAULT_HOST, port: port ?? DEFAULT_PORT } }
}

/** A flag wins over the target's userinfo, and that over the environment, as in redis-cli. */
function chooseCredentials(fromTarget: Credentials | undefined, flags: ConnectionFlags, env: NodeJS.ProcessEnv): Credentials | undefined {
  const fromFile = flags['pass-file'] === undefined ? undefined : readPassword(flags['pass-file'])
  const password = flags.pass ?? fromFile ?? fromTarget?.password ?? env.REDISCLI_AUTH ?? env.VALKEYCLI_AUTH
  const username = flags.user ?? fromTarget?.username
  if (password === undefined) {
    if (username !== undefined) throw usage('--user needs a password: -a, --pass-file, or REDISCLI_AUTH')
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
