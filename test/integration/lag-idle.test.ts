/** An idle master: its PINGs are no writes, and nothing is foretold from them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lag, pair } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey } from '../helpers/server.ts'

/** Every key of the tree whose value is a rate. */
function rates(value: unknown, key = ''): number[] {
  if (typeof value === 'number') return key.endsWith('PerSecond') ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => rates(one, name))
}

describe('an idle master that pings its replica each second', { concurrency: 1 }, () => {
  for (const installed of oldestNewestAndValkey()) {
    it(`has no write rate on ${installed.id}, by lag and by psync`, async (context) => {
      const [master, replica] = await pair(installed, { 'repl-ping-replica-period': '1' })
      for (const server of [replica, master]) context.after(() => server.stop())
      const { json, of } = await lag(master.target, '--sample', '3s')
      assert.deepEqual([json.master.writes.averageBytesPerSecond, json.master.writes.p99BytesPerSecond], [0, null])
      assert.equal(of(replica).resync.timeLeftMs, null)
      const text = await cli(['lag', master.target, '--sample', '3s'])
      assert.match(text.out, /no writes in/)
      assert.doesNotMatch(text.out, /partial for/)
      for (const more of [[], ['--explain']]) {
        const asked = await cli(['psync', master.target, '--from-replica', replica.target, '--sample', '2', '--json', ...more])
        const answer = assertSchema(asked.out, 'psync') as { writeRate: { bytesPerSecond: number }; staysGoodMs: number | null }
        assert.deepEqual([answer.writeRate.bytesPerSecond, answer.staysGoodMs], [0, null])
      }
    })

    it(`that got one write has a rate with one decimal, and no forecast, on ${installed.id}`, async (context) => {
      const [master, replica] = await pair(installed)
      for (const server of [replica, master]) context.after(() => server.stop())
      // Long enough for the first offsets to be taken before the write and the last ones after it, on a busy machine too.
      const measured = lag(master.target, '--sample', '9s')
      await master.until('a look', async () => /name=redis-repl age=[3-9]/.test(await master.cli('CLIENT', 'LIST')))
      // 32 bytes, 55 with the SELECT before it: no number of PINGs (14 bytes each) looks like either.
      await master.cli('SET', 'one', 'once')
      const { json, of } = await measured
      assert.ok(json.master.writes.averageBytesPerSecond > 0)
      for (const rate of rates(json)) assert.equal(rate, Number(rate.toFixed(1)))
      assert.equal(of(replica).resync.timeLeftMs, null)
      const [advice] = json.advice
      assert.match(advice.text, /^Only \d+ bytes were written in/)
    })
  }
})
