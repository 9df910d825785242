/** Replicas that are cut in each full resync: lag and psync name the loop, what cuts it, and the setting that ends it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import type { Installed } from '../../scripts/server-cache.ts'
import { lag, number, writeSteadily } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, pick, RunningServer, servers } from '../helpers/server.ts'

/** On Redis 8 a replica with a channel of its own buffers the stream itself, so that its master has nothing to cut. */
function oneChannel({ id }: Installed): Record<string, string> {
  return id.startsWith('redis-8') ? { 'repl-rdb-channel': 'no' } : {}
}

/** A master whose full resync takes about a second, and which writes 5 MB in that time. */
async function busyMaster(installed: Installed, limit: string, more: Record<string, string> = {}) {
  const master = await RunningServer.start(installed, {
    'repl-diskless-sync-delay': '0',
    'rdb-key-save-delay': '20',
    'repl-backlog-size': '64kb',
    'client-output-buffer-limit': limit,
    ...oneChannel(installed),
    ...more,
  })
  return master
}

async function fill(server: RunningServer): Promise<void> {
  await server.cli('DEBUG', 'POPULATE', '10000', 'k', '100')
}

async function loopingReplica(master: RunningServer, leader = master): Promise<RunningServer> {
  const replica = await RunningServer.start(master.installed, { replicaof: `127.0.0.1 ${master.port}`, ...oneChannel(master.installed) })
  await leader.until('three full resyncs', async () => (await number(master, 'sync_full')) >= 3, 60_000)
  return replica
}

// biome-ignore lint/suspicious/noExplicitAny: checked against its schema
function assertHardLimit(loop: any, master: RunningServer, replica: RunningServer): void {
  assert.equal(loop.master, master.target)
  assert.deepEqual(loop.replicas, [replica.target])
  assert.ok(loop.fullResyncs >= 2, JSON.stringify(loop))
  assert.equal(loop.cause, 'hard-limit')
  assert.ok(loop.bufferBytes > 300_000, JSON.stringify(loop))
  assert.match(loop.text, /^RESYNC LOOP: .*hard limit 1,048,576 bytes/)
  assert.deepEqual(loop.remedy.commands, ['CONFIG SET client-output-buffer-limit "replica 256mb 256mb 60"'])
}

describe('a replica that is cut at the output buffer limit in each full resync', { concurrency: 1 }, () => {
  for (const installed of servers()) {
    it(`heads what lag and psync say, with status 1, on ${installed.id}`, async (context) => {
      const master = await busyMaster(installed, 'replica 1mb 1mb 1')
      context.after(() => master.stop())
      await fill(master)
      context.after(writeSteadily(master, 5000, 1000))
      const replica = await loopingReplica(master)
      context.after(() => replica.stop())
      const { status, json } = await lag(master.target)
      assert.equal(status, 1)
      assertHardLimit(json.resyncLoops[0], master, replica)
      const asked = await cli(['psync', master.target, '--from-replica', replica.target, '--json'])
      assert.equal(asked.status, 1, asked.out + asked.err)
      assertHardLimit((assertSchema(asked.out, 'psync') as { resyncLoop: unknown }).resyncLoop, master, replica)
    })
  }

  it('is the first line of every format, and a fault of a check', async (context) => {
    const master = await busyMaster(pick('redis-7.0'), 'replica 1mb 1mb 1')
    context.after(() => master.stop())
    await fill(master)
    context.after(writeSteadily(master, 5000, 1000))
    const replica = await loopingReplica(master)
    context.after(() => replica.stop())
    const text = await cli(['lag', replica.target])
    assert.match(text.out, /^LOOP: 127\.0\.0\.1:\d+ began \d+\s+full\s+resyncs/)
    assert.match(text.out, /^ {4}CONFIG SET client-output-buffer-limit "replica 256mb 256mb 60"$/m)
    assert.equal(text.status, 1)
    const watch = await cli(['lag', master.target, '--watch', '--count', '4'])
    assert.match(watch.out, /^\S+Z master=\S+ event=resync-loop text="RESYNC LOOP: /m)
    assert.equal(watch.status, 1)
    const nagios = await cli(['lag', master.target, '--format', 'nagios'])
    assert.match(nagios.out, /^REPLICATION CRITICAL - RESYNC LOOP: .*client-output-buffer-limit/)
    assert.equal(nagios.status, 2)
    const prometheus = await cli(['lag', master.target, '--format', 'prometheus'])
    assert.match(prometheus.out, /^redis_repl_resync_loop\{[^}]*\} 1$/m)
    assert.equal(prometheus.status, 1)
    const check = await cli(['lag', master.target, '--min-replicas', '0'])
    assert.match(check.out, /^LOOP: /)
    const psync = await cli(['psync', master.target, '--from-replica', replica.target, '--explain'])
    assert.match(psync.out, /^LOOP: /)
    assert.equal(psync.status, 1)
    // It sizes the buffer by the same function.
    const full = await cli(['psync', master.target, '--full'])
    assert.match(full.err, /client-output-buffer-limit "replica\s+256mb\s+256mb\s+60"/)
  })

  it('is found below a replica that has replicas of its own', async (context) => {
    const installed = pick('valkey-9.1')
    const top = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
    context.after(() => top.stop())
    await fill(top)
    const middle = await busyMaster(installed, 'replica 1mb 1mb 1', { replicaof: `127.0.0.1 ${top.port}` })
    context.after(() => middle.stop())
    await middle.until('a link', async () => (await middle.info('master_link_status')) === 'up')
    context.after(writeSteadily(top, 5000, 1000))
    const replica = await loopingReplica(middle)
    context.after(() => replica.stop())
    const { status, json } = await lag(top.target)
    assert.equal(status, 1)
    assertHardLimit(json.resyncLoops[0], middle, replica)
  })

  it('fails no --expect about another replica, and comes first all the same', async (context) => {
    const master = await busyMaster(pick('redis-7.0'), 'replica 0 0 0')
    context.after(() => master.stop())
    await fill(master)
    const healthy = await RunningServer.start(master.installed, { replicaof: `127.0.0.1 ${master.port}` })
    context.after(() => healthy.stop())
    await healthy.until('a link', async () => (await healthy.info('master_link_status')) === 'up')
    await master.cli('CONFIG', 'SET', 'client-output-buffer-limit', 'replica 1mb 1mb 1')
    context.after(writeSteadily(master, 5000, 1000))
    const replica = await loopingReplica(master)
    context.after(() => replica.stop())
    const ask = (...more: string[]) => cli(['psync', master.target, '--from-replica', healthy.target, ...more])
    let expected = await ask('--expect', 'continue')
    // The backlog is small, so that the loop goes on: on a busy machine the position may be older by the time it is asked for.
    for (let again = 0; again < 5 && !/^PARTIAL /m.test(expected.out); again++) expected = await ask('--expect', 'continue')
    assert.match(expected.out, /^LOOP: .*\nPARTIAL: /s)
    assert.deepEqual([expected.status, (await ask()).status], [0, 1])
  })

  it('is named without its cause for a user that may not ask for CONFIG and CLIENT LIST', async (context) => {
    const master = await busyMaster(pick('redis-7.0'), 'replica 1mb 1mb 1')
    context.after(() => master.stop())
    await fill(master)
    context.after(writeSteadily(master, 5000, 1000))
    const replica = await loopingReplica(master)
    context.after(() => replica.stop())
    await master.cli('ACL', 'SETUSER', 'lowly', 'on', '>secret', '+ping', '+info')
    const { status, json } = await lag(`redis://lowly:secret@${master.target}`)
    assert.deepEqual([status, json.resyncLoops[0].cause], [1, 'unseen'])
    assert.doesNotMatch(await master.cli('ACL', 'LOG'), /client\|list/)
  })
})

it('a soft limit that cuts is named with its time', async (context) => {
  const master = await busyMaster(pick('redis-7.0'), 'replica 0 300kb 1', { 'rdb-key-save-delay': '400' })
  context.after(() => master.stop())
  await fill(master)
  context.after(writeSteadily(master, 2000, 1000))
  const replica = await loopingReplica(master)
  context.after(() => replica.stop())
  const { json } = await lag(master.target, '--sample', '8s')
  assert.equal(json.resyncLoops[0].cause, 'soft-limit')
  assert.match(json.resyncLoops[0].text, /soft limit 307,200 bytes for 1 s/)
})

/** Passes the first bytes of each connection from the server, and then nothing more. */
async function stalling(port: number, bytes: number): Promise<{ port: number; stop: () => void }> {
  const sockets: Socket[] = []
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    sockets.push(client, upstream)
    client.pipe(upstream)
    let left = bytes
    upstream.on('data', (chunk) => {
      client.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) upstream.pause()
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { port: (server.address() as { port: number }).port, stop }
}

it('a replica that gives up after its own repl-timeout each time is named with that', async (context) => {
  const installed = pick('redis-7.0')
  const master = await RunningServer.start(installed, { 'repl-diskless-sync': 'no', rdbcompression: 'no' })
  context.after(() => master.stop())
  // More than fits into the buffers of the sockets: the master is still sending when the replica gives up.
  await master.cli('DEBUG', 'POPULATE', '10000', 'k', '3000')
  const proxy = await stalling(master.port, 100_000)
  context.after(proxy.stop)
  const replica = await RunningServer.start(installed, { replicaof: `127.0.0.1 ${proxy.port}`, 'repl-timeout': '2' })
  context.after(() => replica.stop())
  await master.until('two full resyncs', async () => (await number(master, 'sync_full')) >= 2)
  const { status, json } = await lag(master.target)
  assert.equal(status, 1)
  const [loop] = json.resyncLoops
  assert.deepEqual([loop.cause, loop.timeoutMs, loop.remedy.commands], ['timeout', 2000, ['CONFIG SET repl-timeout 60']])
  assert.match(loop.text, /The replica disconnects after about 2 s, its repl-timeout/)
})

it('a replica that cannot load the RDB leaves by itself: its version is named, and no setting is advised', async (context) => {
  const master = await RunningServer.start(pick('redis-7.0'), { 'repl-diskless-sync-delay': '0' })
  context.after(() => master.stop())
  await fill(master)
  const replica = await RunningServer.start(pick('redis-6.0'), { replicaof: `127.0.0.1 ${master.port}` })
  context.after(() => replica.stop())
  await master.until('two full resyncs', async () => (await number(master, 'sync_full')) >= 2)
  const { status, json } = await lag(master.target, '--sample', '15s')
  assert.deepEqual([status, json.resyncLoops[0]?.cause, json.resyncLoops[0]?.remedy], [1, 'left', null])
  const asked = await cli(['psync', master.target, '--from-replica', replica.target, '--sample', '15', '--json'])
  const { resyncLoop } = assertSchema(asked.out, 'psync') as { resyncLoop: { cause: string; remedy: object | null; text: string } }
  assert.deepEqual([asked.status, resyncLoop.cause, resyncLoop.remedy], [1, 'left', null])
  assert.match(resyncLoop.text, /runs redis 7\.0\.\d+, and 127\.0\.0\.1:\d+ runs redis 6\.0\.\d+: a replica that is older/)
  assert.doesNotMatch(resyncLoop.text, /\+config|\+client/)
})

/** A full resync as redis-cli --rdb takes it: the client is listed without a port, if at all. */
async function dump(server: RunningServer): Promise<void> {
  const socket = connect(server.port, '127.0.0.1')
  socket.write('SYNC\r\n')
  await once(socket, 'data')
  socket.destroy()
}

it('dumps by other tools are no loop of the replica that is there', async (context) => {
  const master = await RunningServer.start(pick('redis-7.0'), { 'repl-diskless-sync-delay': '0' })
  context.after(() => master.stop())
  const replica = await RunningServer.start(master.installed, { replicaof: `127.0.0.1 ${master.port}` })
  context.after(() => replica.stop())
  await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up')
  const measured = lag(master.target, '--sample', '4s')
  for (let count = 1; count <= 4; count++) {
    await dump(master)
    await master.until('the next fork', async () => (await number(master, 'sync_full')) > count)
  }
  const { status, json } = await measured
  assert.deepEqual([status, json.resyncLoops], [0, []])
})

it('links that break and come back by partial resyncs are counted', async (context) => {
  const master = await RunningServer.start(pick('redis-8.6'), { 'repl-diskless-sync-delay': '0' })
  context.after(() => master.stop())
  const replica = await RunningServer.start(master.installed, { replicaof: `127.0.0.1 ${master.port}` })
  context.after(() => replica.stop())
  await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up')
  let isOver = false
  const measured = lag(master.target, '--sample', '6s').finally(() => {
    isOver = true
  })
  for (let count = 1; !isOver; count++) {
    await master.cli('CLIENT', 'KILL', 'TYPE', 'replica')
    await master.until('a partial resync', async () => (await number(master, 'sync_partial_ok')) >= count)
  }
  const { status, json } = await measured
  assert.equal(status, 0)
  const { code, text } = json.advice.find((advice: { code: string }) => advice.code === 'LINKS_BREAK')
  assert.equal(code, 'LINKS_BREAK')
  assert.match(text, /granted \d+ partial resyncs in/)
})

describe('replicas that join', { concurrency: 1 }, () => {
  for (const installed of oldestNewestAndValkey()) {
    it(`are no loop on ${installed.id}, and psync of one of them has none`, async (context) => {
      const master = await busyMaster(installed, 'replica 0 0 0')
      context.after(() => master.stop())
      await fill(master)
      const measured = lag(master.target, '--sample', '5s')
      const replicas = await Promise.all([1, 2].map(() => RunningServer.start(installed, { replicaof: `127.0.0.1 ${master.port}` })))
      for (const replica of replicas) context.after(() => replica.stop())
      const { status, json } = await measured
      assert.deepEqual([status, json.resyncLoops], [0, []])
      const [first] = replicas
      const asked = await cli(['psync', master.target, '--from-replica', first?.target ?? '', '--json'])
      assert.deepEqual([asked.status, (assertSchema(asked.out, 'psync') as { resyncLoop: unknown }).resyncLoop], [0, null])
    })
  }
})
