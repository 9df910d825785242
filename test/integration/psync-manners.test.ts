/** psync besides its verdict: its traces, missing rights, --watch, --expect, refused flags. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, number, pair, syncCounters } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { pick, RunningServer, servers } from '../helpers/server.ts'
import { verdictOf } from '../helpers/verdict.ts'

const UNKNOWN_REPLID = 'b'.repeat(40)
const LOST = ['--replid', UNKNOWN_REPLID, '--offset', '7', '--sample', '0', '--json']

/** What a refused PSYNC changes under each guard. None of them forks. */
const GUARDS: readonly { guard: string; ids: string[]; settings: Record<string, string>; full: number; err: number }[] = [
  { guard: 'rdb-channel', ids: ['redis-8.0', 'redis-8.6'], settings: {}, full: 0, err: 1 },
  {
    guard: 'dual-channel',
    ids: ['valkey-8.0', 'valkey-8.1', 'valkey-9.1'],
    settings: { 'dual-channel-replication-enabled': 'yes' },
    full: 0,
    err: 1,
  },
  { guard: 'diskless-delay', ids: ['redis-7.0', 'redict-7.3', 'valkey-8.0', 'valkey-8.1', 'valkey-9.1'], settings: {}, full: 1, err: 1 },
  { guard: 'diskless-delay', ids: ['redis-8.0', 'redis-8.6'], settings: { 'repl-rdb-channel': 'no' }, full: 1, err: 1 },
]

for (const { guard, ids, settings, full, err } of GUARDS) {
  for (const installed of servers().filter(({ id }) => ids.includes(id))) {
    const how = Object.entries(settings).flat().join(' ')
    it(`under the guard ${guard} ${installed.id} ${how} grows the counters that were announced, and forks nothing`, async () => {
      const server = await RunningServer.start(installed, settings)
      try {
        await activateBacklog(server)
        const was = { ...(await syncCounters(server)), replid: await server.info('master_replid') }
        const ran = await cli(['psync', server.target, ...LOST])
        const report = assertSchema(ran.out, 'psync') as unknown as { guard: { name: string } }
        const { kind, basis } = verdictOf(report)
        assert.deepEqual([report.guard.name, basis, kind], [guard, 'psync', 'full'])
        await server.until('an empty replica list', async () => (await server.info('connected_slaves')) === '0')
        const is = { ...(await syncCounters(server)), replid: await server.info('master_replid') }
        assert.deepEqual(is, { ...was, full: was.full + full, err: was.err + err })
      } finally {
        await server.stop()
      }
    })
  }
}

for (const installed of servers().filter(({ id }) => id.startsWith('valkey'))) {
  it(`dual-channel is free with ${installed.id} even where there is no backlog: neither a fork nor a new replid`, async () => {
    const server = await RunningServer.start(installed, { 'dual-channel-replication-enabled': 'yes' })
    try {
      const was = [await server.info('total_forks'), await server.info('master_replid'), await server.info('repl_backlog_active')]
      const ran = await cli(['psync', server.target, ...LOST])
      assert.equal(verdictOf(JSON.parse(ran.out)).basis, 'psync')
      const is = [await server.info('total_forks'), await server.info('master_replid'), await server.info('repl_backlog_active')]
      assert.deepEqual(is, was)
    } finally {
      await server.stop()
    }
  })
}

describe('psync with a Redis that has a backlog', () => {
  let server: RunningServer
  before(async () => {
    server = await RunningServer.start(pick('redis-8.6', 'redis-8.0'))
    await activateBacklog(server)
    await server.cli('ACL', 'SETUSER', 'minimal', 'on', '>pw', '+psync', '+replconf', '+ping')
    await server.cli('ACL', 'SETUSER', 'informed', 'on', '>pw', '+psync', '+replconf', '+ping', '+info')
  })
  after(async () => await server.stop())

  it('exits with 1 when the answer is not the expected one', async () => {
    for (const expected of ['partial', 'continue']) {
      const met = await cli(['psync', server.target, '--expect', expected, '--sample', '0'])
      assert.equal(met.status, 0, met.err)
    }
    const failed = await cli(['psync', server.target, '--expect', 'full', '--sample', '0'])
    assert.equal(failed.status, 1)
    assert.match(failed.err, /EXPECTATION_FAILED: Expected full, but the answer is partial/)
    assert.match(failed.out, /^PARTIAL: A replica at the live end/)
    const json = await cli(['psync', server.target, '--expect', 'full', '--sample', '0', '--json'])
    assert.equal(json.status, 1)
    const report = assertSchema(json.out, 'psync')
    assert.deepEqual([report.ok, report.exitStatus, report.expectation], [false, 1, { expected: 'full', isMet: false }])
  })

  it('attaches nothing with --explain, and asks only questions', async () => {
    const was = await syncCounters(server)
    const ran = await cli(['psync', server.target, '--explain', '--json', '--sample', '0'])
    const report = assertSchema(ran.out, 'psync') as unknown as { exchanges: unknown[]; queries: { sent: string[] }[] }
    assert.deepEqual([verdictOf(report).basis, report.exchanges], ['info', []])
    assert.deepEqual([...new Set(report.queries.map(({ sent }) => sent[0]))].sort(), ['CLIENT', 'CONFIG', 'INFO'])
    assert.deepEqual(await syncCounters(server), was)
  })

  it('measures the write rate between two INFOs and calculates how long the position stays good', async () => {
    const start = await number(server, 'master_repl_offset')
    const ran = await cli(['psync', server.target, '--explain', '--json', '--sample', '2'], {
      during: () => void setTimeout(() => server.cli('SET', 'k', 'x'.repeat(10_000)), 1500),
    })
    const report = JSON.parse(ran.out)
    const written = (await number(server, 'master_repl_offset')) - start
    assert.ok(written > 10_000)
    assert.ok(report.writeRate.bytes === written || report.writeRate.bytes === 0, 'all of one command or nothing of it')
    const rate = report.writeRate.bytes / (report.writeRate.overMs / 1000)
    if (rate > 0) assert.ok(Math.abs(report.staysGoodMs / 1000 - (1024 * 1024 - start) / rate) < 1)
  })

  it('does not send what may fork when the settings cannot be seen, and says which right is missing', async () => {
    const ran = await cli(['psync', server.target, '--user', 'informed', '-a', 'pw', ...LOST])
    const report = assertSchema(ran.out, 'psync') as unknown as { notSent: { reason: string; text: string } }
    assert.deepEqual([verdictOf(report).basis, report.notSent.reason], ['info', 'GUARD_UNKNOWN'])
    assert.match(report.notSent.text, /\+config\|get/)
  })

  it('knows nothing without INFO, and asks for nothing', async () => {
    const was = await syncCounters(server)
    const ran = await cli(['psync', server.target, '--user', 'minimal', '-a', 'pw', ...LOST])
    assert.equal(ran.status, 10, ran.out + ran.err)
    const report = assertSchema(ran.out, 'psync')
    assert.deepEqual([verdictOf(report).kind, report.ok, report.exitStatus], ['unknown', false, 10])
    assert.deepEqual(await syncCounters(server), was)
    const explained = await cli(['psync', server.target, '--user', 'minimal', '-a', 'pw', '--explain', '--json'])
    assert.equal(explained.status, 4)
    assert.equal((assertSchema(explained.out, 'error').error as { code: string }).code, 'NO_PERMISSION')
  })

  it('says that INFO and PSYNC disagree where they reach different histories', async (context) => {
    const replid = await server.info('master_replid')
    const swap = (chunk: Buffer) => Buffer.from(chunk.toString('latin1').replaceAll(replid, UNKNOWN_REPLID), 'latin1')
    const proxy = await TcpProxy.start(server.port, swap)
    context.after(() => proxy.stop())
    const ran = await cli(['psync', proxy.target, '--json', '--sample', '0'])
    const report = assertSchema(ran.out, 'psync') as unknown as { isAsForecast: boolean }
    const { kind, words } = verdictOf(report)
    assert.deepEqual([kind, report.isAsForecast], ['full', false])
    assert.match(words, /INFO and PSYNC disagree/)
    assert.doesNotMatch(words, /Try again/)
  })

  for (const [mistake, args] of [
    ['an offset without a replid', ['--offset', '5']],
    ['a replid without an offset', ['--replid', UNKNOWN_REPLID]],
    ['a replid that is none', ['--replid', 'xyz', '--offset', '5']],
    ['an offset that is no number', ['--replid', UNKNOWN_REPLID, '--offset', 'five']],
    ['a negative offset', ['--replid', UNKNOWN_REPLID, '--offset=-1']],
    ['an offset beyond what can be kept exact', ['--replid', UNKNOWN_REPLID, '--offset', '9007199254740993']],
    ['--full with a position', ['--full', '--replid', UNKNOWN_REPLID, '--offset', '5']],
    ['--diskless without --full', ['--diskless']],
    ['an interval without --watch', ['-i', '2']],
    ['an unknown expectation', ['--expect', 'maybe']],
  ] as const) {
    it(`refuses ${mistake} before it contacts a server`, async () => {
      const ran = await cli(['psync', '127.0.0.1:1', ...args])
      assert.equal(ran.status, 2, ran.out + ran.err)
      assert.match(ran.err, /^error USAGE: /)
    })
  }

  it('names the replica that cannot be asked', async () => {
    const ran = await cli(['psync', server.target, '--from-replica', '127.0.0.1:1'])
    assert.equal(ran.status, 3)
    assert.match(ran.err, /127\.0\.0\.1:1 refused the connection/)
  })

  it('reports once and then each change while it watches, and exits with 0 on Ctrl-C', async () => {
    const replid = await server.info('master_replid')
    const offset = await number(server, 'master_repl_offset')
    const overrun = () => server.cli('EVAL', "for i = 1, 3 do redis.call('SET', 'k', string.rep('x', 600000)) end", '0')
    let lines = 0
    const ran = await cli(
      ['psync', server.target, '--watch', '-i', '1', '--sample', '0', '--json', '--replid', replid, '--offset', String(offset)],
      {
        during: (child) => {
          child.stdout?.on('data', () => {
            lines += 1
            if (lines === 1) void overrun()
            else child.kill('SIGINT')
          })
        },
      },
    )
    assert.equal(ran.status, 0, ran.err)
    const reports = ran.out
      .trim()
      .split('\n')
      .map((line) => assertSchema(line, 'psync'))
    assert.deepEqual(
      reports.map((report) => verdictOf(report).kind),
      ['partial', 'full'],
    )
    assert.match(verdictOf(reports[1] ?? {}).words, /bytes older than the backlog/)
  })

  it('ends the watch quietly when its output is closed', async () => {
    const ran = await cli(['psync', server.target, '--watch', '-i', '1', '--sample', '0', '-q'], {
      during: (child) => child.stdout?.destroy(),
    })
    assert.equal(ran.status, 0, ran.err)
  })

  it('reads the password once, since it may come from a pipe', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'redis-repl-pass-')), 'pass')
    writeFileSync(file, 'pw\n')
    let lines = 0
    const ran = await cli(
      ['psync', server.target, '--watch', '-i', '1', '--sample', '0', '-q', '--user', 'informed', '--pass-file', file],
      {
        during: (child) => {
          child.stdout?.on('data', () => {
            lines += 1
            rmSync(file, { force: true })
            setTimeout(() => child.kill('SIGINT'), 2500)
          })
        },
      },
    )
    assert.equal(ran.status, 0, ran.err)
    assert.equal(ran.err, '')
    assert.equal(lines, 1)
  })

  it('ends the watch with 1 when the answer is no longer the expected one', async () => {
    const ran = await cli(['psync', server.target, '--watch', '-i', '1', '--sample', '0', '--expect', 'full', '-q'])
    assert.equal(ran.status, 1, ran.out + ran.err)
  })
})

it('a replica of a server without its master would have to wait', async () => {
  const [master, replica] = await pair(pick('redis-7.0', 'valkey-8.1'))
  try {
    await master.stop()
    await replica.until('a lost link', async () => (await replica.info('master_link_status')) === 'down')
    const ran = await cli(['psync', replica.target, '--explain', '--sample', '0', '--json'])
    assert.equal(verdictOf(assertSchema(ran.out, 'psync')).kind, 'later')
    const asked = await cli(['psync', replica.target, '--sample', '0', '--json'])
    assert.equal(asked.status, 6, asked.out)
  } finally {
    await replica.stop()
  }
})

it('a FAILOVER in progress is named, and nothing is started', async () => {
  const [master, replica] = await pair(pick('redis-8.6', 'valkey-9.1'))
  try {
    replica.signal('SIGSTOP')
    await master.cli('SET', 'k', 'v')
    assert.equal(await master.cli('FAILOVER', 'TIMEOUT', '20000'), 'OK')
    const was = await syncCounters(master)
    const explained = await cli(['psync', master.target, '--explain', '--sample', '0', '--json'])
    const report = assertSchema(explained.out, 'psync') as unknown as { forecast: { reason: string } }
    assert.deepEqual([verdictOf(report).kind, report.forecast.reason], ['later', 'FAILOVER'])
    const asked = await cli(['psync', master.target, '--sample', '0', '--json'])
    assert.equal(asked.status, 6, asked.out)
    const { error } = assertSchema(asked.out, 'error') as { error: { details: { reason: string } } }
    assert.equal(error.details.reason, 'FAILOVER')
    assert.deepEqual(await syncCounters(master), was)
  } finally {
    replica.signal('SIGCONT')
    await replica.stop()
    await master.stop()
  }
})

it('a replica that was never synced has no position, and that is the answer', async () => {
  const installed = pick('redis-8.6', 'valkey-9.1')
  const server = await RunningServer.start(installed)
  const orphan = await RunningServer.start(installed, { replicaof: '127.0.0.1 1' })
  try {
    await activateBacklog(server)
    const ran = await cli(['psync', server.target, '--from-replica', orphan.target, '--sample', '0', '--json'])
    const report = assertSchema(ran.out, 'psync') as unknown as {
      forecast: { reason: string }
      notSent: { reason: string }
    }
    assert.deepEqual([verdictOf(report).kind, report.forecast.reason, report.notSent.reason], ['full', 'REQUESTED', 'CERTAIN'])
  } finally {
    await orphan.stop()
    await server.stop()
  }
})
