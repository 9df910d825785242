/** `psync --from-replica` after a failover: which writes the old master would discard, and --list-lost shows them. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { inStep, number, pair, syncCounters } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'

for (const installed of oldestNewestAndValkey()) {
  describe(`psync to a promoted ${installed.id}`, () => {
    let running: RunningServer[] = []
    afterEach(async () => {
      for (const server of running) await server.stop()
      running = []
    })

    /** The replica is promoted, and its old master goes on alone. @returns also the last offset that both have */
    async function parted(settings: Record<string, string> = {}) {
      const [old, promoted] = await pair(installed, { 'repl-ping-replica-period': '3600', ...settings })
      running.push(old, promoted)
      await old.cli('-n', '3', 'SET', 'both', '1')
      await inStep(old, promoted)
      const fork = await number(old, 'master_repl_offset')
      await promoted.cli('REPLICAOF', 'NO', 'ONE')
      return { old, promoted, fork, ask: (...flags: string[]) => cli(['psync', promoted.target, '--from-replica', old.target, ...flags]) }
    }

    it('says how to see the writes that the old master would discard, and that command shows them', async () => {
      const { old, fork, ask } = await parted()
      const replid = await old.info('master_replid')
      await old.cli('-n', '3', 'SET', 'lost', '1')
      const { err, out } = await ask()
      const command = `redis-repl tail ${old.target} --from ${replid}:${fork}`
      assert.ok(out.includes(`\n    ${command}\n`), out + err)
      const shown = await cli([...command.split(' ').slice(1), '--count', '1'])
      assert.match(shown.out, /^\d+ 3 "SET" "lost" "1"\n$/)
    })

    it('lists exactly these writes with --list-lost, with their database, and forks neither server', async () => {
      const { old, promoted, ask } = await parted()
      await old.cli('-n', '3', 'SET', 'lost:1', '1')
      await old.cli('-n', '5', 'INCR', 'lost:2')
      await promoted.cli('SET', 'kept', '1')
      const end = await number(old, 'master_repl_offset')
      const forks = () => Promise.all([old, promoted].map(async (server) => (await syncCounters(server)).forks))
      const [before, { full }] = [await forks(), await syncCounters(old)]
      const ran = await ask('--list-lost', '-q')
      assert.equal(ran.status, 0, ran.err)
      const [verdict, ...writes] = ran.out.trimEnd().split(/\n(?! )/)
      assert.match(verdict ?? '', /^FULL: /)
      assert.deepEqual(
        writes.map((line) => line.replace(/^\d+ /, '')),
        ['3 "SET" "lost:1" "1"', '5 "INCR" "lost:2"'],
      )
      assert.ok(writes.at(-1)?.startsWith(`${end} `), ran.out)
      assert.deepEqual(await forks(), before)
      assert.equal((await syncCounters(old)).full, full)
    })

    it('lists nothing where the old master wrote nothing more, and says so', async () => {
      const { old, ask } = await parted()
      const ran = await ask('--list-lost')
      assert.equal(ran.status, 0, ran.err)
      assert.match(ran.out, /^PARTIAL: /)
      assert.doesNotMatch(ran.out, /discards|"SET"/)
      assert.match(ran.err, new RegExp(`^${old.target} has no writes that this server lacks\\.$`, 'm'))
    })

    it('ends with 9 where the backlog of the old master begins after these writes', async () => {
      const { old, ask, fork } = await parted({ 'repl-backlog-size': '16384' })
      for (let index = 0; index < 60; index++) await old.cli('SET', `lost:${index}`, 'x'.repeat(1000))
      const ran = await ask('--list-lost', '-q')
      assert.equal(ran.status, 9, ran.err)
      const oldest = await number(old, 'repl_backlog_first_byte_offset')
      assert.match(ran.err.replaceAll(/\s+/g, ' '), new RegExp(`begin after offset ${fork}, and its backlog begins at offset ${oldest}`))
      assert.doesNotMatch(ran.out, /"SET"/)
    })

    it('ends with 9 for a server of another history', async () => {
      const { promoted } = await parted()
      const stranger = await RunningServer.start(installed)
      running.push(stranger)
      const ran = await cli(['psync', promoted.target, '--from-replica', stranger.target, '--list-lost'])
      assert.equal(ran.status, 9, ran.err)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), /the two servers have no history in common/)
    })
  })
}
