/** From flags, environment and target to the server that is meant, and to what it is told of us. */
import type { Interfaces } from '@oclif/core'
import type { Access, Limits, ReplicaOptions } from '../engine/options.ts'
import { fixedSource, type Source } from '../engine/source.ts'
import { ReplError } from '../errors.ts'
import { type Announcement, INVISIBLE } from '../handshake/plan.ts'
import { endpointName } from '../io/endpoint.ts'
import { loadTls } from '../io/tls-files.ts'
import { AddressMap } from '../topology/address-map.ts'
import { type Preference, PreferredSource } from '../topology/preference.ts'
import { SentinelSource } from '../topology/sentinel.ts'
import { parseSentinelTarget, type SentinelTarget, sentinelAddress } from '../topology/sentinel-target.ts'
import { accessTo, DEFAULT_HOST, DEFAULT_PORT, parseTarget, type Target } from '../topology/target.ts'
import { chooseCredentials, sentinelCredentials } from './credentials.ts'
import { dialling, tlsFiles } from './dialling.ts'
import type { connectionFlags, discoveryFlags, tlsFlags } from './flags.ts'

/** The values of the flags that say which server, as oclif parses them. */
export type ConnectionFlags = Interfaces.InferredFlags<typeof connectionFlags & typeof tlsFlags & typeof discoveryFlags> & {
  readonly cluster?: boolean
}

export interface Connection {
  readonly source: Source
  /** Behind another source, what --prefer makes of it. */
  readonly preferring: (source: Source) => Source
  /** How any server of the deployment is reached; its endpoint is the one that was named, if one was. */
  readonly template: Access
  readonly addresses: AddressMap
  /** What every replication link is told. */
  readonly manners: Pick<ReplicaOptions, 'announce' | 'renamed'>
}

/** What the user has named: a server, or Sentinels that know where it is. */
type Named = ({ readonly kind: 'server' } & Target) | ({ readonly kind: 'sentinels' } & SentinelTarget)

/** @throws ReplError USAGE; ABORTED at the prompt. */
export async function openConnection(target: string | undefined, flags: ConnectionFlags, env = process.env): Promise<Connection> {
  const named = whoIsNamed(target, flags)
  const secure = once(() => loadTls(tlsFiles(flags)))
  const credentials = await chooseCredentials(named.credentials, flags, env)
  // A space ends CLIENT SETNAME with an error, a control byte even more so.
  if (!/^[!-~]+$/.test(flags.name)) throw usage('--name must be printable ASCII without spaces')
  const endpoint = named.kind === 'server' ? named.endpoint : { kind: 'tcp' as const, host: DEFAULT_HOST, port: DEFAULT_PORT }
  const template: Access = {
    endpoint: dialling(endpoint, named.isTls ?? flags.tls, flags, secure),
    secure,
    ...(credentials && { credentials }),
    clientName: flags.name,
    limits: limits(flags),
  }
  const addresses = new AddressMap(flags.map ?? [])
  const announce = flags.announce === undefined ? INVISIBLE : parseAnnouncement(flags.announce)
  const source =
    named.kind === 'server' ? fixedSource(targetName(named, template), template) : bySentinels(named, template, addresses, flags)
  const { prefer } = flags
  const preferring = (from: Source) => (prefer === undefined ? from : new PreferredSource(from, prefer as Preference, addresses))
  return {
    // Of a cluster it is the shards that have replicas.
    source: flags.cluster ? source : preferring(source),
    preferring,
    template,
    addresses,
    manners: { announce, ...renamed(flags) },
  }
}

function bySentinels({ sentinels, masterName }: SentinelTarget, template: Access, addresses: AddressMap, flags: ConnectionFlags): Source {
  const { credentials: _, ...plain } = template
  const own = sentinelCredentials(flags)
  const isTls = flags['sentinel-tls']
  const accesses = sentinels.map((address) => {
    const scheme = isTls === undefined ? '' : isTls ? 'rediss://' : 'redis://'
    return accessTo(`${scheme}${sentinelAddress(address)}`, { ...plain, ...(own && { credentials: own }) })
  })
  return new SentinelSource({ sentinels: accesses, masterName, template, addresses })
}

function whoIsNamed(
  target: string | undefined,
  { host, port, socket, uri, sentinel, 'master-name': masterName = '', tls }: ConnectionFlags,
): Named {
  // An unset variable in a script must not become localhost.
  if ([target, host, socket, uri, ...(sentinel ?? [])].includes('')) throw usage('The name of the server is empty')
  const named = [target, uri, host ?? port, socket, sentinel].filter((value) => value !== undefined)
  if (named.length > 1) throw usage('Name the server once: as TARGET, by -u, by -h and -p, by -s, or by --sentinel')
  const text = target ?? uri
  if (sentinel) return { kind: 'sentinels', sentinels: sentinel.flatMap((one) => one.split(',')), masterName, isTls: tls }
  const bySentinel = text === undefined ? undefined : parseSentinelTarget(text)
  if (bySentinel) return { kind: 'sentinels', ...bySentinel, isTls: bySentinel.isTls || tls }
  if (text !== undefined) return { kind: 'server', ...parseTarget(text) }
  if (socket !== undefined) return { kind: 'server', endpoint: { kind: 'unix', path: socket } }
  return { kind: 'server', endpoint: { kind: 'tcp', host: host ?? DEFAULT_HOST, port: port ?? DEFAULT_PORT } }
}

/** As it can be named again on a command line. */
function targetName({ isTls }: Target, { endpoint }: Access): string {
  return isTls ? `rediss://${endpointName(endpoint)}` : endpointName(endpoint)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** A name with a space would be two words of the protocol to some proxies. */
function renamed({ 'psync-command': psync, 'sync-command': sync }: ConnectionFlags): Pick<ReplicaOptions, 'renamed'> {
  for (const [flag, name] of Object.entries({ 'psync-command': psync, 'sync-command': sync })) {
    if (name !== undefined && !/^[!-~]+$/.test(name)) throw usage(`--${flag} must be printable ASCII without spaces`)
  }
  if (psync === undefined && sync === undefined) return {}
  return { renamed: { ...(psync !== undefined && { psync }), ...(sync !== undefined && { sync }) } }
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
