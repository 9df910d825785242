/** --map holds for every server that the user names, not only for TARGET. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lag, pair } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey } from '../helpers/server.ts'

for (const installed of oldestNewestAndValkey()) {
  test(`with ${installed.id}, --map leads to the master and the replicas that are named, with or without a last dot`, async (context) => {
    const [master, replica] = await pair(installed)
    context.after(() => Promise.all([master, replica].map((server) => server.stop())))
    const map = ['--map', 'n1.redis.invalid=127.0.0.1', '--map', 'n2.redis.invalid=127.0.0.1']
    const target = `N1.Redis.invalid.:${master.port}`
    for (const name of [`n2.redis.invalid:${replica.port}`, `redis://N2.redis.invalid.:${replica.port}`]) {
      const asked = await cli(['psync', target, '--from-replica', name, '--sample', '0', '-q', ...map])
      assert.equal(asked.status, 0, asked.err)
      assert.match(asked.out, /^(CONTINUE|YES|PARTIAL)/i)
      const { status, json } = await lag(target, '--replica', name, '--sample', '300ms', '--require-link', ...map)
      assert.equal(status, 0)
      assert.deepEqual(
        json.replicas.map(({ state }: { state: string }) => state),
        ['online'],
      )
    }
  })
}
