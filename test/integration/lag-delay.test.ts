/** lag where the truth is known: a proxy that holds the stream of a replica back by so much. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { TcpProxy } from '../helpers/proxy.ts'
import { lag, pair, type Tree, tree, writeSteadily } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, pick } from '../helpers/server.ts'

/** The master is written to every 10 ms. */
const WRITES_EVERY_MS = 10

for (const installed of oldestNewestAndValkey()) {
  describe(`lag of a replica of ${installed.id} that is held back`, () => {
    let t: Tree
    let proxy: TcpProxy
    let stop = () => {}
    before(async () => {
      t = await tree(installed, {}, async (master) => {
        proxy = await TcpProxy.start(master.port)
        return proxy.target
      })
      stop = writeSteadily(t.master, 500)
    })
    after(async () => {
      stop()
      proxy?.stop()
      await Promise.all((t?.all ?? []).map((one) => one.stop()))
    })

    for (const delayMs of [50, 200, 1000]) {
      it(`by ${delayMs} ms is measured within 5 ms by its stream, and by INFO within the stated bounds`, async () => {
        proxy.slow({ delayMs })
        const { of } = await lag(t.master.target, '--attach', '--sample', '4s')
        for (const replica of [t.first, t.chained]) {
          const { lag: figure, arrivals } = of(replica)
          const p50 = arrivals.lag.p50Ms
          const held = proxy.held.toSorted((a, b) => a - b)
          const [least = 0, middle = 0, most = 0] = [held[0], held[held.length >> 1], held.at(-1)]
          assert.ok(Math.abs(p50 - middle) <= 5, `${p50} ms by its stream, of ${middle} ms`)
          assert.equal(figure.method, 'info')
          const [low, high] = [figure.minMs, figure.maxMs]
          // The first missing byte may be younger than what was held back last, and a busy machine delays the stream too.
          const isTrue = low <= Math.max(most, arrivals.lag.maxMs) + WRITES_EVERY_MS && high >= least - WRITES_EVERY_MS
          assert.ok(isTrue, `${low} to ${high} ms by INFO, of ${least} to ${most} ms, ${JSON.stringify(arrivals.lag)}`)
          assert.ok(high - low < 500, `${low} to ${high} ms is no answer`)
        }
        assert.ok(of(t.second).arrivals.lag.p50Ms < 5, 'the other one is not held back')
      })
    }

    it('is named when it is over a limit, and not before', async () => {
      proxy.slow({ delayMs: 300 })
      const [over, within] = await Promise.all([
        cli(['lag', t.master.target, '--max-seconds', '0.1']),
        cli(['lag', t.master.target, '--max-seconds', '5s', '--min-replicas', '3', '--require-link']),
      ])
      assert.equal(over.status, 1, over.out)
      assert.match(over.out, new RegExp(`^FAILED: ${t.first.target} is up to \\d+ ms behind, more than --max-seconds 0\\.1$`, 'm'))
      assert.equal(within.status, 0, within.out)
      assert.match(within.out, /^OK: 3 replicas, up to \d+ ms( and .*)? behind$/m)
    })

    it('is waited for until it is within the limit, and must then stay there', async () => {
      proxy.slow({ delayMs: 1000 })
      const short = await cli(['lag', t.master.target, '--max-seconds', '0.3', '--wait', '2s'])
      assert.equal(short.status, 1, short.out)
      const waited = cli(['lag', t.master.target, '--max-seconds', '0.5', '--wait', '30s', '--for', '1s'])
      setTimeout(() => proxy.slow({}), 1500)
      const { status, out } = await waited
      assert.equal(status, 0, out)
    })

    it('gives the status of a monitoring plugin by its ranges', async () => {
      proxy.slow({ delayMs: 300 })
      const run = async (...ranges: string[]) => cli(['lag', t.master.target, '--format', 'nagios', ...ranges])
      const [well, warning, critical] = await Promise.all([
        run('--warning', '5'),
        run('--warning', '0.1', '--critical', '5'),
        run('--critical', '0.1'),
      ])
      assert.deepEqual([well.status, warning.status, critical.status], [0, 1, 2])
      assert.match(
        critical.out,
        new RegExp(
          `^REPLICATION CRITICAL - (?:${t.first.target}|${t.chained.target}) online, up to 0\\.\\d{3} s and [^|]*\\| '[^']+_seconds'=\\d+\\.\\d{3}s;;0\\.1;0 `,
        ),
      )
      // The performance data is on the first line. A line for each replica follows.
      assert.deepEqual(
        critical.out
          .trimEnd()
          .split('\n')
          .map((line) => line.includes('|')),
        [true, false, false, false],
      )
    })
  })
}

it('a byte that is not the same on both ends is named by its offset', async () => {
  const [master, replica] = await pair(pick('redis-8.6'))
  let changed = 0
  // Between the replica and us one byte of one command becomes another.
  const proxy = await TcpProxy.start(replica.port, (chunk) => {
    const at = chunk.indexOf('steady:42')
    if (at < 0 || changed++ > 0) return chunk
    const copy = Buffer.from(chunk)
    copy[at] = 0x53
    return copy
  })
  const stop = writeSteadily(master, 300)
  try {
    const { json, of } = await lag(master.target, '--attach', '--map', `${replica.target}=${proxy.target}`, '--sample', '3s')
    const { differsAt, comparedBytes } = of(replica).arrivals
    assert.ok(differsAt > 0 && differsAt < json.master.offset && comparedBytes > 10_000, JSON.stringify(of(replica).arrivals))
    assert.match(of(replica).notes.join(' '), /sends a stream that DIFFERS from its master’s at offset \d+\./)
    // The first letter of the key: behind the header of SET and its own length.
    const header = Buffer.byteLength('*3\r\n$3\r\nSET\r\n$9\r\n')
    const stream = (
      await cli(['tail', master.target, '--from', `${json.master.replid}:${differsAt - header - 1}`, '--format', 'json', '--count', '1'])
    ).out
    assert.match(stream, /"steady:42"/)
  } finally {
    stop()
    proxy.stop()
    await replica.stop()
    await master.stop()
  }
})
