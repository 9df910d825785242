/** The second connection, which opens with the first question. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import type { Access } from '../../../../src/engine/ask/access.ts'
import { Informant } from '../../../../src/engine/ask/informant.ts'
import { FakeMaster } from '../../../helpers/fake-master.ts'

let master: FakeMaster | undefined
afterEach(() => master?.stop())

function accessTo(port: number): Access {
  return {
    endpoint: { kind: 'tcp', host: '127.0.0.1', port },
    clientName: 'test',
    limits: { connectMs: 5000, stepMs: 5000, silenceMs: 5000 },
  } as Access
}

test('Informant: two first questions at once share one connection, and both are answered', async () => {
  master = await FakeMaster.start({ CONFIG: '*2\r\n$17\r\nrepl-backlog-size\r\n$1\r\n7\r\n' })
  const informant = new Informant(accessTo(Number(master.target.split(':')[1])), new AbortController().signal)
  const [info, setting] = await Promise.all([informant.info(), informant.ask('CONFIG', 'GET', 'repl-backlog-size')])
  informant.close()
  assert.equal(info?.fields.get('role'), 'master')
  assert.deepEqual(setting, ['repl-backlog-size', '7'])
  assert.equal(informant.unavailable, undefined)
  assert.equal(master.connections, 1)
})

test('Informant: one that is closed while it connects leaves no connection', { timeout: 20_000 }, async (context) => {
  const server = createServer().listen(0, '127.0.0.1')
  context.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const informant = new Informant(accessTo(port), new AbortController().signal)
  const connected = once(server, 'connection')
  const info = informant.info()
  const [socket] = (await connected) as [Socket]
  context.after(() => socket.destroy())
  informant.close()
  socket.on('error', () => {})
  socket.on('data', () => socket.write('+OK\r\n')) // also to CLIENT SETNAME, so that it is open
  await once(socket, 'close')
  assert.equal(await info, undefined)
})
