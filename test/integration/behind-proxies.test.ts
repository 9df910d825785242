/** Servers behind a real HAProxy: a split brain, a failover, idle limits, and a backend that is down. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { MASTER_ONLY, startHaproxy } from '../helpers/haproxy.ts'
import { activateBacklog, inStep, pair } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

const FORKED = ['sync_full', 'master_replid', 'total_forks'] as const

async function counters(...masters: readonly RunningServer[]): Promise<string[]> {
  return await Promise.all(masters.flatMap((master) => FORKED.map((field) => master.info(field))))
}

for (const installed of oldestNewestAndValkey()) {
  describe(`HAProxy over two masters, with ${installed.id}`, () => {
    let masters: readonly [RunningServer, RunningServer]

    before(async () => {
      const start = () => RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      masters = [await start(), await start()]
      for (const master of masters) await activateBacklog(master)
    })
    after(() => Promise.all(masters.map((master) => master.stop())))

    const runs: readonly (readonly string[])[] = [
      ['handshake'],
      ['psync', '--sample', '0'],
      ['psync', '--full'],
      ['dump-rdb', '-o', 'FILE'],
      ['tail', '--duration', '2'],
      ['lag', '--sample', '1'],
      ['lag', '--sample', '1', '--marker-key', 'marker'],
    ]

    it('in turn is refused by every command, and neither of them forks or gets a key', async (context) => {
      const target = await startHaproxy(context, masters, 'balance roundrobin')
      const file = join(masters[0].folder, 'x.rdb')
      const unchanged = await counters(...masters)
      for (const [command = '', ...args] of runs) {
        const ran = await cli([command, target, ...args.map((arg) => (arg === 'FILE' ? file : arg))])
        assertThreeParts(ran, 'NOT_SUPPORTED', 5)
        assert.match(ran.err, /leads to several servers/, command)
      }
      assert.deepEqual(await counters(...masters), unchanged)
      assert.equal(existsSync(file), false)
      for (const master of masters) assert.equal(await master.cli('DBSIZE'), '0')
    })

    for (const [how, count, ...lines] of [
      ['by the address of the client', 2, 'balance source'],
      ['of which one is left', 1, 'balance roundrobin'],
    ] as const) {
      it(`${how} is as good as one server: everything works, and the cost is known`, async (context) => {
        const target = await startHaproxy(context, masters.slice(0, count), ...lines)
        const file = join(masters[0].folder, `${count}.rdb`)
        const attached = assertSchema((await cli(['handshake', target, '--json'])).out, 'handshake') as { cost: { syncPartialOk?: object } }
        assert.ok(attached.cost.syncPartialOk)
        const dumped = await cli(['dump-rdb', target, '-o', file])
        assert.equal(dumped.status, 0, dumped.err)
        assert.match(dumped.err, /Server counters: [\s\S]*sync_full\s+\d+\s+→\s+\d+/)
        for (const args of [
          ['psync', target, '--sample', '0'],
          ['tail', target, '--duration', '1'],
          ['lag', target, '--sample', '1'],
        ]) {
          const ran = await cli(args)
          assert.equal(ran.status, 0, ran.out + ran.err)
        }
      })
    }
  })

  describe(`HAProxy that selects the master by its INFO, with ${installed.id}`, () => {
    it('is followed through a failover without a gap and without a fork', async (context) => {
      const { one, other, target } = await failoverPair(context)
      const tail = follow(context, target, '--count', '3', '--command', 'set')
      await tail.following()
      const syncs = await Promise.all([one, other].map((server) => server.info('sync_full')))
      await one.cli('SET', 'before', '1')
      await inStep(one, other)
      await other.cli('REPLICAOF', 'NO', 'ONE')
      await one.cli('REPLICAOF', '127.0.0.1', String(other.port))
      await other.cli('SET', 'after', '2')
      await tail.says(/again, starting/)
      await other.cli('SET', 'later', '3')
      assert.equal(await tail.end(), 0, tail.err)
      assert.match(tail.out, /"before"[\s\S]*"after"[\s\S]*"later"/)
      assert.match(
        tail.err.replaceAll(/\s+/g, ' '),
        /no byte is missing\. A replica was promoted: the history continues as replid [0-9a-f]{8}/,
      )
      assert.deepEqual(await Promise.all([one, other].map((server) => server.info('sync_full'))), syncs)
    })

    it('leads to another history after a split brain: a command that it lacks was shown, so that is a gap', async (context) => {
      const { one, other, target } = await failoverPair(context)
      const tail = follow(context, target, '--command', 'set')
      await tail.following()
      await other.cli('REPLICAOF', 'NO', 'ONE')
      await one.cli('SET', 'lost', '1')
      await tail.says(/"lost"/)
      await other.cli('SET', 'kept', '2')
      const forked = await counters(other)
      await one.cli('REPLICAOF', '127.0.0.1', '1')
      assert.equal(await tail.end(), 9, tail.err)
      assert.match(tail.err, /error GAP: .*the\s+new\s+master\s+had\s+received\s+fewer\s+bytes\s+than\s+we/s)
      assert.match(tail.err, /min-replicas-to-write/)
      assert.doesNotMatch(tail.err, /backlog-size/) // no backlog keeps what a failover drops
      assert.doesNotMatch(tail.out, /"kept"/)
      assert.deepEqual(await counters(other), forked)
    })

    /** A master and its replica, both behind the proxy. */
    async function failoverPair(context: TestContext) {
      const [one, other] = await pair(installed)
      context.after(() => Promise.all([one, other].map((server) => server.stop())))
      const target = await startHaproxy(context, [one, other], ...MASTER_ONLY)
      // Until its first check HAProxy sends every second connection to the replica.
      const isMaster = () =>
        one.cli('-p', target.split(':')[1] ?? '', 'ROLE').then(
          (role) => role.startsWith('master'),
          () => false,
        )
      await one.until('the first check', async () => (await isMaster()) && (await isMaster()))
      return { one, other, target }
    }
  })

  describe(`HAProxy that cuts idle connections, with ${installed.id}`, () => {
    const limits = (time: string) => [`timeout client ${time}`, `timeout server ${time}`]

    it('harms no dump that takes longer: it is verified, and its cost is known', async (context) => {
      const server = await startFull(context)
      const target = await startHaproxy(context, [server], ...limits('2s'))
      const file = join(server.folder, 'long.rdb')
      const dumped = await cli(['dump-rdb', target, '-o', file, '--max-rate', '1mb'])
      assert.equal(dumped.status, 0, dumped.err)
      assert.match(dumped.err, /CRC64 verified/)
      assert.match(dumped.err, /Server counters: [\s\S]*sync_full\s+0\s+→\s+1/)
      await server.checkRdb(file)
    })

    it('harms no judgement of a full resync whose BGSAVE is waited for', async (context) => {
      const server = await startFull(context, { 'repl-diskless-sync-delay': '4' })
      const judged = await cli(['psync', await startHaproxy(context, [server], ...limits('2s')), '--full'])
      assert.equal(judged.status, 0, judged.err)
      assert.match(judged.out, /^SAFE: /m)
      assert.match(judged.out, /^Server counters: [\s\S]*sync_full\s+0\s+→\s+1/m)
    })

    it('is named as a cause where it cuts the wait for the BGSAVE', async (context) => {
      const server = await startFull(context, { 'repl-diskless-sync-delay': '10' })
      const cut = await cli(['psync', await startHaproxy(context, [server], ...limits('500ms')), '--full'])
      assertThreeParts(cut, 'LINK_LOST', 7)
      assert.match(cut.err.replaceAll(/\s+/g, ' '), /a proxy closed an idle connection/)
    })

    it('costs a tail of a master without writes nothing but a new connection', async (context) => {
      const server = await startFull(context)
      await activateBacklog(server)
      const target = await startHaproxy(context, [server], ...limits('500ms')) // less than between two ACKs
      const tail = follow(context, target, '--count', '2', '--command', 'set')
      await tail.following()
      const forked = await counters(server)
      await server.cli('SET', 'first', '1')
      await tail.says(/"first"/)
      await tail.says(/again, starting\s+after\s+offset\s+\d+:\s+no\s+byte\s+is\s+missing/)
      await server.cli('SET', 'second', '2')
      assert.equal(await tail.end(), 0, tail.err)
      assert.match(tail.out, /"first"[\s\S]*"second"/)
      assert.deepEqual(await counters(server), forked)
    })

    /** A master with 4 MB that do not compress. */
    async function startFull(context: TestContext, settings: Record<string, string> = {}): Promise<RunningServer> {
      const server = await RunningServer.start(installed, {
        'repl-diskless-sync': 'yes',
        'repl-diskless-sync-delay': '0',
        rdbcompression: 'no',
        ...settings,
      })
      context.after(() => server.stop())
      await server.cli('EVAL', "for i = 1, 400 do redis.call('SET', 'k' .. i, string.rep('x', 10000)) end", '0')
      return server
    }
  })
}

describe('HAProxy without a server that answers', () => {
  const DOWN = { target: '127.0.0.1:1' }

  for (const args of [['handshake'], ['psync'], ['psync', '--full'], ['dump-rdb'], ['tail'], ['lag']]) {
    it(`is reported as such by ${args.join(' ')}, and not as something other than Redis`, async (context) => {
      const target = await startHaproxy(context, [DOWN], 'timeout connect 100ms', 'retries 1')
      const ran = await cli([...args, target])
      assertThreeParts(ran, 'LINK_LOST', 7)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), /Typical of a proxy without a backend/)
    })
  }
})

function follow(context: TestContext, ...args: string[]): Tailing {
  const tail = new Tailing(args).read()
  context.after(() => tail.end('SIGKILL'))
  return tail
}
