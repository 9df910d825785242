/** What `tail` takes from a server, and what it leaves alone: forks, WAIT, shutdowns, links. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { activateBacklog, number, syncCounters } from '../helpers/replication.ts'
import { freePort, RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { multibulk } from '../helpers/wire.ts'

/** SHUTDOWN waits for replicas (7.0), and a server without its master keeps its own replicas (7.0). */
const OLD = ['redis-6.0']
const CONFIG = { 'repl-diskless-sync-delay': '0', 'min-replicas-max-lag': '10' }

for (const installed of servers()) {
  describe(`tail of ${installed.id}`, { concurrency: true }, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    async function master(settings: Record<string, string> = {}): Promise<RunningServer> {
      const server = await RunningServer.start(installed, { ...CONFIG, ...settings })
      running.push(server)
      await activateBacklog(server)
      return server
    }

    async function follow(server: RunningServer, ...args: string[]): Promise<Tailing> {
      const tail = new Tailing([server.target, ...args]).read()
      running.push({ stop: () => tail.end('SIGKILL') })
      await tail.following()
      return tail
    }

    it('attaches at the live end without a fork, with the database that was selected before', async () => {
      const server = await master()
      await server.cli('-n', '3', 'SET', 'before', '1')
      const before = await syncCounters(server)
      const tail = await follow(server)
      const offset = await number(server, 'master_repl_offset')
      await server.cli('-n', '3', 'SET', 'k"1', 'a\nb')
      await tail.says(/SET/)
      assert.equal(await tail.end('SIGINT'), 0)
      const set = Buffer.byteLength('*3\r\n$3\r\nSET\r\n$3\r\nk"1\r\n$3\r\na\nb\r\n')
      assert.match(tail.out, new RegExp(`^${offset + set} 3 "SET" "k\\\\"1" "a\\\\nb"\\n$`))
      const after = await syncCounters(server)
      assert.deepEqual(after, { ...before, ok: before.ok + 1 })
    })

    it('keeps the link for longer than repl-timeout, whether or not anything is written', async () => {
      const server = await master({ 'repl-timeout': '3', 'repl-ping-replica-period': '1' })
      const { ok } = await syncCounters(server)
      const tail = await follow(server)
      await sleep(8000)
      assert.equal(await server.info('connected_slaves'), '1')
      assert.equal((await syncCounters(server)).ok, ok + 1)
      assert.equal(await tail.end('SIGTERM'), 0)
      assert.doesNotMatch(tail.err, /again/)
    })

    it('counts for no WAIT without --ack honest', async () => {
      const server = await master()
      const modest = await follow(server)
      assert.equal(await waited(server), 0)
      await modest.end('SIGINT')
      const honest = await follow(server, '--ack', 'honest')
      assert.equal(await waited(server), 1)
      await honest.end('SIGINT')
    })

    it('warns where min-replicas-to-write counts us', async () => {
      const server = await master({ 'min-replicas-to-write': '1' })
      const tail = await follow(server)
      assert.match(tail.err, /min-replicas-to-write/)
      await tail.end('SIGINT')
    })

    it('attaches where there is no backlog only if a fork is allowed', async () => {
      const server = await RunningServer.start(installed, CONFIG)
      running.push(server)
      await server.cli('SET', 'large', 'x'.repeat(100_000))
      const refused = new Tailing([server.target])
      running.push({ stop: () => refused.end('SIGKILL') })
      assert.notEqual(await refused.end(), 0)
      assert.match(refused.err, /--allow-fork/)
      assert.equal((await syncCounters(server)).full, 0)
      const tail = await follow(server, '--allow-fork')
      await server.cli('SET', 'k', 'v')
      await tail.says(/"SET" "k" "v"/)
      assert.equal(await tail.end('SIGINT'), 0)
      assert.equal((await syncCounters(server)).full, 1)
      // `rdb-filter-only ""`, since 7.0.
      if (!OLD.includes(installed.id)) assert.ok((await number(server, 'total_net_repl_output_bytes')) < 5000)
    })

    if (OLD.includes(installed.id)) return

    it('does not hold up a SHUTDOWN', async () => {
      const server = await master({ 'shutdown-timeout': '3600' })
      const tail = await follow(server)
      await server.cli('SET', 'k', 'v')
      await tail.says(/SET/)
      await server.cli('SHUTDOWN', 'NOSAVE').catch(() => undefined)
      await tail.says(/shut/i)
      await tail.end('SIGINT')
    })

    it('notices that a demoted master has nothing to say', async () => {
      const server = await master({ 'repl-ping-replica-period': '1' })
      const tail = await follow(server)
      await server.cli('REPLICAOF', '127.0.0.1', String(await freePort()))
      await tail.says(/has\s+lost\s+its\s+own\s+master/)
      await server.cli('REPLICAOF', 'NO', 'ONE')
      await server.cli('SET', 'after', 'v')
      await tail.says(/"SET" "after" "v"/)
      assert.equal(await tail.end('SIGINT'), 0)
    })
  })
}

/** How many replicas a WAIT counts, in the connection that wrote. */
async function waited(server: RunningServer): Promise<number> {
  const socket = connect(server.port, '127.0.0.1')
  socket.write(Buffer.concat([multibulk('SET', 'k', 'v'), multibulk('WAIT', '1', '1500')]))
  let said = ''
  for await (const chunk of socket) {
    said += chunk
    const [, count] = /:(\d+)/.exec(said) ?? []
    if (count !== undefined) return Number(count)
  }
  throw new Error(`no answer to WAIT: ${said}`)
}
