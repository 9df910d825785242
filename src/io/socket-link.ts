/** A socket as a link. It reads nothing from the kernel until the last chunk has been used. */
import type { Socket } from 'node:net'
import { abortError, errnoOf, ReplError, stopIfAborted } from '../errors.ts'
import { isTlsError, tlsFailure } from './certificate.ts'
import { dial } from './dial.ts'
import { dialledName, type Endpoint, endpointName } from './endpoint.ts'
import type { Connect, Link, Room } from './link.ts'
import { onAbort } from './on-abort.ts'
import { speaksTls } from './other-protocol.ts'

/** The size of the reused buffer. A large one spreads the fixed cost of a read, and of waking both ends, over many bytes. */
export const READ_BUFFER_BYTES = 1024 * 1024

/** @see Link */
class SocketLink implements Link {
  readonly rttMs: number
  readonly #endpoint: Endpoint
  readonly #socket: Socket
  readonly #inbox: Inbox
  readonly #signal: AbortSignal
  #ended = false
  #hasReceived = false
  #failure: ReplError | undefined
  /** One timer for all reads: there are thousands per second. */
  #timer: NodeJS.Timeout | undefined
  #timerMs = 0

  constructor(endpoint: Endpoint, socket: Socket, rttMs: number, inbox: Inbox, signal: AbortSignal) {
    this.#endpoint = endpoint
    this.rttMs = rttMs
    this.#socket = socket
    this.#inbox = inbox
    this.#signal = signal
    socket.removeAllListeners('error')
    socket.on('end', () => this.#settle(() => (this.#ended = true)))
    socket.on('close', () => this.#settle(() => (this.#ended = true)))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#settle(() => (this.#failure ??= linkError(error, endpoint))))
    const removeListener = onAbort(signal, () => this.#settle(() => (this.#failure = abortError(signal))))
    socket.once('close', removeListener)
  }

  get localName(): string {
    const { localAddress, localPort } = this.#socket
    return localAddress ? endpointName({ kind: 'tcp', host: localAddress, port: localPort ?? 0 }) : 'a unix socket'
  }

  get remoteName(): string {
    const { remoteAddress, remotePort } = this.#socket
    return remoteAddress ? endpointName({ kind: 'tcp', host: remoteAddress, port: remotePort ?? 0 }) : endpointName(this.#endpoint)
  }

  get received(): number {
    return this.#inbox.received
  }

  readInto(room: Room | undefined): void {
    this.#inbox.room = room ?? noRoom
  }

  write(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  async read(limitMs: number): Promise<Buffer | undefined> {
    if (this.#inbox.chunk === undefined && !this.#isOver()) {
      this.#socket.resume()
      await this.#waitForData(limitMs)
    }
    // A chunk received before the link broke is still delivered.
    const { chunk } = this.#inbox
    this.#inbox.chunk = undefined
    if (chunk) {
      this.#hasReceived = true
      return chunk
    }
    await this.#judgeSilentEnd()
    if (this.#failure) throw this.#failure.with({ endpoint: endpointName(this.#endpoint) })
    return undefined
  }

  /** A server that closes the connection after our first command may require TLS: it only logs the reason. */
  async #judgeSilentEnd(): Promise<void> {
    const endpoint = this.#endpoint
    if (this.#hasReceived || endpoint.kind === 'unix' || endpoint.tls || this.#failure?.code === 'ABORTED') return
    this.#hasReceived = true
    if (await speaksTls(endpoint, this.#signal)) this.#failure = new ReplError('TLS')
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#socket.destroy()
  }

  async #waitForData(limitMs: number): Promise<void> {
    const inbox = this.#inbox
    await new Promise<void>((resolve, reject) => {
      inbox.wake = resolve
      inbox.giveUp = () => reject(new ReplError('SILENCE', { limitMs }))
      this.#arm(limitMs)
    }).finally(() => {
      inbox.wake = inbox.giveUp = undefined
      this.#timer?.unref()
    })
  }

  /** The timer may fire when no read is waiting: then it has no effect, and does not keep the process alive. */
  #arm(limitMs: number): void {
    if (this.#timer && this.#timerMs === limitMs) {
      this.#timer.ref().refresh()
      return
    }
    clearTimeout(this.#timer)
    this.#timerMs = limitMs
    this.#timer = setTimeout(() => this.#expire(this.#inbox.giveUp), limitMs)
  }

  /** On a busy machine the bytes may be there already: timers run before sockets are read, and setImmediate after that. */
  #expire(giveUp: (() => void) | undefined): void {
    setImmediate(() => {
      if (this.#inbox.giveUp === giveUp) giveUp?.()
    })
  }

  #isOver(): boolean {
    return this.#ended || this.#failure !== undefined
  }

  #settle(change: () => void): void {
    change()
    this.#inbox.wake?.()
  }
}

function noRoom(): undefined {}

/** The only Connect for real servers. */
export const connectSocket: Connect = async (endpoint, { limitMs, note = () => {}, memory }, signal) => {
  stopIfAborted(signal)
  const own = memory ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
  const inbox: Inbox = { received: 0, room: noRoom, chunk: undefined, wake: undefined, giveUp: undefined }
  const callback = (bytes: number, into: Uint8Array) => {
    inbox.received += bytes
    inbox.chunk = Buffer.from(into.buffer, into.byteOffset, bytes)
    inbox.wake?.()
    return false // pauses the socket: the memory is in use until the next read
  }
  try {
    const { socket, rttMs } = await dial(endpoint, limitMs, { buffer: () => inbox.room(inbox.received) ?? own, callback }, signal, note)
    return new SocketLink(endpoint, socket, rttMs, inbox, signal)
  } catch (error) {
    throw error instanceof ReplError ? error.with({ endpoint: dialledName(endpoint), state: 'CONNECTING' }) : error
  }
}

function linkError(error: NodeJS.ErrnoException, endpoint: Endpoint): ReplError {
  // A TLS 1.3 server checks our certificate after the handshake has finished on our side.
  if (isTlsError(error)) return tlsFailure(error, { endpoint: endpointName(endpoint) })
  return new ReplError('RESET', { errno: errnoOf(error) }, error)
}

/** The chunk that was received but not read yet, and the callbacks of a waiting read. */
interface Inbox {
  /** Total bytes. */
  received: number
  /** Called for the next read as soon as the bytes of one read have arrived. */
  room: Room
  chunk: Buffer | undefined
  wake: (() => void) | undefined
  giveUp: (() => void) | undefined
}
