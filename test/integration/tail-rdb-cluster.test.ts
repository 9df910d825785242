/** The RDB that `tail` keeps of a node of a cluster: one shard, and none while slots move. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { moveSlot, type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, type RunningServer } from '../helpers/server.ts'

const home = await mkdtemp(join(tmpdir(), 'redis-repl-shard-rdb-'))
after(() => rm(home, { recursive: true, force: true }))

const one = (text: string) => text.replaceAll(/\s+/g, ' ')
const fresh = async () => join(await mkdtemp(join(home, 'x-')), 'x.rdb')
/** A history that no server has: with --on-gap resync this is a gap that a snapshot closes. */
const GAP = ['--from', `${'9'.repeat(40)}:1`, '--on-gap', 'resync']
const SNAPSHOT = ['--from', 'snapshot']

for (const installed of oldestNewestAndValkey()) {
  describe(`tail --rdb of a cluster of ${installed.id}`, { concurrency: 1 }, () => {
    let cluster: RunningCluster
    before(async () => {
      cluster = await startCluster(installed)
    })
    after(() => cluster.stop())
    const node = (index: number) => cluster.all[index] as RunningServer

    /** Runs this while a slot is open on both sides, as a reshard leaves it that was interrupted. */
    async function whileOpen(work: (from: RunningServer, to: RunningServer) => Promise<void>): Promise<void> {
      const [from, to] = [node(0), node(1)]
      await to.cli('CLUSTER', 'SETSLOT', '100', 'IMPORTING', await cluster.id(from))
      await from.cli('CLUSTER', 'SETSLOT', '100', 'MIGRATING', await cluster.id(to))
      try {
        await work(from, to)
      } finally {
        for (const server of [from, to]) await server.cli('CLUSTER', 'SETSLOT', '100', 'STABLE')
      }
    }

    for (const start of [SNAPSHOT, GAP]) {
      it(`keeps none while a slot is on its way, and does not fork, with ${start[0]} ${start.at(-1)}`, async () => {
        await whileOpen(async (from, to) => {
          for (const server of [from, to]) {
            const [file, forks] = [await fresh(), await server.info('sync_full')]
            const ran = await cli(['tail', server.target, ...start, '--rdb', file, '--duration', '20'])
            assertThreeParts(ran, 'TRY_LATER', 6)
            assert.match(one(ran.err), /to another: 100\./)
            assert.doesNotMatch(ran.err, /verified/)
            assert.deepEqual(await readdir(join(file, '..')), [])
            assert.equal(await server.info('sync_full'), forks)
          }
        })
      })
    }

    it('keeps none of the moving shards with --cluster, nor of their replicas', async () => {
      await whileOpen(async (from, to) => {
        const moving = [await cluster.id(from), await cluster.id(to)]
        for (const extra of [[], ['--prefer', 'replica']]) {
          const folder = join(await mkdtemp(join(home, 'x-')), 'dump')
          const ran = await cli(['tail', '--cluster', from.target, ...SNAPSHOT, ...extra, '--rdb', folder, '--duration', '20'])
          assertThreeParts(ran, 'TRY_LATER', 6)
          assert.match(one(ran.err), /to another: 100\./)
          for (const id of moving) assert.ok(!(await readdir(folder)).includes(`${id}.rdb`))
        }
      })
    })

    it('keeps none of a replica whose master has a slot on its way, and neither does dump-rdb', async () => {
      await whileOpen(async () => {
        for (const replica of [node(3), node(4)]) {
          for (const args of [
            ['tail', replica.target, ...SNAPSHOT, '--duration', '20', '--rdb'],
            ['dump-rdb', replica.target, '--shard', '-o'],
          ]) {
            const file = await fresh()
            const ran = await cli([...args, file])
            assertThreeParts(ran, 'TRY_LATER', 6)
            assert.match(one(ran.err), /to another: 100\./)
            assert.deepEqual(await readdir(join(file, '..')), [])
          }
        }
      })
    })

    it('follows without --rdb while a slot is on its way, since nothing is kept', async () => {
      await whileOpen(async (from) => {
        const ran = await cli(['tail', from.target, ...SNAPSHOT, '--duration', '1'])
        assert.equal(ran.status, 0, ran.err)
        assert.doesNotMatch(ran.err, /verified/)
      })
    })

    it('says which slots are in it, as text and as JSON, also for a replica', async () => {
      const text = await cli(['tail', node(0).target, ...SNAPSHOT, '--duration', '1', '--rdb', await fresh()])
      assert.equal(text.status, 0, text.err)
      assert.match(one(text.err), /verified; one shard: slots 0-5460 of 16384, one of 3 \(node [0-9a-f]{40}\)/)
      for (const server of [node(0), node(3)]) {
        const file = await fresh()
        const ran = await cli(['tail', server.target, ...SNAPSHOT, '--duration', '1', '--rdb', file, '--json'])
        assert.equal(ran.status, 0, ran.err)
        const { snapshot } = assertSchema(ran.out.split('\n')[0] ?? '', 'tail') as unknown as Record<string, Record<string, unknown>>
        assert.equal(snapshot?.file, file)
        assert.deepEqual(snapshot?.shard, { node: await cluster.id(node(0)), slots: [[0, 5460]], shards: 3 })
      }
    })

    it('says that the slots are unknown where CLUSTER is not permitted', async () => {
      const rights = ['+ping', '+replconf', '+psync', '+info', '+config|get', '+client|setname']
      await node(2).cli('ACL', 'SETUSER', 'lowly', 'on', '>pw', ...rights)
      const args = ['tail', `redis://lowly:pw@${node(2).target}`, ...SNAPSHOT, '--duration', '1', '--rdb']
      const text = await cli([...args, await fresh()])
      assert.equal(text.status, 0, text.err)
      assert.match(one(text.err), /one shard: unknown slots, because the node does not show them;/)
      const { out } = await cli([...args, await fresh(), '--json'])
      const { snapshot } = assertSchema(out.split('\n')[0] ?? '', 'tail') as unknown as Record<string, Record<string, unknown>>
      assert.deepEqual(snapshot?.shard, { node: null, slots: null, shards: null })
    })

    it('names the shard of each RDB with --cluster', async () => {
      const folder = join(await mkdtemp(join(home, 'x-')), 'dump')
      const ran = await cli(['tail', '--cluster', node(0).target, ...SNAPSHOT, '--rdb', folder, '--duration', '2', '--json'])
      assert.equal(ran.status, 0, ran.err)
      const records = ran.out.split('\n').filter((line) => line.includes('"snapshot"'))
      const slots = records.map((line) => {
        const { snapshot } = assertSchema(line, 'tail') as unknown as { snapshot: { shard: { slots: number[][] } } }
        return snapshot.shard.slots
      })
      assert.deepEqual(
        slots.flat().sort(([a = 0], [b = 0]) => a - b),
        [
          [0, 5460],
          [5461, 10921],
          [10922, 16383],
        ],
      )
    })

    it('keeps none if a slot moves away before it is whole', async () => {
      const [from, to] = [node(0), node(1)]
      const key = `{${await tagOf(from)}}`
      for (let index = 0; index < 8; index++) await from.cli('SET', `${key}${index}`, 'value')
      await from.cli('CONFIG', 'SET', 'rdb-key-save-delay', '400000')
      const file = await fresh()
      const running = cli(['tail', from.target, ...SNAPSHOT, '--rdb', file, '--duration', '30'])
      await from.until('BGSAVE', async () => (await from.info('rdb_bgsave_in_progress')) === '1')
      await moveSlot(cluster, from, to, key)
      assertThreeParts(await running, 'TRY_LATER', 6)
      assert.deepEqual(await readdir(join(file, '..')), [])
    })
  })
}

/** A hash tag in the first slots of the first master. */
async function tagOf(server: RunningServer): Promise<string> {
  for (let index = 0; ; index++) if (Number(await server.cli('CLUSTER', 'KEYSLOT', `t${index}`)) <= 5000) return `t${index}`
}
