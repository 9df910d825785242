/** psync against every server at hand: each condition produced for real, at its edge and one past it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activateBacklog, inStep, number, pair, syncCounters } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { RunningServer, servers } from '../helpers/server.ts'

const UNKNOWN_REPLID = 'b'.repeat(40)

interface Report {
  verdict: { kind: string; answer: string; basis: string }
  isAsForecast: boolean | null
  forecast: { kind: string; reason?: string; bytes?: number; replid?: string }
  notSent: { reason: string } | null
  guard: { name: string; isCertain: boolean }
  subject: { kind: string; role?: string }
  asked: { replid: string; offset: number; requestOffset: number }
  advice: { code: string; remedy: { server: string; commands: string[] } | null }[]
  reply: { kind: string; replid?: string } | null
  staysGoodMs: number | null
  writeRate: { bytes: number; bytesPerSecond: number } | null
  expectation: { isMet: boolean } | null
  exchanges: { sent: string[] }[]
}

async function psync(server: RunningServer, ...args: string[]): Promise<Report> {
  const ran = await cli(['psync', server.target, '--json', '--sample', '0', ...args])
  assert.equal(ran.status, 0, ran.out + ran.err)
  return assertSchema(ran.out, 'psync') as unknown as Report
}

/** Asks for real, and holds the counters to what the answer was. */
async function asked(server: RunningServer, replid: string, offset: number, ...args: string[]): Promise<Report> {
  const before = await syncCounters(server)
  const report = await psync(server, '--replid', replid, '--offset', String(offset), '--allow-fork', ...args)
  const after = await syncCounters(server)
  assert.equal(report.verdict.basis, 'psync')
  assert.equal(report.isAsForecast, true)
  assert.equal(report.asked.requestOffset, offset + 1)
  const wasServed = report.verdict.kind === 'partial'
  assert.equal(after.ok - before.ok, wasServed ? 1 : 0)
  assert.equal(after.err - before.err, wasServed ? 0 : 1)
  // A sync on two channels counts as full only when its second one comes.
  if (wasServed || report.reply?.kind === 'channel') assert.equal(after.full, before.full)
  else assert.equal(after.full, before.full + 1)
  return report
}

const writeBytes = (server: RunningServer, bytes: number) => server.cli('SET', 'filler', 'x'.repeat(bytes))

for (const installed of servers()) {
  const hasGuard = installed.id !== 'redis-6.0'

  describe(`psync with ${installed.id}`, () => {
    it('serves the whole backlog from its first byte to the live end, and nothing before or after', async () => {
      const server = await RunningServer.start(installed, { 'repl-backlog-size': '16384', 'repl-diskless-sync-delay': '3' })
      try {
        await activateBacklog(server)
        for (let round = 0; round < 12; round++) await writeBytes(server, 5000)
        const replid = await server.info('master_replid')
        const first = await number(server, 'repl_backlog_first_byte_offset')
        const end = await number(server, 'master_repl_offset')
        assert.ok(first > 1, 'the backlog has run over')
        const oldest = await asked(server, replid, first - 1)
        assert.deepEqual(oldest.forecast, { kind: 'partial', bytes: end - first + 1, replid })
        const careful = await psync(server, '--replid', replid, '--offset', String(first - 1))
        // Without a guard a position at the edge is not asked for: the next write could take it away.
        assert.deepEqual([careful.verdict.kind, careful.notSent?.reason], ['partial', hasGuard ? undefined : 'NEAR_EDGE'])
        const tooOld = await asked(server, replid, first - 2)
        assert.deepEqual([tooOld.forecast.reason, tooOld.forecast.bytes], ['TOO_OLD', 1])
        const gap = end - (first - 1) + 1
        // Never less than the default, which is 10mb since Valkey 8.0.
        const megabytes = Math.max(installed.id.startsWith('valkey') ? 10 : 1, Math.ceil((gap * 1.5) / 1024 / 1024))
        const remedy = tooOld.advice.find(({ code }) => code === 'BACKLOG_SIZE')?.remedy
        assert.deepEqual([remedy?.server, remedy?.commands], [server.target, [`CONFIG SET repl-backlog-size ${megabytes}mb`]])
        const moved = await number(server, 'master_repl_offset')
        assert.deepEqual((await asked(server, replid, moved)).forecast, { kind: 'partial', bytes: 0, replid })
        const ahead = await asked(server, replid, moved + 1)
        assert.deepEqual([ahead.forecast.reason, ahead.forecast.bytes], ['AHEAD', 1])
      } finally {
        await server.stop()
      }
    })

    it('serves the old history of a promoted replica up to the fork point, and not one byte past it', async () => {
      const [master, replica] = await pair(installed)
      try {
        await writeBytes(master, 100)
        await inStep(master, replica)
        const old = await replica.info('master_replid')
        await replica.cli('REPLICAOF', 'NO', 'ONE')
        const fork = await number(replica, 'second_repl_offset')
        await writeBytes(replica, 100)
        const served = await asked(replica, old, fork - 1)
        assert.equal(served.verdict.kind, 'partial')
        assert.equal(served.reply?.replid, await replica.info('master_replid'))
        assert.notEqual(served.reply?.replid, old)
        const past = await asked(replica, old, fork)
        assert.deepEqual([past.forecast.reason, past.forecast.bytes], ['PAST_FORK', 1])
        // The demoted master itself, which went on writing.
        await writeBytes(master, 200)
        const before = await syncCounters(replica)
        const rejoin = await psync(replica, '--from-replica', master.target, '--explain')
        assert.equal(rejoin.subject.role, 'master')
        assert.equal(rejoin.forecast.reason, 'PAST_FORK')
        assert.equal(rejoin.forecast.bytes, (await number(master, 'master_repl_offset')) + 1 - fork)
        assert.deepEqual(await syncCounters(replica), before)
      } finally {
        await replica.stop()
        await master.stop()
      }
    })

    it('forgets the oldest of three histories, as a second failover makes it', async () => {
      const [master, replica] = await pair(installed)
      try {
        const first = await replica.info('master_replid')
        await replica.cli('REPLICAOF', 'NO', 'ONE')
        await replica.cli('REPLICAOF', '127.0.0.1', String(master.port))
        await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up')
        await master.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', '5')
        await replica.cli('REPLICAOF', 'NO', 'ONE')
        await master.cli('REPLICAOF', '127.0.0.1', String(replica.port))
        await master.until('a link', async () => (await master.info('master_link_status')) === 'up', 30_000)
        await master.cli('REPLICAOF', 'NO', 'ONE')
        assert.notEqual(await master.info('master_replid2'), first)
        const report = await asked(master, first, 1)
        assert.equal(report.forecast.reason, 'OTHER_HISTORY')
      } finally {
        await replica.stop()
        await master.stop()
      }
    })

    it('knows a replica by its own INFO', async () => {
      const [master, replica] = await pair(installed)
      try {
        const alive = await psync(master, '--from-replica', replica.target)
        assert.deepEqual([alive.verdict.kind, alive.verdict.basis, alive.subject.role], ['partial', 'psync', 'replica'])
        assert.equal(alive.asked.offset, await number(replica, 'slave_repl_offset'))
      } finally {
        await replica.stop()
        await master.stop()
      }
    })

    for (const how of ['NOSAVE', 'SAVE']) {
      const isKept = how === 'SAVE' && installed.id !== 'redis-6.0'
      it(`${isKept ? 'keeps' : 'loses'} the history when the master is restarted by SHUTDOWN ${how}`, async () => {
        const [master, replica] = await pair(installed)
        const { folder } = master
        let restarted: RunningServer | undefined
        try {
          await writeBytes(master, 100)
          await inStep(master, replica)
          const replid = await master.info('master_replid')
          await master.cli('SHUTDOWN', how).catch(() => undefined) // the answer is the end of the connection
          await replica.until('a lost link', async () => (await replica.info('master_link_status')) === 'down')
          restarted = await RunningServer.start(installed, {}, { folder })
          const offset = await number(replica, 'slave_repl_offset')
          const explained = await psync(restarted, '--from-replica', replica.target, '--explain')
          assert.deepEqual([explained.verdict.basis, explained.asked.offset], ['info', offset])
          const report = await asked(restarted, replid, offset)
          assert.deepEqual(report.forecast, explained.forecast)
          assert.equal(report.verdict.kind, isKept ? 'partial' : 'full')
          assert.equal(report.forecast.reason, isKept ? undefined : 'OTHER_HISTORY')
        } finally {
          await restarted?.stop()
          await replica.stop()
          await master.stop()
        }
      })
    }

    it('sees that a backlog was freed after its ttl, and that the history ended with it', async () => {
      const server = await RunningServer.start(installed, { 'repl-backlog-ttl': '1' })
      try {
        await activateBacklog(server)
        const replid = await server.info('master_replid')
        await server.until('a freed backlog', async () => (await server.info('repl_backlog_active')) === '0')
        const before = await syncCounters(server)
        const now = await server.info('master_replid')
        const report = await psync(server, '--replid', replid, '--offset', '0')
        assert.equal(report.forecast.reason, 'OTHER_HISTORY')
        assert.ok(report.advice.some(({ code }) => code === 'BACKLOG_TTL'))
        // Sending it would make a backlog and another replid.
        assert.equal(report.notSent?.reason, hasGuard ? 'NEW_REPLID' : 'NO_GUARD')
        const live = await psync(server)
        assert.deepEqual([live.forecast.reason, live.verdict.basis], ['NO_BACKLOG', 'info'])
        assert.equal(await server.info('master_replid'), now)
        assert.deepEqual(await syncCounters(server), before)
      } finally {
        await server.stop()
      }
    })

    it(`${hasGuard ? 'asks for what will be refused under a guard' : 'does not ask for what will be refused'}, and forks nothing`, async () => {
      const server = await RunningServer.start(installed)
      try {
        await activateBacklog(server)
        const before = [await server.info('total_forks'), await server.info('master_replid'), await server.info('rdb_last_save_time')]
        const report = await psync(server, '--replid', UNKNOWN_REPLID, '--offset', '7')
        assert.equal(report.verdict.kind, 'full')
        assert.equal(report.verdict.basis, hasGuard ? 'psync' : 'info')
        if (!hasGuard) assert.equal(report.notSent?.reason, 'NO_GUARD')
        await server.until('an empty replica list', async () => (await server.info('connected_slaves')) === '0')
        const after = [await server.info('total_forks'), await server.info('master_replid'), await server.info('rdb_last_save_time')]
        assert.deepEqual(after, before)
        assert.equal(await server.info('rdb_bgsave_in_progress'), '0')
      } finally {
        await server.stop()
      }
    })

    it('does not ask where the settings leave no guard', async () => {
      const server = await RunningServer.start(installed, { 'repl-diskless-sync': 'no' })
      try {
        await activateBacklog(server)
        const before = await syncCounters(server)
        const report = await psync(server, '--replid', UNKNOWN_REPLID, '--offset', '7')
        assert.deepEqual([report.verdict.basis, report.notSent?.reason], ['info', 'NO_GUARD'])
        assert.equal(report.guard.name, hasGuard ? 'empty-rdb' : 'none')
        assert.deepEqual(await syncCounters(server), before)
      } finally {
        await server.stop()
      }
    })
  })
}
