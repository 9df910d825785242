/** A TCP proxy in front of a real server. It can rewrite, cut, delay or redirect connections. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A slow link delivers the bytes of this interval in one chunk. */
const TRICKLE_MS = 50

export class TcpProxy {
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  /** The servers that new connections reach in turn. */
  #ports: readonly number[]
  #connections = 0
  /** How many more bytes pass before the connection that carries the last of them is cut. */
  #left = Number.POSITIVE_INFINITY
  /** The delay of each chunk from the server. */
  #delayMs = 0
  /** The rate limit of bytes from the server. */
  #bytesPerSecond = Number.POSITIVE_INFINITY
  #isClosed = false
  cuts = 0
  /** How long each chunk was actually held back since slow(), in milliseconds: timers are late on a busy machine. */
  held: number[] = []

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#ports = [port]
  }

  /** @param rewrite gets each chunk from the server, and must keep its length where the protocol announces lengths */
  static async start(port: number, rewrite: (chunk: Buffer) => Buffer = (chunk) => chunk): Promise<TcpProxy> {
    const server = createServer()
    const proxy = new TcpProxy(server, port)
    server.on('connection', (client) => proxy.#connect(client, rewrite))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get target(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  /** Connections so far. */
  get connections(): number {
    return this.#connections
  }

  /** Sends new connections to these ports in turn, as a load balancer does. */
  lead(...ports: readonly number[]): void {
    this.#ports = ports
  }

  /** Cuts the connection right after the n-th byte from now on, even inside a command. */
  cutAfter(bytes: number): void {
    this.#left = bytes
  }

  /** Cuts every connection now. */
  cut(): void {
    for (const client of this.#clients) client.destroy()
    this.cuts += 1
  }

  /** Applies from now on, including to open connections. */
  slow({ delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY }: { readonly delayMs?: number; readonly bytesPerSecond?: number }): void {
    this.#delayMs = delayMs
    this.held = []
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Cuts every connection and refuses new ones until open(). */
  close(): void {
    this.#isClosed = true
    this.cut()
  }

  open(): void {
    this.#isClosed = false
  }

  stop(): void {
    this.#server.close()
    for (const client of this.#clients) client.destroy()
  }

  #connect(client: Socket, rewrite: (chunk: Buffer) => Buffer): void {
    if (this.#isClosed) {
      client.destroy()
      return
    }
    const upstream = connect(this.#ports[this.#connections++ % this.#ports.length] as number, '127.0.0.1')
    this.#clients.add(client)
    client.pipe(upstream)
    let queue: Promise<unknown> = Promise.resolve()
    let nextAt = 0
    upstream.on('data', (chunk) => {
      const arrivedAt = performance.now()
      if (this.#delayMs > 0) {
        const due = arrivedAt + this.#delayMs
        queue = queue.then(() => sleep(Math.max(0, due - performance.now())))
      }
      const isTrickle = Number.isFinite(this.#bytesPerSecond)
      // Read no faster than the client receives, so that the server sees backpressure.
      if (isTrickle) upstream.pause()
      queue = queue.then(async () => {
        this.held.push(performance.now() - arrivedAt)
        const bytes = rewrite(chunk)
        if (isTrickle) nextAt = await this.#trickle(client, upstream, bytes, nextAt)
        else this.#forward(client, upstream, bytes)
      })
    })
    upstream.on('close', () => client.destroySoon())
    client.on('close', () => upstream.destroy())
    client.on('close', () => this.#clients.delete(client))
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
  }

  /** @param nextAt when the connection may send again. @returns that time after this chunk, so that a late timer changes no rate */
  async #trickle(client: Socket, upstream: Socket, chunk: Buffer, nextAt: number): Promise<number> {
    let next = Math.max(nextAt, performance.now() - TRICKLE_MS)
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + Math.max(1, Math.ceil((this.#bytesPerSecond * TRICKLE_MS) / 1000)))
      this.#forward(client, upstream, part)
      at += part.length
      next += (part.length / this.#bytesPerSecond) * 1000
      await sleep(Math.max(0, next - performance.now()))
    }
    upstream.resume()
    return next
  }

  #forward(client: Socket, upstream: Socket, chunk: Buffer): void {
    const room = this.#left
    this.#left -= chunk.length
    if (chunk.length < room) {
      if (!client.write(chunk) && !upstream.isPaused()) {
        upstream.pause()
        client.once('drain', () => upstream.resume())
      }
      return
    }
    this.#left = Number.POSITIVE_INFINITY
    this.cuts += 1
    client.write(chunk.subarray(0, room))
    client.destroySoon()
    upstream.destroy()
  }
}
