/** Readers that are slow, stop, or leave; and runs that have seen enough. */
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { activateBacklog, number } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { multibulk } from '../helpers/wire.ts'
import { pipe } from '../helpers/workload.ts'

/** An idle replica is counted the block that it shares with the backlog (7.0 and later). */
const EMPTY_BYTES = 100_000
const VALUE = 'v'.repeat(10_000)

/** So many commands of 10 kB, numbered. */
function numbered(from: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => multibulk('SET', `n:${from + index}`, VALUE)))
}

function numbers(out: string): number[] {
  return [...out.matchAll(/"n:(\d+)"/g)].map(([, number]) => Number(number))
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

for (const installed of oldestNewestAndValkey()) {
  describe(`tail of ${installed.id} and its reader`, { concurrency: true }, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    async function master(settings: Record<string, string> = {}): Promise<RunningServer> {
      const server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', 'repl-backlog-size': '256mb', ...settings })
      running.push(server)
      await activateBacklog(server)
      return server
    }

    /** Nobody reads its output yet. */
    async function unread(server: RunningServer, ...args: string[]): Promise<Tailing> {
      const tail = new Tailing([server.target, ...args])
      running.push({ stop: () => tail.end('SIGKILL') })
      await tail.following()
      return tail
    }

    /** What the master holds back for its replicas. */
    async function held(server: RunningServer): Promise<number> {
      const list = await server.cli('CLIENT', 'LIST', 'TYPE', 'replica')
      return Number(/ omem=(\d+)/.exec(list)?.[1] ?? 0)
    }

    it('that stops: the rest goes to disk, the master holds nothing back, and nothing is lost', async () => {
      const server = await master()
      const tail = await unread(server, '--max-arg', '6')
      await pipe(server, numbered(0, 10_000))
      await server.until('an empty output buffer', async () => (await held(server)) < EMPTY_BYTES)
      const spools = await readdir(tmpdir())
      assert.deepEqual(
        spools.filter((name) => name.endsWith('.spool')),
        [],
        'a spool has no name that could stay behind',
      )
      tail.read()
      await tail.says(/"n:9999"/)
      assert.equal(await tail.end('SIGINT'), 0)
      assert.deepEqual(numbers(tail.out), upTo(10_000))
    })

    it('that stops, with --on-full stop: what was received is shown, with the place to resume', async () => {
      const server = await master()
      const tail = await unread(server, '--format', 'csv', '--spool-max', '1mb')
      await pipe(server, numbered(0, 6000))
      await tail.says(/the spool is full/)
      tail.read()
      assert.equal(await tail.end(), 8, tail.err)
      const shown = numbers(tail.out)
      assert.deepEqual(shown, upTo(shown.length))
      assert.ok(shown.length > 3000 && shown.length < 6000, `${shown.length} commands`)
      const rest = await cli([
        ...['tail', server.target, '--format', 'csv', '--from', `${tail.last.replid}:${tail.last.offset}`],
        ...['--until-offset', String(await number(server, 'master_repl_offset'))],
      ])
      assert.deepEqual([...shown, ...numbers(rest.out)], upTo(6000))
    })

    it('that stops, with --on-full drop: the master is left, and nothing is lost', async () => {
      const server = await master()
      const tail = await unread(server, '--format', 'csv', '--spool-max', '1mb', '--on-full', 'drop')
      await pipe(server, numbered(0, 6000))
      await server.until('our leaving', async () => (await server.info('connected_slaves')) === '0')
      tail.read()
      await tail.says(/"n:5999"/)
      assert.equal(await tail.end('SIGINT'), 0)
      assert.deepEqual(numbers(tail.out), upTo(6000))
    })

    for (const size of ['0', '1mb']) {
      it(`that stops, with --on-full block and --spool-max ${size}: the master holds it back`, async () => {
        const server = await master({ 'client-output-buffer-limit': 'replica 0 0 0' })
        const tail = await unread(server, '--format', 'csv', '--spool-max', size, '--on-full', 'block')
        await pipe(server, numbered(0, 12_000))
        await server.until('an output buffer', async () => (await held(server)) > 1_000_000)
        tail.read()
        await tail.says(/"n:11999"/)
        assert.equal(await tail.end('SIGINT'), 0)
        assert.deepEqual(numbers(tail.out), upTo(12_000))
      })
    }

    it('that leaves: ends at once, quietly, with 0', async () => {
      const server = await master()
      const tail = await unread(server)
      tail.child.stdout?.destroy()
      for (let index = 0; tail.child.exitCode === null && index < 100; index++) await server.cli('SET', 'k', String(index))
      assert.equal(await tail.end(), 0)
      assert.doesNotMatch(tail.err, /error|EPIPE/)
    })

    it('that has enough after a count, an offset, or a time', async () => {
      const server = await master()
      const begin = await number(server, 'master_repl_offset')
      const place = `${await server.info('master_replid')}:${begin}`
      await pipe(server, numbered(0, 10))
      const end = await number(server, 'master_repl_offset')
      const from = (...args: string[]) => cli(['tail', server.target, '--from', place, ...args])
      assert.deepEqual(numbers((await from('--count', '4')).out), upTo(4))
      assert.deepEqual(numbers((await from('--until-offset', String(end))).out), upTo(10))
      assert.deepEqual(numbers((await from('--until-offset', String(end - 1))).out), upTo(9))
      const timed = await from('--duration', '1')
      assert.deepEqual([timed.status, numbers(timed.out)], [0, upTo(10)])
      const stats = await from('--until-offset', String(end), '--stats')
      assert.match(stats.out, /SET .*10 /)
    })
  })
}

describe('tail and what is selected', () => {
  let server: RunningServer
  before(async () => {
    server = await RunningServer.start(pick('redis-8.6'), { 'repl-diskless-sync-delay': '0' })
    await activateBacklog(server)
    for (const line of [
      '-n 0 SET user:1 a',
      '-n 2 MSET user:2 b order:2 c',
      '-n 2 XGROUP CREATE stream:1 group $ MKSTREAM',
      '-n 0 DEL user:1',
      '-n 0 SET order:1 hello',
      '-n 0 EXPIRE order:1 100000',
    ])
      await server.cli(...line.split(' '))
    await pipe(server, Buffer.concat([multibulk('MULTI'), multibulk('SET', 'user:3', 'x'), multibulk('INCR', 'n'), multibulk('EXEC')]))
  })
  after(() => server.stop())

  async function shown(...args: string[]): Promise<string[]> {
    const until = ['--until-offset', String(await number(server, 'master_repl_offset'))]
    const ran = await cli(['tail', server.target, '--from', 'backlog', '--template', '%c %k\\n', ...until, ...args])
    assert.equal(ran.status, 0, ran.err)
    return ran.out.trim().split('\n').filter(Boolean)
  }

  it('by database', async () => {
    assert.deepEqual(await shown('--db', '2'), ['MSET user:2 order:2', 'XGROUP stream:1'])
  })

  it('by command, and by all but that', async () => {
    assert.deepEqual(await shown('--command', 'mset', '--command', 'xgroup|create'), ['MSET user:2 order:2', 'XGROUP stream:1'])
    assert.deepEqual(await shown('--db', '0', '--exclude', 'set', '--exclude', 'pexpireat', '--flat'), [
      'DEL user:1',
      'MULTI ',
      'INCR n',
      'EXEC',
    ])
  })

  it('by any of the keys', async () => {
    assert.deepEqual(await shown('--match', 'order:?', '--match', 'str*'), [
      'MSET user:2 order:2',
      'XGROUP stream:1',
      'SET order:1',
      'PEXPIREAT order:1',
    ])
  })

  it('by what text shows', async () => {
    assert.deepEqual(await shown('--grep', '"hello"'), ['SET order:1'])
  })

  it('in a transaction as a whole, MULTI and EXEC around what is wanted', async () => {
    assert.deepEqual(await shown('--match', 'user:3'), ['MULTI ', 'SET user:3', 'EXEC'])
  })
})
