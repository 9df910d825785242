/** Addresses that servers, Sentinels and clusters announce may lead to another server from here. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, inStep, lag, pair, syncCounters } from '../helpers/replication.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { watched } from '../helpers/sentinels.ts'
import { freePort, oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'

/** All that a run says, without the borders of tables. */
const words = ({ out, err }: Ran) => `${out} ${err}`.replaceAll(/[│\s]+/g, ' ')

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-repl-announced-'))
})
after(() => rm(folder, { recursive: true, force: true }))

for (const installed of oldestNewestAndValkey()) {
  const start = async (context: TestContext, settings: Record<string, string> = {}) => {
    const server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', ...settings })
    context.after(() => server.stop())
    return server
  }

  /** A replica whose link is up, while its master’s address leads everybody else to another server. */
  const misled = async (context: TestContext) => {
    const [master, other] = [await start(context), await start(context)]
    await activateBacklog(other)
    const way = await TcpProxy.start(master.port)
    context.after(() => way.stop())
    const replica = await start(context, { replicaof: way.target.replace(':', ' ') })
    await replica.until('its link', async () => (await replica.info('master_link_status')) === 'up')
    await inStep(master, replica)
    way.lead(other.port)
    return { replica, other, at: way.target }
  }

  describe(`with ${installed.id}, a server is not taken for`, () => {
    it('the master of a replica whose link is up, if it has another history', async (context) => {
      const { replica, other, at } = await misled(context)
      const before = await syncCounters(other)
      const file = join(folder, `${installed.id}.rdb`)
      const ran = await cli(['dump-rdb', replica.target, '--prefer', 'master', '-o', file])
      assert.equal(ran.status, 3, ran.err)
      assert.match(words(ran), new RegExp(`${at} is not the master of ${replica.target}`))
      assert.match(ran.err, new RegExp(`--map\\s+${at}=`))
      assert.equal(existsSync(file), false)
      assert.deepEqual(await syncCounters(other), before)
      const { status, json } = await lag(replica.target, '--require-link')
      assert.equal(status, 3)
      assert.match(json.master.lost, /is not the master of/)
      assert.equal(json.master.offset, null)
      assert.deepEqual(
        json.replicas.map(({ name }: { name: string }) => name),
        [replica.target],
      )
    })

    it('a replica, if the address of the replica leads to it', async (context) => {
      const [master, replica] = await pair(installed, { 'repl-ping-replica-period': '1' })
      context.after(() => Promise.all([replica.stop(), master.stop()]))
      const other = await start(context)
      const { status, json } = await lag(master.target, '--map', `${replica.target}=${other.target}`, '--require-link')
      const [row] = json.replicas
      assert.equal(json.replicas.length, 1)
      assert.equal(row.state, 'listed')
      assert.equal(row.lag.method, 'ack')
      assert.match(row.notes.join(), /is not the replica that/)
      assert.equal(status, 0)
    })

    it('the master that a Sentinel watches, if it has another run ID', async (context) => {
      const deployment = await watched(installed, 1)
      context.after(() => deployment.stop())
      await deployment.ready()
      const other = await start(context)
      await activateBacklog(other)
      const before = await syncCounters(other)
      const ran = await cli([
        'dump-rdb',
        deployment.target,
        '--map',
        `${deployment.master.target}=${other.target}`,
        '-o',
        join(folder, 's.rdb'),
      ])
      assert.equal(ran.status, 6, ran.err)
      assert.match(ran.err, /is\s+not\s+the\s+one\s+that\s+the\s+Sentinel\s+announced\s+at\s+that\s+address/)
      assert.deepEqual(await syncCounters(other), before)
      const right = await cli(['handshake', deployment.target, '-q'])
      assert.equal(right.status, 0, right.out + right.err)
    })

    it('a node of a cluster, if it has another ID', async (context) => {
      const cluster = await startCluster(installed)
      context.after(() => cluster.stop())
      const [entry, master, wrong] = cluster.masters as [RunningServer, RunningServer, RunningServer]
      const map = ['--map', `${master.target}=${wrong.target}`]
      const before = await syncCounters(wrong)
      const dump = await cli(['dump-rdb', '--cluster', entry.target, ...map, '-o', join(folder, `${installed.id}-cluster`)])
      assert.equal(dump.status, 6, dump.err)
      assert.match(dump.err, /is\s+not\s+the\s+one\s+that\s+the\s+cluster\s+announced\s+at\s+that\s+address/)
      assert.equal((await syncCounters(wrong)).full, before.full)
      const looked = await cli(['handshake', '--cluster', entry.target, ...map])
      assert.equal(looked.status, 6, looked.out + looked.err)
      const measured = await cli(['lag', '--cluster', entry.target, ...map, '--json'])
      assert.equal(measured.status, 3, measured.out)
      assert.match(measured.out, /is not the master of/)
    })
  })

  describe(`with ${installed.id}, the address of a shard`, { concurrency: 1 }, () => {
    let cluster: RunningCluster
    let stranger: RunningServer
    before(async () => {
      cluster = await startCluster(installed)
      stranger = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      await activateBacklog(stranger)
    })
    after(async () => {
      await cluster?.stop()
      await stranger?.stop()
    })

    /** Every command that takes --cluster, and all that it says. */
    const runs = (...where: string[]): string[][] => [
      ['handshake', '--cluster', ...where],
      ['psync', '--cluster', ...where, '--sample', '0'],
      ['dump-rdb', '--cluster', ...where, '-o', join(folder, `${installed.id}-shards`)],
      ['tail', '--cluster', ...where, '--duration', '10'],
      ['lag', '--cluster', ...where, '--require-link'],
    ]

    it('that leads to another shard is refused by every command', async () => {
      const [entry, master, wrong] = cluster.masters as [RunningServer, RunningServer, RunningServer]
      for (const args of runs(entry.target, '--map', `${master.target}=${wrong.target}`)) {
        const ran = await cli(args)
        assert.ok([3, 6].includes(ran.status ?? 0), `${args}: ${ran.status} ${ran.out} ${ran.err}`)
        assert.match(words(ran), /(is not the one that the cluster announced|is not the master of)/)
      }
      assert.equal(existsSync(join(folder, `${installed.id}-shards`)), false)
    })

    it('that leads to a server of no cluster is refused by every command', async () => {
      const [entry, master] = cluster.masters as [RunningServer, RunningServer]
      const before = await syncCounters(stranger)
      for (const args of runs(entry.target, '--map', `${master.target}=${stranger.target}`)) {
        const ran = await cli(args)
        assert.ok([3, 6].includes(ran.status ?? 0), `${args}: ${ran.status} ${ran.out} ${ran.err}`)
        assert.match(words(ran), /(it is not a cluster node, and the cluster announced node [0-9a-f]+|is not the master of)/)
      }
      assert.deepEqual(await syncCounters(stranger), before)
    })

    it('that leads to another shard is not believed where CLUSTER MYID is not permitted', async (context) => {
      if (installed.id === 'redis-6.0') return context.skip('its ACL refuses no subcommand alone')
      const [entry, master, wrong] = cluster.masters as [RunningServer, RunningServer, RunningServer]
      const rights = ['+@all', '-cluster|myid', '~*', '&*']
      for (const server of cluster.all) await server.cli('ACL', 'SETUSER', 'mapper', 'on', '>pw', ...rights)
      for (const args of runs(`redis://mapper:pw@${entry.target}`, '--map', `${master.target}=redis://mapper:pw@${wrong.target}`)) {
        const ran = await cli(args)
        assert.notEqual(ran.status, 0, `${args}: ${ran.out}`)
        assert.match(words(ran), /CLUSTER MYID|is not the one that the cluster announced|is not the master of/)
      }
    })
  })

  describe(`with ${installed.id}, replicas that share an address`, () => {
    it('are as many rows as their master lists, each measured by its ACK', async (context) => {
      const master = await start(context)
      const port = String(await freePort())
      const shared = { replicaof: `127.0.0.1 ${master.port}`, 'replica-announce-port': port, 'repl-ping-replica-period': '1' }
      const [hanging, healthy] = [await start(context, shared), await start(context, { ...shared, port })]
      await master.cli('SET', 'k', 'v')
      for (const row of ['slave0', 'slave1']) {
        await master.until('an ACK of both', async () => /state=online,offset=[1-9]/.test(await master.info(row)))
      }
      hanging.signal('SIGSTOP')
      context.after(() => hanging.signal('SIGCONT'))
      await master.cli('DEBUG', 'POPULATE', '10')
      for (let count = 0; count < 5; count++) await master.cli('SET', 'big', 'x'.repeat(100_000))
      await inStep(master, healthy)
      const { status, json } = await lag(master.target, '--max-bytes', '100kb', '--wait', '3')
      assert.equal(status, 1)
      const names = json.replicas.map(({ name }: { name: string }) => name)
      assert.deepEqual(names, [`127.0.0.1:${port}#1`, `127.0.0.1:${port}#2`])
      const methods = json.replicas.map(({ lag: { method } }: { lag: { method: string } }) => method)
      assert.deepEqual(methods, ['ack', 'ack'])
      const behind = json.replicas.filter(({ lag: { bytes } }: { lag: { bytes: number } }) => bytes > 400_000)
      assert.equal(behind.length, 1)
      const metrics = await cli(['lag', master.target, '--format', 'prometheus'])
      assert.match(metrics.out, /redis_repl_replicas\{[^}]*\} 2\n/)
    })

    it('with their master are known by its list only', async (context) => {
      const master = await start(context)
      const settings = { replicaof: `127.0.0.1 ${master.port}`, 'replica-announce-port': String(master.port) }
      const replica = await start(context, settings)
      await master.until('its replica', async () => /state=online/.test(await master.info('slave0')))
      const { json } = await lag(master.target, '--require-link')
      assert.equal(json.replicas.length, 1)
      assert.equal(json.replicas[0].state, 'listed')
      assert.equal(await replica.info('role'), 'slave')
    })
  })
}
