/** `lag --cluster`: the tree of every shard, also while masters change and when one cannot be asked. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { hashSlot, keyWithin } from '../../src/protocol/cluster/hash-slot.ts'
import { promote, type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { assertMetrics, sample } from '../helpers/promtool.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, type RunningServer } from '../helpers/server.ts'
import { Watching } from '../helpers/watching.ts'

interface Look {
  readonly shards: readonly {
    readonly node: string
    readonly slots: readonly number[][]
    readonly at: string
    readonly verdict: { readonly kind: string }
    readonly report: {
      readonly master: { readonly name: string; readonly lost: string | null }
      readonly replicas: readonly {
        readonly name: string
        readonly state: string
        readonly markers: { readonly received: number } | null
      }[]
    }
  }[]
  readonly check: { readonly isOk: boolean; readonly reason: string } | null
  readonly exitStatus: number
}

function lookOf(text: string): Look {
  const look = assertSchema(text, 'lag-cluster') as unknown as Look
  // The report of a shard is a report of lag without its head.
  const { shards, ...head } = look
  for (const { at, verdict, report } of shards) {
    assertSchema(JSON.stringify({ ...head, schema: 'redis-repl/lag/1', at, verdict, ...report }), 'lag')
  }
  return look
}

for (const installed of oldestNewestAndValkey()) {
  describe(`lag of a cluster of ${installed.id}`, { concurrency: 1 }, () => {
    let cluster: RunningCluster
    const running: { stop(): unknown }[] = []
    before(async () => {
      cluster = await startCluster(installed)
    })
    after(async () => {
      await Promise.all(running.map((one) => one.stop()))
      await cluster.stop()
    })
    const entry = () => cluster.replicas[1]?.target ?? ''
    const masters = (look: Look) => look.shards.map(({ report }) => report.master.name)

    it('shows the tree of every shard, and takes limits for each', async () => {
      const ran = await cli(['lag', '--cluster', entry(), '--json', '--min-replicas', '1', '--max-seconds', '5', '--wait', '10s'])
      assert.equal(ran.status, 0, ran.out + ran.err)
      const look = lookOf(ran.out)
      assert.deepEqual(
        masters(look),
        cluster.masters.map(({ target }) => target),
      )
      assert.deepEqual(
        look.shards.map(({ report }) => report.replicas.map(({ name, state }) => [name, state])),
        cluster.replicas.map(({ target }) => [[target, 'online']]),
      )
      assert.match(look.check?.reason ?? '', /^3 shards, 3 replicas/)
      const poor = await cli(['lag', '--cluster', entry(), '--min-replicas', '2', '--sample', '0'])
      assert.equal(poor.status, 1, poor.err)
      assert.match(
        poor.out,
        /^FAILED: 1 of at least 2 replicas[\s\S]*^slots 0-5460 {2}FAILED\n[\s\S]*^slots 5461-10921 {2}FAILED\n[\s\S]*^slots 10922-16383 {2}FAILED\n[\s\S]*^0 of 3 shards OK$/m,
      )
    })

    it('writes a marker into a slot of each shard', async () => {
      const ran = await cli(['lag', '--cluster', entry(), '--json', '--marker-key', 'redis-repl:marker'])
      assert.equal(ran.status, 0, ran.out + ran.err)
      for (const { report } of lookOf(ran.out).shards) assert.ok((report.replicas[0]?.markers?.received ?? 0) > 3)
      for (const name of ['redis-repl:marker', 'a{tag}b', '{}x', 'é']) {
        assert.equal(String(hashSlot(name)), await cluster.masters[0]?.cli('CLUSTER', 'KEYSLOT', name))
      }
      assert.equal(hashSlot(keyWithin('a{tag}b', [[7, 7]])), 7)
    })

    it('watches on while a replica takes the place of its master', { timeout: 60_000 }, async () => {
      const watch = new Watching(['--cluster', entry(), '--json'])
      running.push({ stop: () => watch.end('SIGKILL') })
      const [old, next] = [cluster.masters[0] as RunningServer, cluster.replicas[0] as RunningServer]
      await next.until('a first look', async () => watch.last !== '')
      await promote(next)
      const expected = [next.target, ...cluster.masters.slice(1).map(({ target }) => target)]
      await next.until('the new tree', async () => {
        const look = lookOf(watch.last)
        const [shard] = look.shards
        const hasReplica = shard?.report.replicas.some(({ name, state }) => name === old.target && state === 'online')
        return String(masters(look)) === String(expected) && hasReplica === true
      })
      // Up to 6.0 a manual failover pauses INFO too. A look that falls into it gets no answer, and then the watch ends with 1.
      const { exitStatus } = lookOf(watch.last)
      if (installed.id !== 'redis-6.0') assert.equal(exitStatus, 0)
      assert.equal(await watch.end(), exitStatus)
      await promote(old)
    })

    // CLUSTER SLOTS, the map of servers before 7.0, leaves out what has failed.
    const showsFailed = installed.id !== 'redis-6.0'
    it('names a replica that is gone, which its master has forgotten and the cluster has not', { timeout: 60_000 }, async () => {
      const gone = cluster.replicas.at(-1) as RunningServer
      gone.signal('SIGSTOP')
      const asked = cluster.masters[0] as RunningServer
      try {
        const at = gone.target.replace('127.0.0.1:', ':')
        await asked.until('the failure of the replica', async () => {
          const line = (await asked.cli('CLUSTER', 'NODES')).split('\n').find((one) => one.includes(at))
          return /\bfail\b/.test(line ?? '')
        })
        // As after repl-timeout: its master no longer lists it.
        for (const server of [...cluster.masters, ...cluster.replicas.slice(0, -1)]) {
          if ((await server.info('role')) === 'master') await server.cli('CLIENT', 'KILL', 'TYPE', 'replica')
        }
        const ran = await cli(['lag', '--cluster', asked.target, '--json', '--require-link', '--sample', '1s'])
        assert.equal(ran.status, showsFailed ? 1 : 0, ran.out)
        const rows = lookOf(ran.out).shards.flatMap(({ report }) => report.replicas)
        assert.equal(
          rows.some(({ name }) => name === gone.target),
          showsFailed,
        )
      } finally {
        gone.signal('SIGCONT')
      }
      await asked.until('a whole cluster', async () => !/\bfail\b/.test(await asked.cli('CLUSTER', 'NODES')))
    })

    it('tells of a shard that is gone beside the others, with status 3', { timeout: 60_000 }, async () => {
      for (const server of [cluster.masters[2], cluster.replicas[2]]) server?.signal('SIGKILL')
      const asked = cluster.masters[0] as RunningServer
      await asked.until('its knowledge of that', async () => (await asked.cli('CLUSTER', 'INFO')).includes('cluster_state:fail'))
      const ran = await cli(['lag', '--cluster', asked.target, '--json', '--connect-timeout', '1'])
      assert.equal(ran.status, 3, ran.err)
      const look = lookOf(ran.out)
      assert.deepEqual(
        look.shards.map(({ report }) => [report.master.name, report.master.lost === null]),
        cluster.masters.map(({ target }, index) => [target, index < 2]),
      )
      const nagios = await cli(['lag', '--cluster', asked.target, '--format', 'nagios', '--connect-timeout', '1'])
      assert.equal(nagios.status, 2)
      assert.match(nagios.out, /^REPLICATION CRITICAL - .*refused the connection/)
    })

    it('has metrics for each shard, which say which one is gone', async () => {
      const ran = await cli(['lag', '--cluster', entry(), '--format', 'prometheus', '--connect-timeout', '1'])
      assert.equal(ran.status, 3, ran.err)
      assertMetrics(ran.out)
      for (const [shard, isUp] of Object.entries({ '0-5460': 1, '5461-10921': 1, '10922-16383': 0 })) {
        assert.equal(sample(ran.out, 'up', `shard="${shard}"`), isUp, shard)
        assert.equal(sample(ran.out, 'master_up', `shard="${shard}"`), isUp, shard)
        assert.equal(sample(ran.out, 'replica_link_up', `shard="${shard}"`) ?? 0, isUp, shard)
      }
    })
  })
}
