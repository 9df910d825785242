/**
 * The servers that the documentation speaks of, by their names there. They are real; only protected mode, which a server on the
 * loopback interface never shows, is scripted.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Authority, tlsSettings } from '../certificates.ts'
import { startCluster } from '../cluster.ts'
import { FakeMaster } from '../fake-master.ts'
import { inStep, number, writeSteadily } from '../replication.ts'
import { watched } from '../sentinels.ts'
import { freePort, pick, RunningServer } from '../server.ts'

export interface Deployment {
  /** name:port of the documentation → the port on this machine */
  readonly ports: Readonly<Record<string, number>>
  stop(): Promise<void>
}

const redis = () => pick('redis-8.6')

/** A server that announces itself under its name in the documentation. */
async function start(name: string, settings: Record<string, string> = {}): Promise<RunningServer> {
  const announced = { 'replica-announce-ip': name, 'replica-announce-port': '6379' }
  return await RunningServer.start(redis(), { 'repl-diskless-sync-delay': '0', ...announced, ...settings })
}

async function replicaOf(master: RunningServer, name: string, settings: Record<string, string> = {}): Promise<RunningServer> {
  const replica = await start(name, { replicaof: `127.0.0.1 ${master.port}`, ...settings })
  await replica.until('a link to its master', async () => (await replica.info('master_link_status')) === 'up')
  await inStep(master, replica)
  return replica
}

function deployment(servers: Readonly<Record<string, RunningServer>>, before: () => void = () => {}): Deployment {
  const ports = Object.fromEntries(Object.entries(servers).map(([name, { port }]) => [`${name}:6379`, port]))
  return {
    ports,
    stop: async () => {
      before()
      await Promise.all(Object.values(servers).map((server) => server.stop()))
    },
  }
}

/** A user visits a page, 50 times a second. */
function writeVisits(server: RunningServer): () => void {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  let visit = 0
  const timer = setInterval(() => socket.write(`HINCRBY user:${1000 + (visit++ % 1000)} visits 1\r\n`), 20)
  return () => {
    clearInterval(timer)
    socket.destroy()
  }
}

/**
 * db1 has two replicas in sync. db4 and db5 were replicas too, and lost their links: db4 has missed more than the backlog holds, db5 has
 * not. The last full resync comes after that: the stream goes on with a SELECT, so that tail knows the database from its first line.
 */
async function replication(): Promise<Deployment> {
  const master = await start('db1.example')
  await master.cli('DEBUG', 'POPULATE', '1000', 'order', '100')
  const second = await replicaOf(master, 'db2.example')
  const cut = await replicaOf(master, 'db4.example')
  await cut.cli('REPLICAOF', '127.0.0.1', '1')
  await master.cli('EVAL', "redis.call('SET', 'report', string.rep('x', 2000000)) return 1", '0')
  const third = await replicaOf(master, 'db3.example')
  const late = await replicaOf(master, 'db5.example')
  await late.cli('REPLICAOF', '127.0.0.1', '1')
  await inStep(master, second)
  await master.cli('ACL', 'SETUSER', 'repl', 'on', '>secret', '+ping', '+info', '+replconf', '+psync', '+config|get', '+client|list')
  // Full resyncs right after a start would look like a loop.
  await master.cli('CONFIG', 'RESETSTAT')
  const stopWriting = writeVisits(master)
  const replicas = { 'db2.example': second, 'db3.example': third, 'db4.example': cut, 'db5.example': late }
  return deployment({ 'db1.example': master, ...replicas }, stopWriting)
}

/** new was promoted while old still took a write. */
async function failover(): Promise<Deployment> {
  const old = await start('old.example')
  const promoted = await replicaOf(old, 'new.example')
  await old.cli('SET', 'order:16', 'paid')
  await inStep(old, promoted)
  await promoted.cli('REPLICAOF', 'NO', 'ONE')
  await old.cli('SET', 'order:17', 'paid')
  await promoted.cli('SET', 'order:18', 'paid')
  return deployment({ 'old.example': old, 'new.example': promoted })
}

/** It never had a replica, so it keeps no backlog. */
async function development(): Promise<Deployment> {
  return deployment({ 'dev.example': await start('dev.example') })
}

/** A master with a password, and a replica that does not have it. */
async function password(): Promise<Deployment> {
  const master = await start('pw.example', { requirepass: 'secret' })
  const replica = await start('lost.example', { replicaof: `127.0.0.1 ${master.port}`, requirepass: 'secret' })
  return deployment({ 'pw.example': master, 'lost.example': replica })
}

/** It cuts its replica at the output buffer limit in each full resync, as in test/integration/resync-loop.test.ts. */
async function loop(): Promise<Deployment> {
  const master = await start('lp.example', {
    'rdb-key-save-delay': '20',
    'repl-backlog-size': '64kb',
    'client-output-buffer-limit': 'replica 1mb 1mb 1',
    'repl-rdb-channel': 'no',
  })
  await master.cli('DEBUG', 'POPULATE', '10000', 'k', '100')
  const stopWriting = writeSteadily(master, 5000, 1000)
  const replica = await start('looping.example', { replicaof: `127.0.0.1 ${master.port}`, 'repl-rdb-channel': 'no' })
  await master.until('three full resyncs', async () => (await number(master, 'sync_full')) >= 3, 60_000)
  return deployment({ 'lp.example': master, 'looping.example': replica }, stopWriting)
}

/** It loads its keys, one each 20 ms. */
async function loading(): Promise<Deployment> {
  const server = await start('ld.example', { 'key-load-delay': '20000', 'loading-process-events-interval-bytes': '1024' })
  await server.cli('DEBUG', 'POPULATE', '20000', 'k', '1000')
  const reload = server.cli('DEBUG', 'RELOAD').catch(() => 'stopped before its end')
  await server.until('loading', async () => (await server.cli('PING')).startsWith('LOADING'))
  const { ports, stop } = deployment({ 'ld.example': server })
  return { ports, stop: async () => void (await Promise.all([stop(), reload])) }
}

/** The replica announces an address that only its own host can reach. */
async function nat(): Promise<Deployment> {
  const master = await start('nat.example')
  const replica = await replicaOf(master, '127.0.0.1', { 'replica-announce-port': '1' })
  await master.cli('SET', 'order:1', 'paid')
  await inStep(master, replica)
  return deployment({ 'nat.example': master, 'inner.example': replica })
}

async function cluster(): Promise<Deployment> {
  const running = await startCluster(redis())
  const ports = Object.fromEntries(running.all.map(({ port }, index) => [`n${index + 1}.example:6379`, port]))
  const [first] = running.masters as readonly [RunningServer]
  return { ports: { ...ports, 'node1.example:6379': first.port }, stop: () => running.stop() }
}

async function sentinel(): Promise<Deployment> {
  const running = await watched(redis(), 3)
  await running.ready()
  const ports = Object.fromEntries(running.sentinels.map(({ port }, index) => [`s${index + 1}.example:26379`, port]))
  const servers = { 'm1.example:6379': running.master.port, 'm2.example:6379': running.replica.port }
  return { ports: { ...ports, ...servers }, stop: () => running.stop() }
}

/** The certificate of its authority is ca.pem in the folder of the lines. */
async function encrypted(folder: string): Promise<Deployment> {
  const authority = await Authority.create('docs')
  const port = await freePort()
  const settings = tlsSettings(port, await authority.issue('server', 'DNS:tls.example'), authority)
  const server = await start('tls.example', { ...settings, 'tls-auth-clients': 'no' })
  await writeFile(join(folder, 'ca.pem'), await readFile(authority.cert))
  const stop = async () => {
    await server.stop()
    await authority.remove()
  }
  return { ports: { 'tls.example:6379': port }, stop }
}

async function protectedMode(): Promise<Deployment> {
  const denial = '-DENIED Redis is running in protected mode because protected mode is enabled.\r\n'
  const master = await FakeMaster.start({}, { bytes: denial, close: true })
  return { ports: { 'open.example:6379': Number(master.target.split(':')[1]) }, stop: async () => master.stop() }
}

/** By the names that a line says. Servers that do not announce themselves have names of ten letters: as long as 127.0.0.1 and a port. */
export const DEPLOYMENTS: Readonly<Record<string, { readonly names: RegExp; start(folder: string): Promise<Deployment> }>> = {
  replication: { names: /\bdb[1-5]\.example\b|@prod\b/, start: replication },
  failover: { names: /\b(old|new)\.example\b/, start: failover },
  development: { names: /\bdev\.example\b/, start: development },
  password: { names: /\b(pw|lost)\.example\b/, start: password },
  loop: { names: /\b(lp|looping)\.example\b/, start: loop },
  loading: { names: /\bld\.example\b/, start: loading },
  nat: { names: /\b(nat|inner)\.example\b/, start: nat },
  cluster: { names: /\b(n[1-6]|node1)\.example\b/, start: cluster },
  sentinel: { names: /\bs[1-3]\.example\b/, start: sentinel },
  tls: { names: /\btls\.example\b/, start: encrypted },
  protected: { names: /\bopen\.example\b/, start: protectedMode },
}
