/** A TCP proxy in front of a real server: to change what it says on the way, to cut it short, and to lead elsewhere. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class TcpProxy {
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  #port: number
  /** Bytes to go until the connection that brings the last of them is cut. */
  #left = Number.POSITIVE_INFINITY
  cuts = 0

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
  }

  /** `rewrite` sees each chunk from the server; it must keep its length where lengths are announced. */
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

  /** New connections lead there. */
  lead(port: number): void {
    this.#port = port
  }

  /** The connection that brings the n-th byte from now on ends behind it, wherever in a command that is. */
  cutAfter(bytes: number): void {
    this.#left = bytes
  }

  /** Every connection ends now. */
  cut(): void {
    for (const client of this.#clients) client.destroy()
    this.cuts += 1
  }

  stop(): void {
    this.#server.close()
    for (const client of this.#clients) client.destroy()
  }

  #connect(client: Socket, rewrite: (chunk: Buffer) => Buffer): void {
    const upstream = connect(this.#port, '127.0.0.1')
    this.#clients.add(client)
    client.pipe(upstream)
    upstream.on('data', (chunk) => this.#forward(client, upstream, rewrite(chunk)))
    upstream.on('close', () => client.destroySoon())
    client.on('close', () => upstream.destroy())
    client.on('close', () => this.#clients.delete(client))
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
  }

  #forward(client: Socket, upstream: Socket, chunk: Buffer): void {
    const room = this.#left
    this.#left -= chunk.length
    if (chunk.length < room) {
      if (!client.write(chunk)) {
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
