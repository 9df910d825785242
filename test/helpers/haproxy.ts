/** A real HAProxy in front of real servers, in TCP mode. */
import type { TestContext } from 'node:test'
import { startDaemon } from './daemon.ts'
import { freePort } from './server.ts'

/**
 * @param servers the backend, in this order @param lines more lines of its section, such as `balance source`
 * @returns the target that leads through it
 */
export async function startHaproxy(
  context: TestContext,
  servers: readonly { readonly target: string }[],
  ...lines: string[]
): Promise<string> {
  const port = await freePort()
  const backend = servers.map(({ target }, index) => `server s${index} ${target} ${checks(lines)}`)
  const config = ['defaults', 'mode tcp', 'timeout connect 2s', 'timeout client 1h', 'timeout server 1h']
  config.push('listen redis', `bind 127.0.0.1:${port}`, ...lines, ...backend)
  await startDaemon(context, { id: 'haproxy', args: (path) => ['-db', '-f', path], config, port })
  return `127.0.0.1:${port}`
}

/** The lines that select the master by its own INFO, as HAProxy is usually set up for Redis. */
export const MASTER_ONLY = [
  'option tcp-check',
  'tcp-check connect',
  'tcp-check send PING\\r\\n',
  'tcp-check expect string +PONG',
  'tcp-check send info\\ replication\\r\\n',
  'tcp-check expect string role:master',
  'tcp-check send QUIT\\r\\n',
  'tcp-check expect string +OK',
]

function checks(lines: readonly string[]): string {
  return lines.includes('option tcp-check') ? 'check inter 100ms fall 1 rise 1 on-marked-down shutdown-sessions' : ''
}
