/** Connects a socket to an endpoint: looks up the name, tries its addresses in turn, and completes the TLS handshake. */
import { lookup } from 'node:dns/promises'
import { createConnection, isIP, type NetConnectOpts, type Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { abortError, errnoOf, ignoreFailure, type Reason, ReplError } from '../errors.ts'
import { type Certificate, certificateOf, tlsFailure } from './certificate.ts'
import { after, now } from './clock.ts'
import { certificateName, dialledName, type Endpoint, endpointName, isDiallable, type TcpEndpoint } from './endpoint.ts'
import { onAbort } from './on-abort.ts'
import { speaksClearText } from './other-protocol.ts'

/** A step of connecting; `ms` is its duration. */
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
      /** Why the certificate is not trusted. */
      readonly distrust?: string
      readonly isVerified: boolean
    }

/** How bytes are read from the socket: see net.connect, onread. */
export type OnRead = NonNullable<Extract<NetConnectOpts, { onread?: unknown }>['onread']>

export interface DialResult {
  readonly socket: Socket
  /** The duration of the TCP connect, without the name lookup and TLS. */
  readonly rttMs: number
}

/**
 * @param note called for each step, even if dialling fails in the end
 * @throws ReplError MASTER_UNREACHABLE, TLS_FAILED, TIMEOUT, ABORTED; TRY_LATER (NO_ADDRESS) for an incomplete address
 */
export async function dial(
  endpoint: Endpoint,
  limitMs: number,
  onread: OnRead,
  signal: AbortSignal,
  note: (step: DialStep) => void,
): Promise<DialResult> {
  const deadline = now() + limitMs
  if (endpoint.kind === 'unix') return await reachSocket(endpoint, limitMs, onread, signal)
  if (!isDiallable(endpoint)) throw new ReplError('NO_ADDRESS', { endpoint: endpointName(endpoint), state: 'CONNECTING' })
  const addresses = await resolve(endpoint, limitMs, signal, note)
  let failure: unknown
  for (const [index, address] of addresses.entries()) {
    const startedAt = now()
    // Each address gets a share of the remaining time, so that one that drops packets does not use it all.
    const shareMs = Math.max(1, (deadline - now()) / (addresses.length - index))
    try {
      return await reach({ ...endpoint, address }, shareMs, deadline, onread, signal, note)
    } catch (error) {
      if (error instanceof ReplError && (error.code === 'ABORTED' || error.code === 'TLS_FAILED')) throw error
      failure = error
      if (addresses.length > 1) note({ type: 'unreached', ms: now() - startedAt, address, errno: codeOf(error) })
    }
  }
  throw failure instanceof ReplError ? failure : unreachable(failure, endpoint, addresses)
}

async function reachSocket(
  endpoint: Extract<Endpoint, { kind: 'unix' }>,
  limitMs: number,
  onread: OnRead,
  signal: AbortSignal,
): Promise<DialResult> {
  try {
    return await openSocket(() => createConnection({ path: endpoint.path, onread } as NetConnectOpts), limitMs, signal)
  } catch (error) {
    throw error instanceof ReplError ? error : unreachable(error, endpoint, [])
  }
}

type TcpTarget = TcpEndpoint & { readonly address: string }

async function reach(
  to: TcpTarget,
  shareMs: number,
  deadline: number,
  onread: OnRead,
  signal: AbortSignal,
  note: (step: DialStep) => void,
): Promise<DialResult> {
  const { address, port, tls } = to
  const options = { host: address, port, noDelay: true, onread } as NetConnectOpts
  if (!tls) return await openSocket(() => createConnection(options), shareMs, signal)
  const { checkServerIdentity, connect: connectTls } = process.getBuiltinModule('node:tls') // loading takes 3 ms
  const name = certificateName(to)
  // SNI does not allow IP addresses, but the certificate is still checked against the address.
  const identityCheck = isIP(name)
    ? { checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(name, cert) }
    : { servername: name }
  // `secure` judges the certificate later, when it can be shown.
  const withTls = { ...options, secureContext: tls.context, rejectUnauthorized: false, ...identityCheck }
  const dialled = await openSocket(() => connectTls(withTls), shareMs, signal)
  await secure(to, dialled.socket as TLSSocket, Math.max(1, deadline - now()), signal, note)
  return dialled
}

/** @throws ReplError TLS_FAILED if the handshake fails or the certificate is not trusted, TIMEOUT, ABORTED */
async function secure(
  to: TcpTarget,
  socket: TLSSocket,
  limitMs: number,
  signal: AbortSignal,
  note: (step: DialStep) => void,
): Promise<void> {
  const startedAt = now()
  await completeHandshake(to, socket, limitMs, signal)
  const serverName = certificateName(to)
  const { isVerified = true } = to.tls ?? {}
  const distrust = socket.authorized ? undefined : String(socket.authorizationError)
  const certificate = certificateOf(socket)
  const trust = { ...(certificate && { certificate }), ...(distrust && { distrust }) }
  const session = { protocol: socket.getProtocol() ?? '', cipher: socket.getCipher().name }
  note({ type: 'secured', ms: now() - startedAt, ...session, serverName, ...trust, isVerified })
  if (!distrust || !isVerified) return
  socket.destroy()
  throw tlsFailure({ code: distrust }, { endpoint: dialledName(to), state: 'CONNECTING' }, { serverName, certificate })
}

async function completeHandshake(to: TcpTarget, socket: TLSSocket, limitMs: number, signal: AbortSignal): Promise<void> {
  // waitForEvent reports an abort, so the probe need not.
  const stop = after(SILENT_MS, () => void suspectClearText(to, socket, signal).catch(ignoreFailure))
  try {
    await waitForEvent(socket, 'secureConnect', limitMs, signal)
  } catch (error) {
    socket.destroy()
    const failure = tlsFailure(error, { endpoint: dialledName(to), state: 'CONNECTING' })
    const isOpen = UNCLEAR.includes(failure.details.reason) && (await speaksClearText(to, signal))
    throw isOpen ? clearText(to) : failure
  } finally {
    stop()
  }
}

/** Failures that a port without TLS may cause. */
const UNCLEAR: readonly Reason[] = ['NOT_TLS', 'TLS_CLOSED', 'TLS_OTHER']
/** After this time without a byte, we suspect clear text: such a Redis waits for the end of a line, which our greeting lacks. */
const SILENT_MS = 500

async function suspectClearText(to: TcpTarget, socket: Socket, signal: AbortSignal): Promise<void> {
  if (socket.bytesRead === 0 && (await speaksClearText(to, signal))) socket.destroy(clearText(to))
}

function clearText(to: TcpTarget): ReplError {
  return new ReplError('CLEAR_TEXT', { endpoint: dialledName(to), state: 'CONNECTING' })
}

async function resolve(
  { host, port, family, address }: TcpEndpoint,
  limitMs: number,
  signal: AbortSignal,
  note: (step: DialStep) => void,
): Promise<string[]> {
  if (address !== undefined) return [address]
  if (isIP(host)) {
    if (family === undefined || isIP(host) === family) return [host]
    throw new ReplError('WRONG_FAMILY', { endpoint: endpointName({ kind: 'tcp', host, port }), family })
  }
  const startedAt = now()
  const where = { endpoint: endpointName({ kind: 'tcp', host, port }), state: 'CONNECTING' }
  const found = lookup(host, { all: true, family: family ?? 0, verbatim: true }).catch((error) => {
    throw new ReplError('UNKNOWN_HOST', { ...where, errno: errnoOf(error) }, error)
  })
  const addresses = (await withTimeout(found, limitMs, signal, 'LOOKUP')).map(({ address }) => address)
  const distinct = [...new Set(addresses)]
  note({ type: 'lookup', ms: now() - startedAt, host, addresses: distinct })
  return distinct
}

async function openSocket(open: () => Socket, limitMs: number, signal: AbortSignal): Promise<DialResult> {
  const startedAt = now()
  const socket = open()
  try {
    await waitForEvent(socket, 'connect', limitMs, signal)
    return { socket, rttMs: now() - startedAt }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function waitForEvent(socket: Socket, event: 'connect' | 'secureConnect', limitMs: number, signal: AbortSignal): Promise<void> {
  const outcome = new Promise<void>((done, fail) => {
    socket.once(event, done)
    socket.once('error', fail)
  })
  await withTimeout(outcome, limitMs, signal)
}

/** @throws ReplError TIMEOUT (with that reason) or ABORTED, or whatever the work throws */
async function withTimeout<T>(
  work: Promise<T>,
  limitMs: number,
  signal: AbortSignal,
  reason: 'CONNECT' | 'LOOKUP' = 'CONNECT',
): Promise<T> {
  work.catch(() => {}) // it may fail after the race is over
  let timer: NodeJS.Timeout | undefined
  let removeListener = () => {}
  const end = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new ReplError(reason, { limitMs: Math.round(limitMs) })), limitMs)
    removeListener = onAbort(signal, () => fail(abortError(signal)))
  })
  try {
    return await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
    removeListener()
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
  const name = dialledName(endpoint)
  const all = addresses.length > 1 ? `${name} (${addresses.join(', ')})` : name
  return new ReplError(reason, { endpoint: all, state: 'CONNECTING', errno }, error)
}

function codeOf(error: unknown): string {
  return error instanceof ReplError ? error.code : errnoOf(error)
}
