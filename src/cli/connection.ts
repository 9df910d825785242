/** From flags, environment and target to the server that is meant, and to what it is told of us. */

import type { Access, Limits } from '../engine/ask/access.ts'
import { fixedSource, type Source } from '../engine/ask/source.ts'
import type { AttachOptions } from '../engine/goal.ts'
import { usageError } from '../errors.ts'
import { type Announcement, INVISIBLE } from '../handshake/plan.ts'
import { endpointName } from '../io/endpoint.ts'
import { loadTls } from '../io/tls-files.ts'
import type { Connection } from '../runs/connection.ts'
import { AddressMap } from '../topology/address-map.ts'
import { type Preference, PreferredSource } from '../topology/preference.ts'
import { SentinelSource } from '../topology/sentinel.ts'
import { parseSentinelTarget, type SentinelTarget, sentinelAddress } from '../topology/sentinel-target.ts'
import { accessTo, DEFAULT_HOST, DEFAULT_PORT, parseTarget, socketName, type Target } from '../topology/target.ts'
import { chooseCredentials, sentinelCredentials } from './credentials.ts'
import { dialling, tlsFiles } from './dialling.ts'
import type { ConnectionFlags } from './flags.ts'

/** What the user has named: a server, or Sentinels that know where it is. */
type Named = ({ readonly kind: 'server' } & Target) | ({ readonly kind: 'sentinels' } & SentinelTarget)

/**
 * @param written the names of the flags on the command line: what others have set may be needless
 * @param warn called once where TLS is spoken with whoever answers
 * @throws ReplError USAGE; ABORTED at the prompt.
 */
export async function openConnection(
  target: string | undefined,
  flags: ConnectionFlags,
  written: ReadonlySet<string>,
  warn: () => void,
): Promise<Connection> {
  const named = whoIsNamed(target, flags)
  if (named.kind === 'server') refuseNeedless(written)
  const secure = once(() => {
    if (flags.insecure) warn()
    return loadTls(tlsFiles(flags))
  })
  const credentials = await chooseCredentials(named.credentials, flags, process.env)
  // A space ends CLIENT SETNAME with an error, a control byte even more so.
  if (flags.sni === '') throw usageError('--sni takes a name')
  if (!/^[!-~]+$/.test(flags.name)) throw usageError('--name must be printable ASCII without spaces')
  const endpoint = named.kind === 'server' ? named.endpoint : { kind: 'tcp' as const, host: DEFAULT_HOST, port: DEFAULT_PORT }
  const template: Access = {
    // To have asked for TLS counts more than a scheme without it: a password must not go out in clear text.
    endpoint: dialling(endpoint, named.isTls || flags.tls, flags, { written, isForSentinels: isSentinelTls(named, flags) }, secure),
    secure,
    ...(credentials && { credentials }),
    clientName: flags.name,
    limits: limits(flags),
  }
  const addresses = new AddressMap(flags.map ?? [])
  const announce = flags.announce === undefined ? INVISIBLE : parseAnnouncement(flags.announce)
  const source = named.kind === 'server' ? fixedSource(targetName(template), template) : bySentinels(named, template, addresses, flags)
  const { prefer } = flags
  const preferring = (from: Source) => (prefer === undefined ? from : new PreferredSource(from, prefer as Preference, addresses))
  return {
    // Of a cluster it is the shards that have replicas.
    source: flags.cluster ? source : preferring(source),
    preferring,
    template,
    addresses,
    linkOptions: { announce, ...renamed(flags) },
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

function whoIsNamed(target: string | undefined, flags: ConnectionFlags): Named {
  const { host, port, socket, uri, sentinel, 'master-name': masterName = '' } = flags
  const sentinels = sentinel?.flatMap((one) => one.split(','))
  // An unset variable in a script must not become localhost.
  if ([target, host, socket, uri, ...(sentinels ?? [])].includes('')) throw usageError('The name of the server is empty')
  const named = [target, uri, host ?? port, socket, sentinel].filter((value) => value !== undefined)
  if (named.length > 1) throw usageError('Name the server once: as TARGET, by -u, by -h and -p, by -s, or by --sentinel')
  if (sentinels) return { kind: 'sentinels', sentinels: sentinels.map(withoutScheme), masterName, isTls: false }
  if (socket !== undefined) return { kind: 'server', endpoint: { kind: 'unix', path: socket } }
  return byText(target ?? uri) ?? { kind: 'server', endpoint: { kind: 'tcp', host: bareHost(host), port: port ?? DEFAULT_PORT } }
}

function byText(text: string | undefined): Named | undefined {
  if (text === undefined) return undefined
  const bySentinel = parseSentinelTarget(text)
  return bySentinel ? { kind: 'sentinels', ...bySentinel } : { kind: 'server', ...parseTarget(text) }
}

function withoutScheme(address: string): string {
  if (isLikeUri(address)) throw usageError('--sentinel takes HOST[:PORT]: for a URI there is redis-sentinel://HOST/NAME')
  return address
}

/** Brackets are for an address with a port behind it. */
function bareHost(host = DEFAULT_HOST): string {
  if (isLikeUri(host)) throw usageError('-h takes a host name: a URI is named as TARGET, or by -u')
  return /^\[([^[\]]+)\]$/.exec(host)?.[1] ?? host
}

/** And so may hold a password. */
function isLikeUri(text: string): boolean {
  return /:\/\/|@/.test(text)
}

/** As it can be named again on a command line. */
function targetName({ endpoint }: Access): string {
  if (endpoint.kind === 'unix') return socketName(endpoint.path)
  return endpoint.tls ? `rediss://${endpointName(endpoint)}` : endpointName(endpoint)
}

/** Whether TLS is spoken to Sentinels at least. */
function isSentinelTls({ kind }: Named, flags: ConnectionFlags): boolean {
  return kind === 'sentinels' && flags['sentinel-tls'] === true
}

/** What is for Sentinels, where there are none. */
function refuseNeedless(written: ReadonlySet<string>): void {
  const needless = ['sentinel-user', 'sentinel-pass', 'sentinel-pass-file', 'sentinel-tls'].find((name) => written.has(name))
  if (needless)
    throw usageError(`--${needless} is for Sentinels: name them by redis-sentinel://HOST/NAME, or by --sentinel and --master-name`)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** A name with a space would be two words of the protocol to some proxies. */
function renamed({ 'psync-command': psync, 'sync-command': sync }: ConnectionFlags): Pick<AttachOptions, 'renamed'> {
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
    connectMs: flags['connect-timeout'] * 1000,
    stepMs: flags['step-timeout'] * 1000,
    silenceMs: flags['silence-timeout'] * 1000,
  }
}
