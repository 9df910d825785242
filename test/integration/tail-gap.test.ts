/** Histories that cannot be continued, and the beginnings of those that can: nothing is ever missing in silence. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, inStep, number, pair, syncCounters } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

const CONFIG = { 'repl-diskless-sync-delay': '0', 'repl-backlog-size': '100000', 'repl-ping-replica-period': '3600' }
const NOWHERE = 1
/** How near to the oldest byte nothing is asked for where a refusal would fork. */
const EDGE_BYTES = 65_536

for (const installed of servers()) {
  describe(`tail of ${installed.id} where history is gone`, { concurrency: true }, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    async function master(): Promise<RunningServer> {
      const server = await RunningServer.start(installed, CONFIG)
      running.push(server)
      await activateBacklog(server)
      return server
    }

    /** Shows one command, loses its link, and finds more written meanwhile than the backlog holds. */
    async function overrun(...args: string[]): Promise<{ tail: Tailing; server: RunningServer; lost: number; live: number }> {
      const server = await master()
      const proxy = await TcpProxy.start(server.port)
      const tail = new Tailing([proxy.target, '--format', 'json', ...args]).read()
      running.push(proxy, { stop: () => tail.end('SIGKILL') })
      await tail.following()
      await server.cli('SET', 'first', '1')
      await tail.says(/"first"/)
      const lost = await number(server, 'master_repl_offset')
      proxy.lead(NOWHERE)
      proxy.cut()
      await tail.says(/Retrying/)
      for (let index = 0; index < 5; index++) await server.cli('SET', 'missed', 'x'.repeat(50_000))
      const live = await number(server, 'master_repl_offset')
      proxy.lead(server.port)
      return { tail, server, lost, live }
    }

    it('ends with status 9 and the offset that it had', async () => {
      const { tail, lost } = await overrun()
      assert.equal(await tail.end(), 9, tail.err)
      assert.equal(tail.last.offset, lost)
      assert.match(tail.err, /error GAP: /)
      assert.doesNotMatch(tail.out, /missed/)
    })

    it('with --on-gap skip continues at the live end, and a record says what is missing', async () => {
      const { tail, server, lost, live } = await overrun('--on-gap', 'skip')
      await tail.says(/"gap"/)
      const { full } = await syncCounters(server)
      await server.cli('SET', 'last', '1')
      await tail.says(/"last"/)
      assert.equal(await tail.end('SIGINT'), 0)
      const lines = tail.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      assert.deepEqual(
        lines.map(({ type }) => type),
        ['attached', 'command', 'gap', 'attached', 'command', 'end'],
      )
      const replid = await server.info('master_replid')
      const { text: _, ...gap } = lines[2]
      assert.deepEqual(gap, { type: 'gap', reason: 'LOST', from: { replid, offset: lost }, to: { replid, offset: live } })
      assert.equal(lines[4].start, live)
      assert.equal(full, (await syncCounters(server)).full, 'no fork')
    })

    it('with --on-gap resync takes a verified snapshot in between', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'redis-repl-tail-'))
      running.push({ stop: () => rm(folder, { recursive: true, force: true }) })
      const rdb = join(folder, 'gap.rdb')
      const { tail, server } = await overrun('--on-gap', 'resync', '--rdb', rdb)
      await tail.says(/"gap"/)
      await server.cli('SET', 'last', '1')
      await tail.says(/"last"/)
      assert.equal(await tail.end('SIGINT'), 0)
      assert.ok((await stat(rdb)).size > 100)
      assert.doesNotMatch(tail.out, /missed/)
    })

    it('shows what the backlog still holds from its first whole command on', async () => {
      const server = await master()
      await server.cli('-n', '2', 'SET', 'zero', '1')
      for (let index = 0; index < 300; index++) await server.cli('SET', `key:${index}`, `*1\r\n$4\r\nping\r\n${'v'.repeat(700)}`)
      const end = await number(server, 'master_repl_offset')
      const first = await number(server, 'repl_backlog_first_byte_offset')
      const ran = await cli(['tail', server.target, '--from', 'backlog', '--format', 'json', '--until-offset', String(end)])
      assert.equal(ran.status, 0, ran.err)
      const commands = ran.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ type }) => type === 'command')
      const keys = commands.map(({ argv }) => argv[1])
      assert.deepEqual(
        keys,
        Array.from({ length: keys.length }, (_, index) => `key:${300 - keys.length + index}`),
      )
      assert.ok(commands[0].start >= first - 1 && commands[0].start < first + EDGE_BYTES + 2 * 900, `${commands[0].start} follows ${first}`)
      assert.equal(commands.at(-1).end, end)
      // The SELECT has been overwritten.
      assert.equal(commands[0].db, null)
    })

    /** A replica is promoted while its master goes on; our link leads to it from the next time on. */
    async function split(): Promise<{ tail: Tailing; proxy: TcpProxy; server: RunningServer; replica: RunningServer; fork: number }> {
      const [server, replica] = await pair(installed, { 'repl-ping-replica-period': '3600' })
      const proxy = await TcpProxy.start(server.port)
      const tail = new Tailing([proxy.target]).read()
      running.push(server, replica, proxy, { stop: () => tail.end('SIGKILL') })
      await tail.following()
      await server.cli('SET', 'both', '1')
      await tail.says(/both/)
      await inStep(server, replica)
      const fork = await number(server, 'master_repl_offset')
      await replica.cli('REPLICAOF', 'NO', 'ONE')
      proxy.lead(replica.port)
      return { tail, proxy, server, replica, fork }
    }

    it('says what was shown and is no part of the history of a promoted replica', async () => {
      const { tail, proxy, server, fork } = await split()
      await server.cli('SET', 'lost', '1')
      await tail.says(/lost/)
      proxy.cut()
      assert.equal(await tail.end(), 9, tail.err)
      assert.match(tail.err, /had\s+received\s+fewer\s+bytes/)
      assert.ok(tail.last.offset > fork)
    })

    it('drops half a command that the promoted replica had not received, and follows it', async () => {
      const { tail, proxy, server, replica, fork } = await split()
      proxy.cutAfter(10)
      await server.cli('SET', 'lost', '1')
      await tail.says(/Retrying/)
      await replica.cli('SET', 'new', '1')
      await tail.says(/"new"/)
      assert.equal(await tail.end('SIGINT'), 0, tail.err)
      assert.doesNotMatch(tail.out, /lost/)
      assert.deepEqual(tail.last, { offset: await number(replica, 'master_repl_offset'), replid: await replica.info('master_replid') })
      assert.ok(tail.last.offset > fork)
    })
  })
}
