/** The proof of the whole: what was received, loaded and replayed elsewhere, is the master's data, whatever happened to the link. */
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Installed } from '../../scripts/server-cache.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { inStep, number, pair } from '../helpers/replication.ts'
import { RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { type Kinds, kindsOf, LIBRARY, mixedWrites, pipe } from '../helpers/workload.ts'

const ROUNDS = 26
const WRITES_A_ROUND = 4000
const FAILOVER_IN = 13

/** No PING: the offset stands still when the writes do. */
const SETTINGS = { 'repl-backlog-size': '64mb', 'repl-ping-replica-period': '3600', 'client-output-buffer-limit': 'replica 0 0 0' }

/** An empty server with this RDB. */
async function loaded(installed: Installed, rdb: string): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-repl-server-'))
  await copyFile(rdb, join(folder, 'dump.rdb'))
  const server = await RunningServer.start(installed, {}, { folder })
  await server.until('loading', async () => (await server.info('loading')) === '0')
  return server
}

/** Writes, breaks the link in every way there is, and fails over. @returns how often a server ended the link */
async function breakAndWrite(proxy: TcpProxy, master: RunningServer, replica: RunningServer, kinds: Kinds): Promise<number> {
  let server = master
  let killed = 0
  for (let round = 0; round < ROUNDS; round++) {
    if (round === FAILOVER_IN) {
      await inStep(master, replica)
      await replica.cli('REPLICAOF', 'NO', 'ONE')
      proxy.lead(replica.port)
      proxy.cut()
      server = replica
    }
    const links = server === master ? '2' : '1'
    await server.until('being followed', async () => (await server.info('connected_slaves')) === links)
    if (round % 4 === 3) killed += Number(await server.cli('CLIENT', 'KILL', 'TYPE', 'replica')) > 0 ? 1 : 0
    else proxy.cutAfter(1 + Math.floor(Math.random() * 100_000))
    await pipe(server, mixedWrites(round + 2, WRITES_A_ROUND, kinds))
    // The next link, or INFO beside it, breaks already in the handshake, or soon after.
    proxy.cutAfter(1 + Math.floor(Math.random() * 10_000))
  }
  return killed
}

for (const installed of servers()) {
  describe(`tail of ${installed.id} over a link that breaks`, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    it('misses nothing and doubles nothing: RDB and commands together are the data of the master', { timeout: 300_000 }, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'redis-repl-tail-'))
      running.push({ stop: () => rm(folder, { recursive: true, force: true }) })
      const [rdb, stream] = [join(folder, 'base.rdb'), join(folder, 'stream.resp')]
      const [master, replica] = await pair(installed, SETTINGS)
      running.push(master, replica)
      await replica.cli('CONFIG', 'SET', 'repl-backlog-size', '67108864')
      await replica.cli('CONFIG', 'SET', 'repl-ping-replica-period', '3600')
      const proxy = await TcpProxy.start(master.port)
      running.push(proxy)
      const kinds = await kindsOf(master)
      if (kinds.functions) await master.cli('FUNCTION', 'LOAD', LIBRARY)
      await pipe(master, mixedWrites(1, 2000, kinds))

      const tail = new Tailing([proxy.target, '--from', 'snapshot', '--rdb', rdb, '--format', 'resp'], stream)
      running.push({ stop: () => tail.end('SIGKILL') })
      await tail.following()
      const killed = await breakAndWrite(proxy, master, replica, kinds)
      const server = replica
      assert.ok(killed + proxy.cuts >= 20, `${killed} links killed and ${proxy.cuts} cut`)

      // Nothing follows the last write then.
      await server.cli('DEBUG', 'SET-ACTIVE-EXPIRE', '0')
      await server.cli('SET', 'the-end', 'the end')
      await server.until('the end of the output', async () => (await readFile(stream)).subarray(-9).toString() === 'the end\r\n')
      assert.equal(await tail.end('SIGINT'), 0, tail.err)
      assert.deepEqual(tail.last, { offset: await number(server, 'master_repl_offset'), replid: await server.info('master_replid') })
      await server.cli('DEBUG', 'SET-ACTIVE-EXPIRE', '1')

      const copy = await loaded(installed, rdb)
      running.push(copy)
      await pipe(copy, await readFile(stream))
      // What is about to expire may be gone in one and not yet in the other.
      await copy.until('the same digest', async () => (await copy.cli('DEBUG', 'DIGEST')) === (await server.cli('DEBUG', 'DIGEST')))
      assert.notEqual(await copy.cli('DEBUG', 'DIGEST'), '0'.repeat(40))
    })
  })
}
