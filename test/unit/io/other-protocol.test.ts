/** The look for the other protocol, TLS or clear text, at a port that says nothing. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { ReplError } from '../../../src/errors.ts'
import type { Endpoint } from '../../../src/io/endpoint.ts'
import { speaksClearText, speaksTls } from '../../../src/io/other-protocol.ts'
import { connectSocket } from '../../../src/io/socket-link.ts'

let server: Server
let sockets: Socket[]
let endpoint: Extract<Endpoint, { kind: 'tcp' }>
beforeEach(async () => {
  // Only the signal ends a look.
  mock.timers.enable({ apis: ['setTimeout'] })
  sockets = []
  server = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  endpoint = { kind: 'tcp', host: '127.0.0.1', port: (server.address() as { port: number }).port }
})
afterEach(() => {
  mock.timers.reset()
  for (const socket of sockets) socket.destroy()
  server.close()
})

const isAborted = (error: unknown) => error instanceof ReplError && error.code === 'ABORTED'

for (const speaks of [speaksTls, speaksClearText]) {
  test(`${speaks.name} ends when the signal fires`, { timeout: 20_000 }, async () => {
    const stop = new AbortController()
    const looked = speaks(endpoint, stop.signal)
    looked.catch(() => {})
    const [probe] = (await once(server, 'connection')) as [Socket]
    const gone = once(probe.resume(), 'close')
    stop.abort('test')
    await assert.rejects(looked, isAborted)
    await gone
  })
}

test('a link: a read that looks for TLS is ABORTED when the signal fires', { timeout: 20_000 }, async () => {
  const stop = new AbortController()
  server.once('connection', (socket) => socket.end())
  const link = await connectSocket(endpoint, { limitMs: 5000 }, stop.signal)
  const read = link.read(5000)
  read.catch(() => {})
  await once(server, 'connection')
  stop.abort('test')
  await assert.rejects(read, isAborted)
  link.close()
})

test('a link: a connection with TLS that looks for clear text is ABORTED when the signal fires', { timeout: 20_000 }, async () => {
  const stop = new AbortController()
  server.once('connection', (socket) => socket.once('data', () => socket.destroy()))
  const secure = { ...endpoint, tls: { context: createSecureContext(), isVerified: true } }
  const connected = connectSocket(secure, { limitMs: 5000 }, stop.signal)
  connected.catch(() => {})
  await once(server, 'connection')
  await once(server, 'connection')
  stop.abort('test')
  await assert.rejects(connected, isAborted)
})
