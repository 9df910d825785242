/** The master by its Sentinels: found while some are down, refused when none knows it, followed through failovers. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { type Watched, watched } from '../helpers/sentinels.ts'
import { oldestNewestAndValkey, pick, type RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { Watching } from '../helpers/watching.ts'

for (const installed of oldestNewestAndValkey()) {
  describe(`three Sentinels of ${installed.id}`, { concurrency: 1 }, () => {
    let set: Watched
    before(async () => {
      set = await watched(installed, 3)
      await set.ready()
    })
    after(() => set.stop())

    it('name the master, by URI and by flags, and the trace tells who said it', async () => {
      const ran = await cli(['handshake', set.target, '--json'])
      const { choices, connection } = assertSchema(ran.out, 'handshake') as {
        choices: { by: string; endpoint: string; asked: { answer: string }[] }[]
        connection: { remote: string }
      }
      assert.equal(connection.remote, set.master.target)
      assert.deepEqual([choices[0]?.by, choices[0]?.asked.map(({ answer }) => answer)], ['sentinel', ['says', 'says', 'says']])
      const flags = set.sentinels.flatMap(({ target }) => ['--sentinel', target])
      const shown = await cli(['handshake', ...flags, '--master-name', set.name])
      assert.match(shown.out, /^SOURCE +.*named by 3 of 3 Sentinels/m)
    })

    it('are all asked, so that one that is down delays nothing', async () => {
      const ran = await cli(['lag', set.target.replace('//', '//127.0.0.1:1,'), '--sample', '0', '--json'])
      assert.equal(ran.status, 0, ran.out)
      assert.equal((JSON.parse(ran.out) as { master: { name: string } }).master.name, set.master.target)
    })

    it('are not waited for when one hangs and the others agree', async () => {
      set.sentinels[0]?.signal('SIGSTOP')
      try {
        const ran = await cli(['handshake', set.target, '--step-timeout', '120', '--json'])
        const [choice] = (JSON.parse(ran.out) as { choices: { asked: { answer: string; named?: string; failure?: string }[] }[] }).choices
        assert.deepEqual(
          choice?.asked.map(({ answer, named, failure }) => [answer, named ?? failure]),
          [
            ['failed', 'did not answer in time'],
            ['says', set.master.target],
            ['says', set.master.target],
          ],
        )
      } finally {
        set.sentinels[0]?.signal('SIGCONT')
      }
    })

    it('that do not know the name, and that are all down, are distinguished', async () => {
      assertThreeParts(await cli(['handshake', set.target.replace(set.name, 'other')]), 'USAGE', 2)
      assertThreeParts(await cli(['handshake', 'redis-sentinel://127.0.0.1:1,127.0.0.1:2/mymaster']), 'MASTER_UNREACHABLE', 3)
    })

    it('lead to a replica where one is preferred, and back to the master', async () => {
      const byReplica = await cli(['dump-rdb', set.target, '--prefer', 'replica', '--json'])
      const { choices } = JSON.parse(byReplica.err)
      assert.deepEqual([choices[1].by, choices[1].endpoint, choices[1].isFallback], ['prefer replica', set.replica.target, false])
      const byMaster = await cli(['handshake', set.replica.target, '--prefer', 'master', '--json'])
      assert.equal(JSON.parse(byMaster.out).connection.remote, set.master.target)
    })

    it('are followed to the new master while we tail and dump, and no command is missing', async (context) => {
      const home = await mkdtemp(join(tmpdir(), 'redis-repl-failover-'))
      const tail = new Tailing([set.target, '--format', 'resp']).read()
      const preferring = new Tailing([set.target, '--prefer', 'master', '--format', 'csv']).read()
      const watch = new Watching([set.target, '--json'])
      context.after(() => Promise.all([tail, preferring, watch].map((one) => one.end('SIGKILL'))))
      context.after(() => rm(home, { recursive: true }))
      await Promise.all([tail.following(), preferring.following(), watch.until((name) => name === set.master.target)])
      for (let index = 0; index < 50; index++) await set.master.cli('RPUSH', 'list', String(index))
      const slow = cli(['dump-rdb', set.target, '-o', join(home, 'x.rdb')])
      // The master hangs with its links open: only the Sentinels can tell that there is another.
      set.master.signal('SIGSTOP')
      // Sentinel ends the connections of a server whose role it changes (sentinel.c, sentinelSendSlaveOf), also that of a question.
      const field = (server: RunningServer, name: string) => server.info(name).catch(() => '')
      await set.replica.until('its promotion', async () => (await field(set.replica, 'role')) === 'master', 40_000)
      await tail.says(/following .* again,\s+starting\s+after\s+offset\s+\d+:\s+no\s+byte\s+is\s+missing/)
      for (let index = 50; index < 100; index++) await set.replica.cli('RPUSH', 'list', String(index))
      await tail.says(/99/)
      await preferring.says(/"RPUSH","list","99"/)
      assert.equal(await tail.end('SIGINT'), 0)
      assert.equal(await preferring.end('SIGINT'), 0)
      const pushed = [...tail.out.matchAll(/RPUSH\r\n\$4\r\nlist\r\n\$\d+\r\n(\d+)/gi)].map(([, value]) => Number(value))
      assert.deepEqual(
        pushed,
        Array.from({ length: 100 }, (_, index) => index),
      )
      await watch.until((name) => name === set.replica.target)
      set.master.signal('SIGCONT')
      await set.master.until('its new place', async () => (await field(set.master, 'master_link_status')) === 'up')
      await watch.until((name) => name === set.replica.target)
      // The looks while there was no master have failed.
      assert.equal(await watch.end(), 1)
      const dumped = await slow
      // Either it was served before or after, or it says so; never half a file.
      if (dumped.status === 0) assert.match(await set.replica.checkRdb(join(home, 'x.rdb')), /RDB looks OK/)
      else assert.ok([3, 6, 7].includes(dumped.status ?? -1), dumped.err)
    })
  })
}

describe('Sentinels with a password of their own', () => {
  it('are not shown that of the servers, and say which is missing', async () => {
    const set = await watched(
      pick('redis-8.6', 'redis-7.0'),
      1,
      { requirepass: 'their-s3cret', masterauth: 'their-s3cret' },
      {
        requirepass: 'own-s3cret',
        'sentinel auth-pass': 'mymaster their-s3cret',
      },
    )
    try {
      assertThreeParts(await cli(['handshake', set.target, '-a', 'their-s3cret', '--no-auth-warning']), 'AUTH_REQUIRED', 4)
      const both = ['-a', 'their-s3cret', '--no-auth-warning', '--sentinel-pass', 'own-s3cret']
      const ran = await cli(['handshake', set.target, ...both])
      assert.equal(ran.status, 0, ran.err)
      assert.doesNotMatch(ran.out + ran.err, /s3cret/)
    } finally {
      await set.stop()
    }
  })
})
