/** A socket that is pulled: nothing is read from the kernel until the last chunk has been used. */
import { createConnection, type NetConnectOpts, type Socket } from 'node:net'
import { ReplError } from '../errors.ts'

export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** As a person would write it; carries no credentials. */
export function endpointName(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix://${endpoint.path}`
  return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`
}

/** One reused buffer: a payload of any size passes through this much memory. */
const READ_BUFFER_BYTES = 1024 * 1024

/**
 * `read` gives the next chunk, a view that is valid until the next read, or undefined at the end of the stream.
 * @throws ReplError TIMEOUT after limitMs without a byte, LINK_LOST on a reset, ABORTED by the signal.
 */
export class Transport {
  readonly endpoint: Endpoint
  readonly #socket: Socket
  #chunk: Buffer | undefined
  #ended = false
  #failure: ReplError | undefined
  #wake: (() => void) | undefined

  private constructor(endpoint: Endpoint, signal: AbortSignal, readBuffer: Buffer) {
    this.endpoint = endpoint
    this.#socket = createConnection({
      ...(endpoint.kind === 'tcp' ? { host: endpoint.host, port: endpoint.port } : { path: endpoint.path }),
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes: number, buffer: Uint8Array) => {
          this.#chunk = Buffer.from(buffer.buffer, buffer.byteOffset, bytes)
          this.#wake?.()
          return false // pauses the socket: the buffer is in use until the next read
        },
      },
    } as NetConnectOpts)
    this.#socket.on('end', () => this.#settle(() => (this.#ended = true)))
    this.#socket.on('close', () => this.#settle(() => (this.#ended = true)))
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#settle(() => (this.#failure ??= lost(error))))
    const onAbort = () => this.#settle(() => (this.#failure = new ReplError('ABORTED')))
    signal.addEventListener('abort', onAbort)
    this.#socket.once('close', () => signal.removeEventListener('abort', onAbort))
  }

  /** @throws ReplError MASTER_UNREACHABLE, TIMEOUT or ABORTED. */
  static async connect(endpoint: Endpoint, limitMs: number, signal: AbortSignal): Promise<Transport> {
    if (signal.aborted) throw new ReplError('ABORTED')
    const transport = new Transport(endpoint, signal, Buffer.allocUnsafeSlow(READ_BUFFER_BYTES))
    const where = { endpoint: endpointName(endpoint), state: 'CONNECTING' }
    try {
      await transport.#connected(limitMs)
      return transport
    } catch (error) {
      transport.close()
      throw error instanceof ReplError ? error.with(where) : unreachable(error as NodeJS.ErrnoException, where)
    }
  }

  async #connected(limitMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new ReplError('TIMEOUT', { reason: 'CONNECT', limitMs })), limitMs)
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.#wake = undefined
        settle()
      }
      this.#wake = () => this.#failure?.code === 'ABORTED' && finish(() => reject(this.#failure))
      this.#socket.once('connect', () => finish(resolve))
      this.#socket.once('error', (error) => finish(() => reject(error)))
    })
  }

  /** Our own end, as the server's CLIENT LIST shows it. */
  get localName(): string {
    const { localAddress, localPort } = this.#socket
    return localAddress ? endpointName({ kind: 'tcp', host: localAddress, port: localPort ?? 0 }) : 'a unix socket'
  }

  /** The address that was really connected to, for a name that has several. */
  get remoteName(): string {
    const { remoteAddress, remotePort } = this.#socket
    return remoteAddress ? endpointName({ kind: 'tcp', host: remoteAddress, port: remotePort ?? 0 }) : endpointName(this.endpoint)
  }

  write(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  async read(limitMs: number): Promise<Buffer | undefined> {
    if (this.#chunk === undefined && !this.#isOver()) {
      this.#socket.resume()
      await this.#something(limitMs)
    }
    // What was received before the link broke is still delivered.
    const chunk = this.#chunk
    this.#chunk = undefined
    if (chunk) return chunk
    if (this.#failure) throw this.#failure.with({ endpoint: endpointName(this.endpoint) })
    return undefined
  }

  close(): void {
    this.#socket.destroy()
  }

  async #something(limitMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new ReplError('TIMEOUT', { reason: 'SILENCE', limitMs })), limitMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    }).finally(() => {
      this.#wake = undefined
    })
  }

  #isOver(): boolean {
    return this.#ended || this.#failure !== undefined
  }

  #settle(change: () => void): void {
    change()
    this.#wake?.()
  }
}

function lost(error: NodeJS.ErrnoException): ReplError {
  return new ReplError('LINK_LOST', { reason: 'RESET', errno: error.code ?? error.message }, error)
}

const UNREACHABLE: Record<string, string> = {
  ECONNREFUSED: 'REFUSED',
  ENOTFOUND: 'UNKNOWN_HOST',
  EAI_AGAIN: 'UNKNOWN_HOST',
  ENOENT: 'NO_SOCKET',
  EACCES: 'SOCKET_DENIED',
}

function unreachable(error: NodeJS.ErrnoException, where: { endpoint: string; state: string }): ReplError {
  // A name with several addresses fails with an AggregateError that carries the first one's code.
  const errno = error.code ?? 'UNKNOWN'
  return new ReplError('MASTER_UNREACHABLE', { ...where, reason: UNREACHABLE[errno] ?? 'OTHER', errno }, error)
}
