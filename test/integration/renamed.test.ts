/** Servers that accept replicas only under other command names, or not at all. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster, infoReply } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'
import { verdictOf } from '../helpers/verdict.ts'

for (const installed of oldestNewestAndValkey()) {
  describe(`${installed.id} with renamed commands`, () => {
    let server: RunningServer
    let home: string
    before(async () => {
      home = await mkdtemp(join(tmpdir(), 'redis-repl-renamed-'))
      const names = { 'rename-command': 'PSYNC its-psync\nrename-command SYNC its-sync' }
      server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', ...names })
      await server.cli('SET', 'k', 'v')
    })
    after(async () => {
      await server.stop()
      await rm(home, { recursive: true })
    })

    it('reports at once that no replica is accepted, and lag still works', async () => {
      const ran = await cli(['dump-rdb', server.target, '-o', join(home, 'none.rdb')])
      assertThreeParts(ran, 'NOT_SUPPORTED', 5)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), /accepts no replicas.* redis-repl lag.*--psync-command NAME/)
      const misnamed = await cli(['dump-rdb', server.target, '-o', join(home, 'none.rdb'), '--psync-command', 'bogus'])
      assertThreeParts(misnamed, 'NOT_SUPPORTED', 5)
      assert.match(misnamed.err.replaceAll(/\s+/g, ' '), /answered SYNC with "-ERR unknown command.*, and did not know bogus \? -1 before/)
      assert.equal((await cli(['lag', server.target, '--sample', '0'])).status, 0)
      assert.equal(await server.info('total_forks'), installed.id === 'redis-6.0' ? '' : '0')
    })

    it('is dumped by its own name for PSYNC, and by that for SYNC', async () => {
      for (const [index, flag] of ['--psync-command=its-psync', '--sync-command=its-sync'].entries()) {
        const file = join(home, `${index}.rdb`)
        const ran = await cli(['dump-rdb', server.target, '-o', file, flag])
        assert.equal(ran.status, 0, ran.err)
        assert.match(await server.checkRdb(file), /RDB looks OK/)
      }
    })

    it('is not asked under that name where no fork is wanted', async () => {
      const full = await server.info('sync_full')
      const ran = await cli(['handshake', server.target, '--psync-command', 'its-psync', '--json'])
      assert.equal(JSON.parse(ran.out).reply.stopped, 'RENAMED')
      assert.equal(await server.info('sync_full'), full)
    })

    it('is not followed by that name, with any --on-gap', async () => {
      const full = await server.info('sync_full')
      for (const onGap of ['fail', 'skip', 'resync']) {
        const ran = await cli(['tail', server.target, '--psync-command', 'its-psync', '--on-gap', onGap, '--duration', '30'])
        assertThreeParts(ran, 'FORK_NEEDED', 10)
        assert.match(ran.err.replaceAll(/\s+/g, ' '), /was not sent .* its-psync\. .* dump-rdb/)
      }
      assert.equal(await server.info('sync_full'), full)
    })

    it('is judged by its INFO, assuming that the name is not SYNC', async () => {
      for (const explain of [[], ['--explain']]) {
        const ran = await cli(['psync', server.target, '--psync-command', 'its-psync', '--sample', '0', '--json', ...explain])
        const { kind, basis, words } = verdictOf(assertSchema(ran.out, 'psync'))
        assert.deepEqual([ran.status, kind, basis], [0, 'partial', 'info'])
        if (explain.length === 0) assert.match(words, /assumes that the renamed command is PSYNC, not SYNC/)
      }
    })

    it('shows what the name is where a fork is allowed, and is not measured with it', async () => {
      const ran = await cli(['psync', server.target, '--psync-command', 'its-psync', '--allow-fork', '--sample', '0', '--json'])
      const { kind, words } = verdictOf(assertSchema(ran.out, 'psync'))
      assert.equal(kind, 'full')
      assert.match(words, /treats PSYNC under this name as SYNC/)
      const full = await cli(['psync', server.target, '--full', '--diskless', '--psync-command', 'its-psync'])
      assertThreeParts(full, 'NOT_SUPPORTED', 5)
      assert.match(full.err, /treated\s+its-psync\s+as\s+SYNC/)
    })

    it('is sent PSYNC itself where only SYNC is named and more than a dump is wanted', async () => {
      for (const args of [
        ['psync', '--full', '--diskless'],
        ['tail', '--from', 'snapshot'],
      ]) {
        const ran = await cli([...args, server.target, '--sync-command', 'its-sync'])
        assertThreeParts(ran, 'NOT_SUPPORTED', 5)
        assert.match(ran.err, /answered\s+PSYNC\s+\?\s+-1\s+with\s+"-ERR\s+unknown\s+command/)
      }
    })

    for (const start of [
      ['--from', 'snapshot'],
      ['--from', 'snapshot', '--on-gap', 'resync'],
      ['--allow-fork', '--on-gap', 'resync'],
    ]) {
      it(`forks once and no more for tail ${start.join(' ')}, which learns that the name is SYNC`, async () => {
        const full = Number(await server.info('sync_full'))
        const ran = await cli(['tail', server.target, '--psync-command', 'its-psync', ...start, '--duration', '30'])
        assertThreeParts(ran, 'NOT_SUPPORTED', 5)
        assert.match(ran.err.replaceAll(/\s+/g, ' '), /treated its-psync as SYNC.* dump-rdb/)
        assert.equal(Number(await server.info('sync_full')), full + 1)
      })
    }

    it('does not fork for tail --allow-fork where its settings leave time to go', async () => {
      if (installed.id === 'redis-6.0') return // no delay by default, and none of its filters
      await server.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', '5')
      const forks = await server.info('total_forks')
      const ran = await cli(['tail', server.target, '--psync-command', 'its-psync', '--allow-fork', '--duration', '30'])
      await server.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
      assertThreeParts(ran, 'NOT_SUPPORTED', 5)
      assert.equal(await server.info('total_forks'), forks)
    })
  })
}

describe('a service is recognised', () => {
  const REFUSED = "-ERR unknown command 'PSYNC', with args beginning with: '?' '-1' \r\n"
  const CASES: readonly (readonly [name: RegExp, info: Record<string, string>, refusal: string])[] = [
    [/Amazon ElastiCache.*AWS support/, { os: 'Amazon ElastiCache' }, REFUSED],
    [/Dragonfly.*own replication protocol/, { dragonfly_version: 'df-v1.30.0' }, REFUSED],
    [/Kvrocks/, { kvrocks_version: '2.12.0' }, '-ERR sequence out of range\r\n'],
    [/Azure Cache for Redis \(recognised by its error reply\)/, {}, '-ERR Command disallowed\r\n'],
    [/Huawei/, {}, '-ERR Unsupported command: psync ? -1\r\n'],
  ]
  for (const [name, info, refusal] of CASES) {
    it(`by its INFO or its words: ${name.source}`, async (context) => {
      const master = await FakeMaster.start({ INFO: infoReply(info), PSYNC: refusal })
      context.after(() => master.stop())
      const ran = await cli(['handshake', master.target])
      assertThreeParts(ran, 'NOT_SUPPORTED', 5)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), name)
    })
  }
})
