/** Turns flags, environment and target into a source for the server, and into the options of each link. */

import type { Access, Limits } from '../engine/ask/access.ts'
import { type Source, staticSource } from '../engine/ask/source.ts'
import type { AttachOptions } from '../engine/goal.ts'
import { usageError } from '../errors.ts'
import { type Announcement, INVISIBLE } from '../handshake/plan.ts'
import { endpointName } from '../io/endpoint.ts'
import { loadTls } from '../io/tls-files.ts'
import type { Credentials } from '../protocol/credentials.ts'
import type { Connection } from '../runs/connection.ts'
import { AddressMap } from '../topology/address-map.ts'
import { type Preference, PreferredSource } from '../topology/preference.ts'
import { SentinelSource } from '../topology/sentinel.ts'
import { parseSentinelTarget, type SentinelTarget, sentinelAddress } from '../topology/sentinel-target.ts'
import { accessTo, DEFAULT_HOST, DEFAULT_PORT, parseTarget, socketName, type Target } from '../topology/target.ts'
import { chooseCredentials, sentinelCredentials } from './credentials.ts'
import { dialling, tlsFiles } from './dialling.ts'
import { CLIENT_NAME, type ConnectionFlags } from './flags.ts'

/** What the user names: a server, or Sentinels that know its address. */
type NamedServer = ({ readonly kind: 'server' } & Target) | ({ readonly kind: 'sentinels' } & SentinelTarget)

/**
 * @param written the names of the flags on the command line; only these must make sense together
 * @param warn called once, when the TLS settings of --insecure are loaded
 * @throws ReplError USAGE; ABORTED at the prompt.
 */
export async function openConnection(
  target: string | undefined,
  flags: ConnectionFlags,
  written: ReadonlySet<string>,
  warn: () => void,
): Promise<Connection> {
  const named = serverNamedBy(target, flags)
  if (named.kind === 'server') refuseSentinelFlags(written)
  const secure = once(() => {
    if (flags.insecure) warn()
    return loadTls(tlsFiles(flags))
  })
  const credentials = await chooseCredentials(named.credentials, flags, process.env)
  // CLIENT SETNAME rejects spaces and control bytes.
  if (flags.sni === '') throw usageError('--sni takes a server name, which is empty here')
  if (!/^[!-~]+$/.test(flags.name)) throw usageError('--name must be printable ASCII without spaces')
  const endpoint = named.kind === 'server' ? named.endpoint : { kind: 'tcp' as const, host: DEFAULT_HOST, port: DEFAULT_PORT }
  const addresses = new AddressMap(flags.map ?? [])
  const direct: Access = {
    // --tls overrides a plain scheme, so that no password goes out in clear text.
    endpoint: dialling(endpoint, named.isTls || flags.tls, flags, { written, isForSentinels: isSentinelTls(named, flags) }, secure),
    secure,
    ...(credentials && { credentials }),
    ...clientName(flags.name, credentials),
    limits: limits(flags),
  }
  const template = addresses.named(direct)
  const announce = flags.announce === undefined ? INVISIBLE : parseAnnouncement(flags.announce)
  const source = named.kind === 'server' ? staticSource(targetName(direct), template) : sentinelSource(named, template, addresses, flags)
  const { prefer } = flags
  const preferring = (from: Source) => (prefer === undefined ? from : new PreferredSource(from, prefer as Preference, addresses))
  return {
    // With --cluster, --prefer applies to each shard and not to the node that TARGET names.
    source: flags.cluster ? source : preferring(source),
    preferring,
    template,
    addresses,
    ...(named.db !== undefined && { db: named.db }),
    linkOptions: { announce, ...renamedCommands(flags) },
  }
}

/** An ACL user may lack +client|setname, and a denied command adds an entry to ACL LOG. */
function clientName(name: string, credentials: Credentials | undefined): Pick<Access, 'clientName'> {
  return credentials?.username === undefined || name !== CLIENT_NAME ? { clientName: name } : {}
}

function sentinelSource(
  { sentinels, masterName }: SentinelTarget,
  template: Access,
  addresses: AddressMap,
  flags: ConnectionFlags,
): Source {
  const { credentials: _, clientName: __, ...others } = template
  const own = sentinelCredentials(flags)
  const plain = { ...others, ...clientName(flags.name, own) }
  const isTls = flags['sentinel-tls']
  const accesses = sentinels.map((address) => {
    const scheme = isTls === undefined ? '' : isTls ? 'rediss://' : 'redis://'
    return accessTo(`${scheme}${sentinelAddress(address)}`, { ...plain, ...(own && { credentials: own }) })
  })
  return new SentinelSource({ sentinels: accesses, masterName, template, addresses })
}

function serverNamedBy(target: string | undefined, flags: ConnectionFlags): NamedServer {
  const { host, port, socket, uri, sentinel, 'master-name': masterName = '' } = flags
  const sentinels = sentinel?.flatMap((one) => one.split(','))
  // An empty name usually comes from an unset variable in a script. It must not become localhost.
  if ([target, host, socket, uri, ...(sentinels ?? [])].includes('')) throw usageError('The server name is empty')
  const named = [target, uri, host ?? port, socket, sentinel].filter((value) => value !== undefined)
  if (named.length > 1) throw usageError('Name the server once: as TARGET, or with -u, with -h and -p, with -s, or with --sentinel')
  if (sentinels) return { kind: 'sentinels', sentinels: sentinels.map(withoutScheme), masterName, isTls: false }
  if (socket !== undefined) return { kind: 'server', endpoint: { kind: 'unix', path: socket } }
  return parseServer(target ?? uri) ?? { kind: 'server', endpoint: { kind: 'tcp', host: bareHost(host), port: port ?? DEFAULT_PORT } }
}

function parseServer(text: string | undefined): NamedServer | undefined {
  if (text === undefined) return undefined
  const bySentinel = parseSentinelTarget(text)
  return bySentinel ? { kind: 'sentinels', ...bySentinel } : { kind: 'server', ...parseTarget(text) }
}

function withoutScheme(address: string): string {
  if (isLikeUri(address)) throw usageError('--sentinel takes HOST[:PORT]; a URI is redis-sentinel://HOST/NAME, as TARGET')
  return address
}

/** Removes the brackets of an IPv6 address, which only an address with a port needs. */
function bareHost(host = DEFAULT_HOST): string {
  if (isLikeUri(host)) throw usageError('-h takes a host name; give a URI as TARGET or with -u')
  return /^\[([^[\]]+)\]$/.exec(host)?.[1] ?? host
}

/** A URI may contain a password. */
function isLikeUri(text: string): boolean {
  return /:\/\/|@/.test(text)
}

/** The name that works as TARGET on another command line. */
function targetName({ endpoint }: Access): string {
  if (endpoint.kind === 'unix') return socketName(endpoint.path)
  return endpoint.tls ? `rediss://${endpointName(endpoint)}` : endpointName(endpoint)
}

/** Whether the Sentinels speak TLS, even if the servers do not. */
function isSentinelTls({ kind }: NamedServer, flags: ConnectionFlags): boolean {
  return kind === 'sentinels' && flags['sentinel-tls'] === true
}

/** Refuses the flags for Sentinels when none are named. */
function refuseSentinelFlags(written: ReadonlySet<string>): void {
  const needless = ['sentinel-user', 'sentinel-pass', 'sentinel-pass-file', 'sentinel-tls'].find((name) => written.has(name))
  if (needless) throw usageError(`--${needless} needs Sentinels: redis-sentinel://HOST/NAME, or --sentinel and --master-name`)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Some proxies would read a name with a space as two words of the protocol. */
function renamedCommands({ 'psync-command': psync, 'sync-command': sync }: ConnectionFlags): Pick<AttachOptions, 'renamed'> {
  for (const [flag, name] of Object.entries({ 'psync-command': psync, 'sync-command': sync })) {
    if (name !== undefined && !/^[!-~]+$/.test(name)) throw usageError(`--${flag} must be printable ASCII without spaces`)
  }
  if (psync === undefined && sync === undefined) return {}
  return { renamed: { ...(psync !== undefined && { psync }), ...(sync !== undefined && { sync }) } }
}

function parseAnnouncement(text: string): Announcement {
  const [, ip, port] = /^\[?([^\s[\]]+?)\]?:(\d{1,5})$/.exec(text) ?? []
  if (ip === undefined || Number(port) > 65535) throw usageError('--announce takes IP:PORT')
  return { ip, port: Number(port) }
}

function limits(flags: ConnectionFlags): Limits {
  return {
    connectMs: flags['connect-timeout'],
    stepMs: flags['step-timeout'],
    silenceMs: flags['silence-timeout'],
  }
}
