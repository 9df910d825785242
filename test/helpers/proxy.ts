/** A TCP proxy in front of a real server, to change what it says on the way. */
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'

export class TcpProxy {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** `rewrite` sees each chunk from the server; it must keep its length where lengths are announced. */
  static async start(port: number, rewrite: (chunk: Buffer) => Buffer): Promise<TcpProxy> {
    const server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1')
      client.pipe(upstream)
      upstream.on('data', (chunk) => client.write(rewrite(chunk)))
      upstream.on('close', () => client.destroy())
      client.on('close', () => upstream.destroy())
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server)
  }

  get target(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  stop(): void {
    this.#server.close()
  }
}
