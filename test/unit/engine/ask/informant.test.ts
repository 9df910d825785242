/** The second connection, which opens with the first question. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Access } from '../../../../src/engine/ask/access.ts'
import { Denied } from '../../../../src/engine/ask/denied.ts'
import { Informant, isRefusal } from '../../../../src/engine/ask/informant.ts'
import type { ReplError } from '../../../../src/errors.ts'
import { FakeMaster } from '../../../helpers/fake-master.ts'
import { TcpProxy } from '../../../helpers/proxy.ts'

let master: FakeMaster | undefined
afterEach(() => master?.stop())

function portOf(target: string): number {
  return Number(target.split(':')[1])
}

function accessTo(port: number): Access {
  return {
    endpoint: { kind: 'tcp', host: '127.0.0.1', port },
    clientName: 'test',
    limits: { connectMs: 5000, stepMs: 5000, silenceMs: 5000 },
  } as Access
}

test('Informant: two first questions at once share one connection, and both are answered', async () => {
  master = await FakeMaster.start({ CONFIG: '*2\r\n$17\r\nrepl-backlog-size\r\n$1\r\n7\r\n' })
  const informant = new Informant(accessTo(portOf(master.target)), new AbortController().signal)
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

test('Informant: a connection that breaks is replaced, and what was asked before still is an event', async (context) => {
  master = await FakeMaster.start()
  const proxy = await TcpProxy.start(portOf(master.target))
  context.after(() => proxy.stop())
  const informant = new Informant(accessTo(portOf(proxy.target)), new AbortController().signal)
  context.after(() => informant.close())
  assert.ok(await informant.info())
  proxy.cut()
  const both = await Promise.all([informant.info(), informant.ask('CONFIG', 'GET', 'save')])
  assert.ok(both[0])
  assert.deepEqual(both[1], [])
  assert.equal(informant.unavailable, undefined)
  assert.equal(master.connections, 2)
  assert.deepEqual(
    informant.takeEvents().map(({ sent }) => sent[0]),
    ['CLIENT', 'INFO', 'CLIENT', 'INFO', 'CONFIG'],
  )
})

test('Informant: a question that breaks the connection is asked twice and no more, and the failure says so', async () => {
  master = await FakeMaster.start({ INFO: { close: true } })
  const informant = new Informant(accessTo(portOf(master.target)), new AbortController().signal)
  assert.equal(await informant.info(), undefined)
  informant.close()
  assert.equal(master.received.filter(([name]) => name === 'INFO').length, 2)
  assert.equal(informant.unavailable?.details.reason, 'CLOSED')
  assert.equal(isRefusal(informant.unavailable as ReplError), false)
})

test('Informant: a refusal is a refusal on any connection', async () => {
  master = await FakeMaster.start({ INFO: "-NOPERM this user has no permissions to run the 'info' command\r\n" })
  const informant = new Informant(accessTo(portOf(master.target)), new AbortController().signal)
  assert.equal(await informant.info(), undefined)
  assert.deepEqual(await informant.ask('CONFIG', 'GET', 'save'), [])
  informant.close()
  assert.equal(informant.unavailable?.code, 'NO_PERMISSION')
  assert.equal(isRefusal(informant.unavailable as ReplError), true)
})

test('Informant: a password that was refused is not tried again', async () => {
  master = await FakeMaster.start({ AUTH: '-WRONGPASS invalid username-password pair or user is disabled.\r\n' })
  const access = { ...accessTo(portOf(master.target)), credentials: { password: 'x' } }
  const informant = new Informant(access, new AbortController().signal)
  for (const _ of [1, 2, 3]) assert.equal(await informant.info(), undefined)
  informant.close()
  assert.equal(master.connections, 1)
  assert.equal(informant.unavailable?.code, 'AUTH_FAILED')
})

test('Informant: a server without a free slot is named as such', async () => {
  master = await FakeMaster.start({ CLIENT: { bytes: '-ERR max number of clients reached\r\n', close: true } })
  const informant = new Informant(accessTo(portOf(master.target)), new AbortController().signal)
  assert.equal(await informant.info(), undefined)
  informant.close()
  assert.equal(informant.unavailable?.details.reason, 'MAX_CLIENTS')
})

test('Informant: an idle connection is kept alive, which no event shows', { timeout: 20_000 }, async (context) => {
  master = await FakeMaster.start()
  const informant = new Informant(accessTo(portOf(master.target)), new AbortController().signal, new Denied(), 5)
  context.after(() => informant.close())
  await informant.info()
  while (pings() < 2) await sleep(5)
  assert.ok(await informant.info())
  assert.equal(master.connections, 1)
  assert.ok(informant.takeEvents().every(({ sent }) => sent[0] !== 'PING'))
})

test('Informant: a refused PING is not repeated', { timeout: 20_000 }, async (context) => {
  master = await FakeMaster.start({ PING: "-NOPERM this user has no permissions to run the 'ping' command\r\n" })
  const informant = new Informant(accessTo(portOf(master.target)), new AbortController().signal, new Denied(), 5)
  context.after(() => informant.close())
  await informant.info()
  while (pings() < 1) await sleep(5)
  await sleep(50)
  assert.equal(pings(), 1)
})

function pings(): number {
  return master?.received.filter(([name]) => name === 'PING').length ?? 0
}
