/** What lag foretells, compared with what then happens: how long a link may be cut, and whether a replica catches up. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TcpProxy } from '../helpers/proxy.ts'
import { inStep, lag, syncCounters, writeSteadily } from '../helpers/replication.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'

const SOME = oldestNewestAndValkey()
/** About 70 kB/s: the backlog covers some ten seconds. */
const WRITES_PER_SECOND = 500
const BACKLOG = 700_000

describe('what lag foretells', { concurrency: true }, () => {
  for (const installed of SOME) {
    describe(`of ${installed.id}`, { concurrency: 1 }, () => {
      let master: RunningServer
      let replica: RunningServer
      let proxy: TcpProxy
      let stop = () => {}
      before(async () => {
        master = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', 'repl-backlog-size': String(BACKLOG) })
        proxy = await TcpProxy.start(master.port)
        replica = await RunningServer.start(installed, { replicaof: proxy.target.replace(':', ' ') })
        await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up')
        await inStep(master, replica)
        stop = writeSteadily(master, WRITES_PER_SECOND)
      })
      after(async () => {
        stop()
        proxy?.stop()
        await replica?.stop()
        await master?.stop()
      })

      async function cutFor(ms: number): Promise<{ full: number; ok: number }> {
        const was = await syncCounters(master)
        proxy.close()
        await sleep(ms)
        proxy.open()
        await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up', 30_000)
        const is = await syncCounters(master)
        return { full: is.full - was.full, ok: is.ok - was.ok }
      }

      it('a cut that is shorter than predicted ends in a partial resync, a longer one in a full resync', async () => {
        const { json, of } = await lag(master.target, '--sample', '3s')
        const { resync } = of(replica)
        assert.equal(resync.kind, 'partial')
        const seconds = resync.timeLeftMs / 1000
        // It covers the whole backlog, since the replica has everything.
        const covered = BACKLOG / json.master.writes.averageBytesPerSecond
        assert.ok(Math.abs(seconds - covered) < covered / 5, `${seconds} of ${covered}`)
        assert.ok(json.advice.some(({ code }: { code: string }) => code === 'BACKLOG_SHORT'))
        // A replica tries again each second.
        assert.deepEqual(await cutFor(seconds * 600), { full: 0, ok: 1 })
        const { full } = await cutFor(seconds * 1400)
        assert.equal(full, 1)
        await inStepOnce()
      })

      /** Within a moment of each other while the writes go on. */
      async function inStepOnce(): Promise<void> {
        await replica.until('the live end', async () => {
          const [here, there] = [Number(await replica.info('slave_repl_offset')), Number(await master.info('master_repl_offset'))]
          return there - here < 20_000
        })
      }

      it('a replica that is slower than the writes falls behind by the difference, and when it is faster catches up in time', async () => {
        proxy.slow({ bytesPerSecond: 20_000 })
        await sleep(3000)
        const behind = (await lag(master.target, '--sample', '3s')).of(replica)
        assert.equal(behind.trend.kind, 'falling-behind', JSON.stringify(behind.trend))
        assert.ok(behind.trend.bytesPerSecond > 20_000 && behind.trend.bytesPerSecond < 90_000, JSON.stringify(behind.trend))
        assert.ok(behind.lag.bytes > 50_000)
        proxy.slow({ bytesPerSecond: 150_000 })
        const began = performance.now()
        const { of } = await lag(master.target, '--sample', '2s')
        const { trend, lag: figure } = of(replica)
        assert.equal(trend.kind, 'catching-up', JSON.stringify({ trend, figure }))
        const expected = trend.caughtUpInMs / 1000
        const asked = performance.now()
        await inStepOnce()
        const took = (performance.now() - asked) / 1000
        assert.ok(
          Math.abs(took - expected) < Math.max(2, expected),
          `${took} s, and ${expected} s were predicted, ${asked - began} ms after`,
        )
        proxy.slow({})
      })
    })
  }
})
