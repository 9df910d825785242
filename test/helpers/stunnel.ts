/** A real stunnel that ends TLS in front of servers without it. One port leads to the service whose name the client asks for by SNI. */
import type { TestContext } from 'node:test'
import type { Pair } from './certificates.ts'
import { startDaemon } from './daemon.ts'
import { freePort, type RunningServer } from './server.ts'

export interface Service {
  /** The name that a client asks for by SNI. */
  readonly name: string
  readonly certificate: Pair
  readonly server: RunningServer
}

/** @param first gets the clients that ask for no name, or for one that no service has. @returns the port of all services */
export async function startStunnel(context: TestContext, first: Service, ...others: Service[]): Promise<number> {
  const port = await freePort()
  const service = ({ certificate, server }: Service) => [
    `cert = ${certificate.cert}`,
    `key = ${certificate.key}`,
    `connect = ${server.target}`,
  ]
  const config = ['foreground = yes', 'pid =', '[first]', `accept = 127.0.0.1:${port}`, ...service(first)]
  for (const [index, other] of others.entries()) config.push(`[other${index}]`, `sni = first:${other.name}`, ...service(other))
  await startDaemon(context, { id: 'stunnel4', args: (path) => [path], config, port })
  return port
}
