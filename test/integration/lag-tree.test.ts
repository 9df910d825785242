/** lag on a master with two replicas and a chained one: the tree from any of its servers, and what each is said to be. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inStep, lag, type Tree, tree, writeSteadily } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey } from '../helpers/server.ts'

/** With too few samples a quantile is null. */
function isAscending({ p50Ms, p95Ms, p99Ms, maxMs }: Record<'p50Ms' | 'p95Ms' | 'p99Ms' | 'maxMs', number | null>): boolean {
  const known = [p50Ms, p95Ms, p99Ms, maxMs].filter((figure) => figure !== null)
  return known.every((figure, index) => index === 0 || figure >= (known[index - 1] as number))
}

for (const installed of oldestNewestAndValkey()) {
  describe(`lag on ${installed.id}`, () => {
    let t: Tree
    before(async () => {
      t = await tree(installed)
    })
    after(() => Promise.all((t?.all ?? []).map((one) => one.stop())))

    it('finds the whole tree from the master and from the last of a chain', async () => {
      for (const from of [t.master, t.chained]) {
        const { json, of, status } = await lag(from.target, '--sample', '300ms')
        assert.equal(status, 0)
        assert.equal(json.master.name, t.master.target)
        assert.equal(json.master.identity.flavour, installed.id.split('-')[0])
        assert.deepEqual(
          json.replicas.map(({ name }: { name: string }) => name).sort(),
          [t.first, t.second, t.chained].map(({ target }) => target).sort(),
        )
        assert.deepEqual([of(t.first).upstream, of(t.first).depth, of(t.first).state], [t.master.target, 1, 'online'])
        assert.deepEqual([of(t.chained).upstream, of(t.chained).depth, of(t.chained).state], [t.first.target, 2, 'online'])
      }
    })

    it('shows zero for a replica that has every byte of an idle master, and no write rate', async () => {
      for (const replica of [t.first, t.second, t.chained]) await inStep(t.master, replica)
      const { json, of } = await lag(t.master.target, '--sample', '1s')
      for (const replica of [t.first, t.second, t.chained]) {
        const { lag: figure, resync } = of(replica)
        assert.deepEqual([figure.method, figure.bytes, figure.minMs, figure.maxMs], ['info', 0, 0, 0])
        assert.deepEqual([resync.kind, resync.bytes, resync.timeLeftMs], ['partial', 0, null])
      }
      assert.equal(json.master.writes.averageBytesPerSecond, 0)
      assert.ok(json.advice.some(({ text }: { text: string }) => /Nothing was written/.test(text)))
    })

    it('measures under load what INFO shows, and attaches or writes nothing for it', async () => {
      const counters = ['total_forks', 'sync_full', 'sync_partial_ok', 'sync_partial_err', 'connected_slaves']
      const look = () => Promise.all(counters.map((field) => t.master.info(field)))
      const was = await look()
      const stop = writeSteadily(t.master, 500)
      try {
        const { json, of } = await lag(t.master.target, '--sample', '1500ms')
        for (const replica of [t.first, t.second, t.chained]) {
          const { lag: figure, trend, appliedBytesPerSecond } = of(replica)
          assert.ok(figure.maxMs !== null && figure.maxMs < 1000, JSON.stringify(figure))
          assert.ok(trend.kind === 'even', JSON.stringify(trend))
          assert.ok(appliedBytesPerSecond > 0)
        }
        const { averageBytesPerSecond, peakBytesPerSecond } = json.master.writes
        // About 140 bytes each, as the stream has them; the machine may be slow.
        assert.ok(averageBytesPerSecond > 20_000 && averageBytesPerSecond < 120_000, String(averageBytesPerSecond))
        assert.ok(peakBytesPerSecond >= averageBytesPerSecond)
      } finally {
        stop()
      }
      assert.deepEqual(await look(), was)
    })

    it('compares the streams of both ends byte for byte and without a fork, also down a chain', async () => {
      const was = await Promise.all(t.all.map((server) => server.info('total_forks')))
      const full = await Promise.all(t.all.map((server) => server.info('sync_full')))
      const stop = writeSteadily(t.master, 500)
      try {
        const { of } = await lag(t.master.target, '--attach', '--sample', '2s')
        for (const replica of [t.first, t.second, t.chained]) {
          const { arrivals } = of(replica)
          assert.equal(arrivals.problem, null)
          assert.equal(arrivals.differsAt, null)
          assert.ok(arrivals.comparedBytes > 10_000, JSON.stringify(arrivals))
          assert.ok(arrivals.lag.count > 10)
          assert.ok(isAscending(arrivals.lag))
          const counted = arrivals.histogram.reduce((sum: number, { count }: { count: number }) => sum + count, 0)
          assert.equal(counted, arrivals.lag.count)
        }
      } finally {
        stop()
      }
      assert.deepEqual(await Promise.all(t.all.map((server) => server.info('total_forks'))), was)
      assert.deepEqual(await Promise.all(t.all.map((server) => server.info('sync_full'))), full)
    })

    it('finds each marker again at each replica, touches no key, and says what that took', async () => {
      const keys = await t.master.cli('DBSIZE')
      const { json, of } = await lag(t.master.target, '--marker', '--sample', '1500ms')
      for (const replica of [t.first, t.second, t.chained]) {
        const { markers } = of(replica)
        assert.equal(markers.failure, null)
        assert.ok(markers.received > 5 && markers.received <= markers.sent, JSON.stringify(markers))
        assert.ok(markers.lag.p50Ms < 1000)
      }
      assert.ok(json.markers.sent > 5 && json.markers.bytes > json.markers.sent * 40)
      assert.equal(await t.master.cli('DBSIZE'), keys)
    })

    it('writes one key with --marker-key, which expires by itself', async () => {
      const { of } = await lag(t.master.target, '--marker-key', 'redis-repl:marker', '--sample', '1s')
      const { markers } = of(t.chained)
      assert.ok(markers.received > 3 && markers.lag.minMs > 0 && markers.errorMs > 0, JSON.stringify(markers))
      const ttl = Number(await t.master.cli('PTTL', 'redis-repl:marker'))
      assert.ok(ttl > 0 && ttl <= 60_000)
      await t.master.cli('DEL', 'redis-repl:marker')
    })

    it('touches no key that holds something else', async () => {
      await t.master.cli('SET', 'mine', 'precious')
      await t.master.cli('RPUSH', 'mine:list', 'precious')
      for (const key of ['mine', 'mine:list']) {
        const { of } = await lag(t.master.target, '--marker-key', key, '--sample', '500ms')
        const { markers } = of(t.first)
        assert.deepEqual([markers.sent, markers.received], [0, 0])
        assert.match(markers.failure.what, /does not contain a marker. It was not changed/)
      }
      assert.deepEqual([await t.master.cli('GET', 'mine'), await t.master.cli('TTL', 'mine')], ['precious', '-1'])
      assert.equal(await t.master.cli('LRANGE', 'mine:list', '0', '-1'), 'precious')
    })

    it('prints a record a look with --watch, and a summary when it is stopped', async () => {
      const records = await cli(['lag', t.master.target, '--watch', '-i', '200ms', '--count', '3', '--json'])
      assert.equal(records.status, 0)
      const lines = records.out.trim().split('\n')
      assert.equal(lines.length, 3)
      for (const line of lines) assertSchema(line, 'lag')
      const text = await cli(['lag', t.master.target, '--watch', '-i', '200ms', '--duration', '10m'], {
        // Both lines of the first look come at once, and so do those of a replica that has changed.
        during: (child) => child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 1000)),
      })
      assert.equal(text.status, 0)
      assert.match(
        text.out,
        new RegExp(`^\\S+Z master=${t.master.target} replica=${t.first.target} state=online link=up lag_bytes=0 lag_ms=0 `, 'm'),
      )
      assert.match(text.out, new RegExp(`^\\S+Z event=summary replica=${t.chained.target} measurements=\\d+ min_ms=`, 'm'))
    })
  })
}
