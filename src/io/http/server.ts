/** A small HTTP server for pages that are always at hand. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errnoOf, ReplError } from '../../errors.ts'
import { endpointName } from '../endpoint.ts'

/** A client that sends its request more slowly is disconnected. */
const REQUEST_LIMIT_MS = 10_000

export interface ListenAddress {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

export interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

export interface HttpServer {
  /** With the port that was opened. */
  readonly url: string
  /** Disconnects all clients. */
  close(): void
}

/**
 * @param pageAt called once per request; undefined becomes status 404
 * @throws ReplError LISTEN
 */
export async function serveHttp({ host, port }: ListenAddress, pageAt: (path: string) => Page | undefined): Promise<HttpServer> {
  const limits = { requestTimeout: REQUEST_LIMIT_MS, headersTimeout: REQUEST_LIMIT_MS }
  const server = createServer(limits, ({ method = '', url = '' }, response) => {
    if (method !== 'GET' && method !== 'HEAD') send(response.setHeader('Allow', 'GET, HEAD'), plainPage(405, 'only GET and HEAD'))
    else send(response, pageAt(url.replace(/\?.*$/s, '')) ?? plainPage(404, 'no such page'))
  })
  try {
    await listen(server, { host, port })
  } catch (error) {
    throw new ReplError('LISTEN', { address: endpointName({ kind: 'tcp', host, port }), port, errno: errnoOf(error) }, error)
  }
  const address = server.address() as AddressInfo
  return {
    url: `http://${endpointName({ kind: 'tcp', host, port: address.port })}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** @param text one line */
export function plainPage(status: number, text: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` }
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Node leaves the body out of the answer to HEAD. */
function send(response: ServerResponse, { status, type, body }: Page): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body)
}
