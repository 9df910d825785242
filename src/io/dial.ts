/** From an endpoint to a socket that is ready: the name is looked up, its addresses are tried in turn, TLS is spoken. */
import { lookup } from 'node:dns/promises'
import { createConnection, isIP, type NetConnectOpts, type Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { abortedBy, errnoOf, ignoreFailure, type Reason, ReplError } from '../errors.ts'
import { type Certificate, certificateOf, tlsFailure } from './certificate.ts'
import { after, now } from './clock.ts'
import { type Endpoint, endpointName } from './endpoint.ts'
import { onAbort } from './on-abort.ts'
import { speaksClearText } from './other-protocol.ts'

/** What happened on the way; `ms` is how long it took. */
export type DialStep =
  | { readonly type: 'lookup'; readonly ms: number; readonly host: string; readonly addresses: readonly string[] }
  | { readonly type: 'unreached'; readonly ms: number; readonly address: string; readonly errno: string }
  | {
      readonly type: 'secured'
      readonly ms: number
      readonly protocol: string
      readonly cipher: string
      readonly serverName: string
      readonly certificate?: Certificate
      /** Why the certificate would not do. */
      readonly distrust?: string
      readonly isVerified: boolean
    }

/** How bytes are taken from the socket: see net.connect, onread. */
export type OnRead = NonNullable<Extract<NetConnectOpts, { onread?: unknown }>['onread']>

export interface Dialled {
  readonly socket: Socket
  /** Until the TCP connection, without the lookup and without TLS. */
  readonly rttMs: number
}

/**
 * @param note told of each step, also when it fails in the end
 * @throws ReplError MASTER_UNREACHABLE, TLS_FAILED, TIMEOUT, ABORTED
 */
export async function dial(
  endpoint: Endpoint,
  limitMs: number,
  onread: OnRead,
  signal: AbortSignal,
  note: (step: DialStep) => void,
): Promise<Dialled> {
  const deadline = now() + limitMs
  if (endpoint.kind === 'unix') return await reachSocket(endpoint, limitMs, onread, signal)
  const addresses = await resolve(endpoint, limitMs, signal, note)
  let failure: unknown
  for (const [index, address] of addresses.entries()) {
    const asked = now()
    // A share of what is left, so that one that drops packets does not use it all up.
    const shareMs = Math.max(1, (deadline - now()) / (addresses.length - index))
    try {
      return await reach({ ...endpoint, address }, shareMs, deadline, onread, signal, note)
    } catch (error) {
      if (error instanceof ReplError && (error.code === 'ABORTED' || error.code === 'TLS_FAILED')) throw error
      failure = error
      if (addresses.length > 1) note({ type: 'unreached', ms: now() - asked, address, errno: wordFor(error) })
    }
  }
  throw failure instanceof ReplError ? failure : unreachable(failure, endpoint, addresses)
}

async function reachSocket(
  endpoint: Extract<Endpoint, { kind: 'unix' }>,
  limitMs: number,
  onread: OnRead,
  signal: AbortSignal,
): Promise<Dialled> {
  try {
    return await timed(() => createConnection({ path: endpoint.path, onread } as NetConnectOpts), limitMs, signal)
  } catch (error) {
    throw error instanceof ReplError ? error : unreachable(error, endpoint, [])
  }
}

type Reached = Extract<Endpoint, { kind: 'tcp' }> & { readonly address: string }

async function reach(
  to: Reached,
  shareMs: number,
  deadline: number,
  onread: OnRead,
  signal: AbortSignal,
  note: (step: DialStep) => void,
): Promise<Dialled> {
  const { address, port, tls, host } = to
  const options = { host: address, port, noDelay: true, onread } as NetConnectOpts
  if (!tls) return await timed(() => createConnection(options), shareMs, signal)
  const { checkServerIdentity, connect: connectTls } = process.getBuiltinModule('node:tls') // 3 ms of the start of those who need it
  const name = tls.serverName ?? host
  // SNI has no addresses; what the certificate is for is compared all the same.
  const asked = isIP(name)
    ? { checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(name, cert) }
    : { servername: name }
  // What is wrong with a certificate is judged below, when it can be shown.
  const withTls = { ...options, secureContext: tls.context, rejectUnauthorized: false, ...asked }
  const dialled = await timed(() => connectTls(withTls), shareMs, signal)
  await secure(to, dialled.socket as TLSSocket, Math.max(1, deadline - now()), signal, note)
  return dialled
}

/** @throws ReplError TLS_FAILED for a handshake that fails, and for a certificate that will not do */
async function secure(to: Reached, socket: TLSSocket, limitMs: number, signal: AbortSignal, note: (step: DialStep) => void): Promise<void> {
  const asked = now()
  await shakeHands(to, socket, limitMs, signal)
  const { serverName = to.host, isVerified = true } = to.tls ?? {}
  const distrust = socket.authorized ? undefined : String(socket.authorizationError)
  const certificate = certificateOf(socket)
  const seen = { ...(certificate && { certificate }), ...(distrust && { distrust }) }
  const session = { protocol: socket.getProtocol() ?? '', cipher: socket.getCipher().name }
  note({ type: 'secured', ms: now() - asked, ...session, serverName, ...seen, isVerified })
  if (!distrust || !isVerified) return
  socket.destroy()
  throw tlsFailure({ code: distrust }, { endpoint: endpointName(to), state: 'CONNECTING' }, { serverName, certificate })
}

async function shakeHands(to: Reached, socket: TLSSocket, limitMs: number, signal: AbortSignal): Promise<void> {
  const stop = after(SILENT_MS, () => void suspectClearText(to, socket, signal).catch(ignoreFailure)) // settled() hears the signal too
  try {
    await settled(socket, 'secureConnect', limitMs, signal)
  } catch (error) {
    socket.destroy()
    const failure = tlsFailure(error, { endpoint: endpointName(to), state: 'CONNECTING' })
    const isOpen = UNCLEAR.includes(failure.details.reason) && (await speaksClearText(to, signal))
    throw isOpen ? clearText(to) : failure
  } finally {
    stop()
  }
}

/** What a port without TLS may end in. */
const UNCLEAR: readonly Reason[] = ['NOT_TLS', 'TLS_CLOSED', 'TLS_OTHER']
/** A Redis in clear text waits for the end of a line that our greeting is not. */
const SILENT_MS = 500

async function suspectClearText(to: Reached, socket: Socket, signal: AbortSignal): Promise<void> {
  if (socket.bytesRead === 0 && (await speaksClearText(to, signal))) socket.destroy(clearText(to))
}

function clearText(to: Reached): ReplError {
  return new ReplError('CLEAR_TEXT', { endpoint: endpointName(to), state: 'CONNECTING' })
}

async function resolve(
  { host, port, family }: Extract<Endpoint, { kind: 'tcp' }>,
  limitMs: number,
  signal: AbortSignal,
  note: (step: DialStep) => void,
): Promise<string[]> {
  if (isIP(host)) {
    if (family === undefined || isIP(host) === family) return [host]
    throw new ReplError('WRONG_FAMILY', { endpoint: endpointName({ kind: 'tcp', host, port }), family })
  }
  const asked = now()
  const where = { endpoint: endpointName({ kind: 'tcp', host, port }), state: 'CONNECTING' }
  const found = lookup(host, { all: true, family: family ?? 0, verbatim: true }).catch((error) => {
    throw new ReplError('UNKNOWN_HOST', { ...where, errno: errnoOf(error) }, error)
  })
  const addresses = (await within(found, limitMs, signal, 'LOOKUP')).map(({ address }) => address)
  const distinct = [...new Set(addresses)]
  note({ type: 'lookup', ms: now() - asked, host, addresses: distinct })
  return distinct
}

async function timed(open: () => Socket, limitMs: number, signal: AbortSignal): Promise<Dialled> {
  const asked = now()
  const socket = open()
  try {
    await settled(socket, 'connect', limitMs, signal)
    return { socket, rttMs: now() - asked }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function settled(socket: Socket, event: 'connect' | 'secureConnect', limitMs: number, signal: AbortSignal): Promise<void> {
  const happened = new Promise<void>((done, fail) => {
    socket.once(event, done)
    socket.once('error', fail)
  })
  await within(happened, limitMs, signal)
}

/** @throws ReplError TIMEOUT (of that reason) or ABORTED besides its own failures */
async function within<T>(work: Promise<T>, limitMs: number, signal: AbortSignal, reason: 'CONNECT' | 'LOOKUP' = 'CONNECT'): Promise<T> {
  work.catch(() => {}) // may fail when nobody waits for it any more
  let timer: NodeJS.Timeout | undefined
  let forget = () => {}
  const end = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new ReplError(reason, { limitMs: Math.round(limitMs) })), limitMs)
    forget = onAbort(signal, () => fail(abortedBy(signal)))
  })
  try {
    return await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
    forget()
  }
}

const UNREACHABLE: Readonly<Record<string, 'CONNECTION_REFUSED' | 'NO_SOCKET' | 'SOCKET_DENIED'>> = {
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ENOENT: 'NO_SOCKET',
  EACCES: 'SOCKET_DENIED',
}

function unreachable(error: unknown, endpoint: Endpoint, addresses: readonly string[]): ReplError {
  const errno = errnoOf(error)
  const isOrphan = endpoint.kind === 'unix' && errno === 'ECONNREFUSED'
  const reason = isOrphan ? 'SOCKET_REFUSED' : (UNREACHABLE[errno] ?? 'UNREACHABLE')
  const name = endpointName(endpoint)
  const all = addresses.length > 1 ? `${name} (${addresses.join(', ')})` : name
  return new ReplError(reason, { endpoint: all, state: 'CONNECTING', errno }, error)
}

function wordFor(error: unknown): string {
  return error instanceof ReplError ? error.code : errnoOf(error)
}
