/** Slots that move by an atomic migration, which CLUSTER NODES does not show: Valkey 9.0 and Redis 8.4. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'
import { type RunningServer, servers } from '../helpers/server.ts'

/** How each kind of server begins a migration that stays unfinished, cancels it, and lists its own. */
const KINDS: Readonly<Record<string, { hold(cluster: RunningCluster): Promise<void>; cancel: string[]; list: string[] }>> = {
  'valkey-9.1': {
    hold: async ({ masters: [from, to], id, masters }) => {
      for (const master of masters) await master.cli('DEBUG', 'SLOTMIGRATION', 'PREVENT-PAUSE', '1')
      await from?.cli('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', '0', '100', 'NODE', await id(to as RunningServer))
    },
    cancel: ['CLUSTER', 'CANCELSLOTMIGRATIONS'],
    list: ['CLUSTER', 'GETSLOTMIGRATIONS'],
  },
  'redis-8.6': {
    hold: async ({ masters: [from, to] }) => {
      // One second for each key: the snapshot of the slots outlives the test.
      await from?.cli('CONFIG', 'SET', 'rdb-key-save-delay', '1000000')
      await to?.cli('CLUSTER', 'MIGRATION', 'IMPORT', '0', '100')
      // Our own snapshots are to be fast.
      await from?.cli('CONFIG', 'SET', 'rdb-key-save-delay', '0')
    },
    cancel: ['CLUSTER', 'MIGRATION', 'CANCEL', 'ALL'],
    list: ['CLUSTER', 'MIGRATION', 'STATUS', 'ALL'],
  },
}

const home = await mkdtemp(join(tmpdir(), 'redis-repl-migration-'))
after(() => rm(home, { recursive: true, force: true }))

for (const installed of servers().filter(({ id }) => id in KINDS)) {
  const { hold, cancel, list } = KINDS[installed.id] as (typeof KINDS)[string]
  describe(`slots that move atomically between nodes of ${installed.id}`, { concurrency: 1 }, () => {
    let cluster: RunningCluster
    let [from, to]: (RunningServer | undefined)[] = []
    const both = () => [from, to] as [RunningServer, RunningServer]
    before(async () => {
      cluster = await startCluster(installed)
      ;[from, to] = cluster.masters
      const tag = await tagIn(both()[0], 0, 100)
      for (let index = 0; index < 120; index++) await from?.cli('SET', `{${tag}}${index}`, 'v'.repeat(50))
      await hold(cluster)
      for (const server of both()) await server.until('its migration', async () => (await server.cli(...list)).includes('0-100'))
      await both()[1].until('the keys', async () => /import/i.test(await both()[1].cli(...list)))
    })
    after(() => cluster.stop())

    it('are no part of a dump of the cluster', async () => {
      const folder = await mkdtemp(join(home, 'x-'))
      const ran = await cli(['dump-rdb', '--cluster', both()[0].target, '-o', join(folder, 'dump')])
      assertThreeParts(ran, 'TRY_LATER', 6)
      assert.match(ran.err, /to another: 0-100\./)
      assert.deepEqual(await readdir(folder), [])
    })

    it('keep either of the two nodes from being dumped by itself, before it forks', async () => {
      for (const server of both()) {
        const count = await server.info('sync_full')
        const ran = await cli(['dump-rdb', '--shard', server.target, '-q'])
        assertThreeParts(ran, 'TRY_LATER', 6)
        assert.match(ran.err, /to another: 0-100\./)
        assert.equal(ran.out, '')
        assert.equal(await server.info('sync_full'), count)
      }
    })

    it('keep tail from keeping an RDB of either of the two nodes, or of the whole cluster', async () => {
      for (const server of both()) {
        for (const flags of [[], ['--cluster']]) {
          const folder = await mkdtemp(join(home, 'x-'))
          const count = await server.info('sync_full')
          const file = join(folder, 'x.rdb')
          const ran = await cli(['tail', ...flags, server.target, '--from', 'snapshot', '--rdb', file, '--duration', '20'])
          assertThreeParts(ran, 'TRY_LATER', 6)
          assert.match(ran.err, /to another: 0-100\./)
          assert.equal(await server.info('sync_full'), count)
          if (flags.length === 0) assert.deepEqual(await readdir(folder), [])
        }
      }
    })

    it('keep their replicas from being dumped: only the masters know of the migration', async () => {
      for (const replica of cluster.replicas.slice(0, 2)) {
        const ran = await cli(['dump-rdb', '--shard', replica.target, '-q'])
        assertThreeParts(ran, 'TRY_LATER', 6)
        assert.match(ran.err, /to another: 0-100\./)
        assert.equal(ran.out, '')
      }
    })

    it('are seen in the RDB of the importing node where CLUSTER is not permitted', async () => {
      const rights = ['+ping', '+replconf', '+psync', '+info', '+client|setname']
      await both()[1].cli('ACL', 'SETUSER', 'lowly', 'on', '>pw', ...rights)
      const folder = await mkdtemp(join(home, 'x-'))
      const ran = await cli(['dump-rdb', '--shard', `redis://lowly:pw@${both()[1].target}`, '-o', join(folder, 'x.rdb')])
      assertThreeParts(ran, 'TRY_LATER', 6)
      assert.match(ran.err, /to another: 0-100\./)
      assert.deepEqual(await readdir(folder), [])
    })

    it('leave a third node alone', async () => {
      const third = cluster.masters[2] as RunningServer
      const ran = await cli(['dump-rdb', '--shard', third.target, '-q'])
      assert.equal(ran.status, 0, ran.err)
    })

    it('are dumped again once the migration is cancelled', async () => {
      for (const server of both()) await server.cli(...cancel)
      for (const server of both()) {
        await server.until('the end', async () => /cancel|fail/.test(await server.cli(...list)))
      }
      const folder = join(await mkdtemp(join(home, 'x-')), 'dump')
      const ran = await cli(['dump-rdb', '--cluster', both()[0].target, '-o', folder])
      assert.equal(ran.status, 0, ran.err)
      assert.equal((await readdir(folder)).length, 4)
    })
  })
}

for (const installed of servers().filter(({ id }) => id === 'redis-8.6')) {
  it(`slots that have left a node of ${installed.id} are not dumped until their keys are deleted there: INFO still counts them`, async (context) => {
    const cluster = await startCluster(installed)
    context.after(() => cluster.stop())
    const [from, to] = cluster.masters as [RunningServer, RunningServer]
    const tag = await tagIn(from, 0, 100)
    await from.cli('EVAL', `for i = 1, 500 do redis.call('SET', '{${tag}}' .. i, 'v') end`, '1', tag)
    // A key is deleted in 0.1 s, so that this outlives the test.
    await from.cli('DEBUG', 'ASM-TRIM-METHOD', 'active', '100000')
    await to.cli('CLUSTER', 'MIGRATION', 'IMPORT', '0', '100')
    await from.until('the deletion', async () => (await from.cli('CLUSTER', 'INFO')).includes('active_trim_running:1'))
    const ran = await cli(['dump-rdb', '--cluster', from.target, '-o', join(home, 'trim')])
    // A deletion that has ended meanwhile may have ended before the dump.
    if ((await from.cli('CLUSTER', 'INFO')).includes('active_trim_running:1')) assertThreeParts(ran, 'TRY_LATER', 6)
    else assert.ok([0, 6].includes(ran.status ?? -1), ran.err)
  })
}

for (const installed of servers().filter(({ id }) => id === 'valkey-9.1')) {
  it(`slots opened by CLUSTER SETSLOT are seen in the RDB of ${installed.id} where CLUSTER is not permitted`, async (context) => {
    const cluster = await startCluster(installed)
    context.after(() => cluster.stop())
    const [from, to] = cluster.masters as [RunningServer, RunningServer]
    await from.cli('CLUSTER', 'SETSLOT', '9', 'MIGRATING', await cluster.id(to))
    await from.cli('ACL', 'SETUSER', 'lowly', 'on', '>pw', '+ping', '+replconf', '+psync', '+info', '+client|setname')
    const ran = await cli(['dump-rdb', '--shard', `redis://lowly:pw@${from.target}`, '-o', join(home, 'open.rdb')])
    assertThreeParts(ran, 'TRY_LATER', 6)
    assert.match(ran.err, /to another: 9\./)
  })
}

/** A hash tag whose slot lies in this range. */
async function tagIn(server: RunningServer, first: number, last: number): Promise<string> {
  for (let index = 0; ; index++) {
    const slot = Number(await server.cli('CLUSTER', 'KEYSLOT', `t${index}`))
    if (slot >= first && slot <= last) return `t${index}`
  }
}
