/** A server that is named where another kind of server belongs: a Sentinel, or the target itself. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'
import { type Watched, watched } from '../helpers/sentinels.ts'
import { oldestNewestAndValkey, type RunningServer } from '../helpers/server.ts'

for (const installed of oldestNewestAndValkey()) {
  describe(`with ${installed.id}`, { concurrency: 1 }, () => {
    let set: Watched
    let sentinel: RunningServer
    before(async () => {
      set = await watched(installed, 1)
      await set.ready()
      sentinel = set.sentinels[0] as RunningServer
    })
    after(() => set.stop())

    const COMMANDS: Record<string, () => string[]> = {
      'handshake SENTINEL': () => ['handshake', sentinel.target],
      'psync SENTINEL': () => ['psync', sentinel.target],
      'psync MASTER --from-replica SENTINEL': () => ['psync', set.master.target, '--from-replica', sentinel.target],
      'tail SENTINEL': () => ['tail', sentinel.target],
      'dump-rdb SENTINEL': () => ['dump-rdb', sentinel.target],
      'dump-rdb SENTINEL --prefer replica': () => ['dump-rdb', sentinel.target, '--prefer', 'replica'],
      'lag SENTINEL': () => ['lag', sentinel.target],
      'lag MASTER --replica SENTINEL': () => ['lag', set.master.target, '--replica', sentinel.target],
      'handshake --cluster SENTINEL': () => ['handshake', '--cluster', sentinel.target],
      'psync --cluster SENTINEL': () => ['psync', '--cluster', sentinel.target],
      'tail --cluster SENTINEL': () => ['tail', '--cluster', sentinel.target],
      'dump-rdb --cluster SENTINEL': () => ['dump-rdb', '--cluster', sentinel.target, '-o', '/nowhere/x'],
      'lag --cluster SENTINEL': () => ['lag', '--cluster', sentinel.target],
    }
    for (const [name, command] of Object.entries(COMMANDS)) {
      it(`${name} names the Sentinel, its master, and the target to give`, async () => {
        const ran = await cli(command())
        assertThreeParts(ran, 'NOT_SUPPORTED', 5)
        const told = ran.err.replace(/\s+/g, ' ')
        assert.ok(told.includes(`${sentinel.target} is a Sentinel that watches ${set.name}.`), ran.err)
        assert.ok(told.includes(`redis-sentinel://${sentinel.target}/${set.name}`), ran.err)
      })
    }

    for (const [name, other] of Object.entries({ 'the same name': '127.0.0.1', 'another name': 'localhost' })) {
      it(`psync refuses a replica that is the target itself, under ${name}`, async () => {
        const replica = `${other}:${set.master.port}`
        const ran = await cli(['psync', set.master.target, '--from-replica', replica, '-4'])
        assertThreeParts(ran, 'USAGE', 2)
        assert.match(ran.err.replace(/\s+/g, ' '), /TARGET and --from-replica are one server/)
        assert.ok(ran.err.includes(replica), ran.err)
      })
    }

    it('psync refuses a replica that is the master which Sentinels name', async () => {
      assertThreeParts(await cli(['psync', set.target, '--from-replica', set.master.target]), 'USAGE', 2)
    })
  })
}
