/** One node of a cluster: its snapshot is one shard, and is not taken for more. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { moveSlot, type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster, infoReply } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'
import { rdb } from '../helpers/wire.ts'

interface Report {
  readonly shard: { readonly node: string | null; readonly slots: number[][] | null; readonly shards: number | null } | null
}

const home = await mkdtemp(join(tmpdir(), 'redis-repl-node-'))
after(() => rm(home, { recursive: true, force: true }))

const SLOTS = [[0, 5460]]
const one = (text: string) => text.replaceAll(/\s+/g, ' ')

for (const installed of oldestNewestAndValkey()) {
  describe(`a node of a cluster of ${installed.id}`, { concurrency: 1 }, () => {
    let cluster: RunningCluster
    before(async () => {
      cluster = await startCluster(installed)
    })
    after(() => cluster.stop())
    const node = (index: number) => cluster.all[index] as RunningServer

    it('is not dumped without --shard: its slots are named, and it does not fork', async () => {
      const forks = await node(0).info('sync_full')
      for (const server of [node(0), node(3)]) {
        const folder = await mkdtemp(join(home, 'x-'))
        const ran = await cli(['dump-rdb', server.target, '-o', join(folder, 'x.rdb')])
        assertThreeParts(ran, 'USAGE', 2)
        assert.match(one(ran.err), new RegExp(`: ${server.target} is a cluster node: it`))
        assert.match(one(ran.err), /serves slots 0-5460 of 16384, one shard of 3\..*--cluster -o FOLDER.*--shard/)
        assert.deepEqual(await readdir(folder), [])
      }
      assert.equal(await node(0).info('sync_full'), forks)
    })

    it('is dumped with --shard, and the report names its slots', async () => {
      const folder = await mkdtemp(join(home, 'x-'))
      const ran = await cli(['dump-rdb', '--shard', node(0).target, '-o', join(folder, 'x.rdb')])
      assert.equal(ran.status, 0, ran.err)
      assert.match(ran.err.replace(/[│\s]+/g, ' '), / shard slots 0-5460 of 16384, one of 3 \(node [0-9a-f]{40}\) /)
      const replica = await cli(['dump-rdb', '--shard', node(3).target, '-o', join(folder, 'y.rdb'), '--json'])
      assert.equal(replica.status, 0, replica.err)
      const { shard } = assertSchema(replica.out, 'dump-rdb') as unknown as Report
      assert.deepEqual(shard, { node: await cluster.id(node(0)), slots: SLOTS, shards: 3 })
    })

    it('is not dumped while a slot of it is on its way', async () => {
      const [from, to] = [node(0), node(1)]
      await to.cli('CLUSTER', 'SETSLOT', '9', 'IMPORTING', await cluster.id(from))
      await from.cli('CLUSTER', 'SETSLOT', '9', 'MIGRATING', await cluster.id(to))
      const ran = await Promise.all([from, to].map(({ target }) => cli(['dump-rdb', '--shard', target, '-q'])))
      for (const server of [from, to]) await server.cli('CLUSTER', 'SETSLOT', '9', 'STABLE')
      for (const one of ran) {
        assertThreeParts(one, 'TRY_LATER', 6)
        assert.match(one.err, /to another: 9\./)
        assert.equal(one.out, '')
      }
    })

    it('does not let its slots be seen by a user without CLUSTER, and is a node all the same', async () => {
      const rights = ['+ping', '+replconf', '+psync', '+info', '+config|get', '+client|setname']
      await node(2).cli('ACL', 'SETUSER', 'lowly', 'on', '>pw', ...rights)
      const target = `redis://lowly:pw@${node(2).target}`
      const ran = await cli(['dump-rdb', target, '-o', join(home, `${installed.id}.rdb`)])
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(one(ran.err), /is a cluster node, and does not say which slots it serves\./)
      const meant = await cli(['dump-rdb', '--shard', target, '-o', join(home, `${installed.id}.rdb`), '--json'])
      assert.equal(meant.status, 0, meant.err)
      const { shard } = assertSchema(meant.out, 'dump-rdb') as unknown as Report
      assert.deepEqual(shard, { node: null, slots: null, shards: null })
    })

    it('is followed by tail with a note that there are other shards', async () => {
      const ran = await cli(['tail', node(0).target, '--duration', '1'])
      assert.equal(ran.status, 0, ran.err)
      assert.equal(one(ran.err).match(/cluster node: tail follows its shard only. --cluster/g)?.length, 1, ran.err)
      const all = await cli(['tail', '--cluster', node(0).target, '--duration', '1'])
      assert.equal(all.status, 0, all.err)
      assert.doesNotMatch(all.err, /only its shard/)
    })

    it('gives psync --full the figures of one shard, which is named, also if quiet and as JSON', async () => {
      for (const quiet of [[], ['-q']]) {
        const ran = await cli(['psync', '--full', node(0).target, ...quiet])
        assert.equal(ran.status, 0, ran.err)
        assert.match(one(ran.out), /These figures are of one shard: slots 0-5460 of 16384, one of 3 \(node [0-9a-f]{40}\)\./)
      }
      const json = await cli(['psync', '--full', node(3).target, '--json'])
      assert.equal(json.status, 0, json.err)
      const { shard } = assertSchema(json.out, 'psync-full') as unknown as Report
      assert.deepEqual(shard, { node: await cluster.id(node(0)), slots: SLOTS, shards: 3 })
    })

    it('whose slot moves away while it is dumped gives no file', async () => {
      const [from, to] = [node(0), node(1)]
      const key = `{${await tagOf(from)}}`
      for (let index = 0; index < 8; index++) await from.cli('SET', `${key}${index}`, 'value')
      await from.cli('CONFIG', 'SET', 'rdb-key-save-delay', '400000')
      const folder = await mkdtemp(join(home, 'x-'))
      const running = cli(['dump-rdb', '--shard', from.target, '-o', join(folder, 'x.rdb')])
      await from.until('BGSAVE', async () => (await from.info('rdb_bgsave_in_progress')) === '1')
      await moveSlot(cluster, from, to, key)
      assertThreeParts(await running, 'TRY_LATER', 6)
      assert.deepEqual(await readdir(folder), [])
    })
  })
}

describe('a cluster of one node', () => {
  it('is dumped without --shard once it serves every slot, and not before', async (context) => {
    const server = await RunningServer.start(pick('redis-7.0', 'redis-8.6'), { 'cluster-enabled': 'yes', 'repl-diskless-sync-delay': '0' })
    context.after(() => server.stop())
    const args = ['dump-rdb', server.target, '-o', join(home, 'single.rdb'), '--json']
    const fresh = await cli(['dump-rdb', server.target, '-o', join(home, 'single.rdb')])
    assertThreeParts(fresh, 'USAGE', 2)
    assert.match(one(fresh.err), /and serves none of the 16384 slots\./)
    await server.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await server.until('its slots', async () => (await server.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'))
    const ran = await cli(args)
    assert.equal(ran.status, 0, ran.out + ran.err)
    const { shard } = assertSchema(ran.out, 'dump-rdb') as unknown as Report
    assert.deepEqual([shard?.slots, shard?.shards], [[[0, 16383]], 1])
  })

  it('--shard and --cluster exclude each other', async () => {
    assert.equal((await cli(['dump-rdb', '--shard', '--cluster', '127.0.0.1:1', '-o', join(home, 'both')])).status, 2)
  })
})

describe('a node that only its INFO or its RDB shows to be one', () => {
  const flavours: readonly (readonly [name: string, fields: Record<string, string>])[] = [
    ['server_mode', { redis_mode: 'cluster', valkey_version: '8.1.1', server_mode: 'cluster' }],
    ['cluster_enabled', { cluster_enabled: '1' }],
  ]
  for (const [name, fields] of flavours) {
    it(`is known by ${name}, and no PSYNC is sent`, async (context) => {
      const master = await FakeMaster.start({ INFO: infoReply(fields), CLUSTER: "-ERR unknown command 'CLUSTER'\r\n" })
      context.after(() => master.stop())
      assertThreeParts(await cli(['dump-rdb', master.target, '-o', join(home, 'fake.rdb')]), 'USAGE', 2)
      assert.ok(!master.received.some(([command]) => command === 'PSYNC'))
    })
  }

  it('has no slots in the report if its address led the questions about them to another server', async (context) => {
    const myself = `${'1'.repeat(40)} 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-16383\n`
    const payload = rdb()
    const other = 'b'.repeat(40)
    const psync = Buffer.concat([Buffer.from(`+FULLRESYNC ${other} 100\r\n$${payload.length}\r\n`), payload])
    const script = {
      INFO: infoReply({ redis_mode: 'cluster' }),
      'CLUSTER NODES': `$${myself.length}\r\n${myself}\r\n`,
      CLUSTER: "-ERR unknown subcommand 'x'\r\n",
      PSYNC: psync,
    }
    const master = await FakeMaster.start(script)
    context.after(() => master.stop())
    const folder = await mkdtemp(join(home, 'x-'))
    const ran = await cli(['dump-rdb', master.target, '-o', join(folder, 'x.rdb')])
    assertThreeParts(ran, 'USAGE', 2)
    assert.match(one(ran.err), /does not say which slots it serves/)
    const meant = await cli(['dump-rdb', '--shard', master.target, '-o', join(folder, 'x.rdb'), '--json'])
    assert.deepEqual((assertSchema(meant.out, 'dump-rdb') as unknown as Report).shard, { node: null, slots: null, shards: null })
  })

  it('is known by the slots in its RDB where INFO is refused, and its file gets no name', async (context) => {
    const payload = rdb({ aux: { 'redis-ver': '8.6.3', 'cluster-asm-task': '' } })
    const psync = Buffer.concat([Buffer.from(`+FULLRESYNC ${'a'.repeat(40)} 1\r\n$${payload.length}\r\n`), payload])
    const master = await FakeMaster.start({ INFO: '-NOPERM no\r\n', HELLO: '-NOPERM no\r\n', PSYNC: psync })
    context.after(() => master.stop())
    const folder = await mkdtemp(join(home, 'x-'))
    assertThreeParts(await cli(['dump-rdb', master.target, '-o', join(folder, 'x.rdb')]), 'USAGE', 2)
    assert.deepEqual(await readdir(folder), [])
    assert.equal((await cli(['dump-rdb', '--shard', master.target, '-o', join(folder, 'x.rdb')])).status, 0)
  })
})

/** A hash tag in the first slots of the first master. */
async function tagOf(server: RunningServer): Promise<string> {
  for (let index = 0; ; index++) if (Number(await server.cli('CLUSTER', 'KEYSLOT', `t${index}`)) <= 5000) return `t${index}`
}
