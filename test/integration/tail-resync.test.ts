/** `tail --on-gap resync --rdb`: each gap is bridged by a snapshot of its own, and a file that the run did not write is left alone. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertThreeParts } from '../helpers/failures.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, number } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { pick, RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

/** Nothing comes by itself, so that an idle stream is empty. */
const CONFIG = { 'repl-diskless-sync-delay': '0', 'repl-backlog-size': '100000', 'repl-ping-replica-period': '3600' }
/** An idle stream that has held for so long is one that can be used. */
const IDLE_MS = 1500

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'redis-repl-resync-'))
})
after(() => rm(home, { recursive: true, force: true }))

/** A file name in a folder of its own. */
async function fresh(): Promise<string> {
  return join(await mkdtemp(join(home, 'run-')), 'base.rdb')
}

async function partsOf(file: string): Promise<string[]> {
  return (await readdir(join(file, '..'))).filter((name) => name.includes('.part'))
}

for (const installed of servers().filter(({ id }) => ['redis-6.0', 'redis-8.6', 'valkey-9.1'].includes(id))) {
  describe(`tail --on-gap resync of ${installed.id}`, { concurrency: true }, () => {
    interface Followed {
      readonly server: RunningServer
      readonly proxy: TcpProxy
      readonly tail: Tailing
      /** Breaks the link, and writes more than the backlog holds before there is another: this key, and others. */
      gap(key: string): Promise<void>
      /** Until a command that was written after everything else is shown. */
      shown(key: string): Promise<void>
    }

    async function followed(args: readonly string[], test: (all: Followed) => Promise<void>): Promise<void> {
      const server = await RunningServer.start(installed, CONFIG)
      const proxy = await TcpProxy.start(server.port)
      await activateBacklog(server)
      await server.cli('SET', 'at-first', '1')
      const tail = new Tailing([proxy.target, ...args]).read()
      const gap = async (key: string) => {
        proxy.close()
        await server.until('our leaving', async () => (await server.info('connected_slaves')) === '0')
        await server.cli('SET', key, '1')
        for (let index = 0; index < 5; index++) await server.cli('SET', 'large', String(index).repeat(50_000))
        proxy.open()
      }
      const shown = async (key: string) => {
        await server.cli('SET', key, '1')
        await tail.says(new RegExp(`"SET" "${key}" "1"`), 20_000)
      }
      try {
        await tail.following()
        await test({ server, proxy, tail, gap, shown })
      } finally {
        await tail.end('SIGKILL')
        proxy.stop()
        await server.stop()
      }
    }

    /** Whole, and its checksum right; that it holds a key shows when it was made. */
    async function assertSnapshot(server: RunningServer, file: string, key: string, later?: string): Promise<void> {
      assert.match(await server.checkRdb(file), /Checksum OK|RDB looks OK/)
      const bytes = (await readFile(file)).toString('latin1')
      assert.ok(bytes.includes(key), `${key} is in it`)
      if (later !== undefined) assert.ok(!bytes.includes(later), `${later} is not in it`)
      assert.deepEqual(await partsOf(file), [])
    }

    for (const isBusy of [true, false]) {
      it(`takes a second snapshot at a gap ${isBusy ? 'after a command' : 'of a stream in which nothing had come'}, over its own first file`, async () => {
        const file = await fresh()
        await followed(['--from', 'snapshot', '--on-gap', 'resync', '--rdb', file], async ({ server, tail, gap, shown }) => {
          await assertSnapshot(server, file, 'at-first', 'in-the-gap')
          const full = await number(server, 'sync_full')
          if (isBusy) await shown('before-the-gap')
          else await sleep(IDLE_MS)
          await gap('in-the-gap')
          await tail.says(/following[\s\S]*gap[\s\S]*following/, 20_000)
          await shown('the-end')
          assert.equal(await number(server, 'sync_full'), full + 1, 'one more full resync')
          await assertSnapshot(server, file, 'in-the-gap', 'the-end')
          assert.equal(await tail.end('SIGINT'), 0, tail.err)
        })
      })
    }

    it('takes a snapshot at each of two gaps, and none without one', async () => {
      const file = await fresh()
      await followed(['--on-gap', 'resync', '--rdb', file], async ({ server, tail, gap, shown }) => {
        await shown('first')
        assert.deepEqual(await readdir(join(file, '..')), [])
        for (const key of ['gap-one', 'gap-two']) {
          await gap(key)
          await server.until('a snapshot', async () => tail.child.exitCode !== null || (await holds(file, key)))
          await shown(`after-${key}`)
          await assertSnapshot(server, file, key, `after-${key}`)
        }
        assert.equal(await tail.end('SIGINT'), 0, tail.err)
      })
    })

    it('replaces a file that was there before with --force, and its own at a gap', async () => {
      const file = await fresh()
      await writeFile(file, 'precious')
      await followed(['--from', 'snapshot', '--on-gap', 'resync', '--rdb', file, '--force'], async ({ server, tail, gap, shown }) => {
        await assertSnapshot(server, file, 'at-first')
        await shown('before-the-gap')
        await gap('in-the-gap')
        await server.until('a snapshot', async () => tail.child.exitCode !== null || (await holds(file, 'in-the-gap')))
        await shown('the-end')
        await assertSnapshot(server, file, 'in-the-gap', 'the-end')
        assert.equal(await tail.end('SIGINT'), 0, tail.err)
      })
    })

    it('leaves a file alone that someone else has put in the place of its own, and ends with 8', async () => {
      const file = await fresh()
      await followed(['--from', 'snapshot', '--on-gap', 'resync', '--rdb', file], async ({ tail, gap, shown }) => {
        await shown('before-the-gap')
        await writeFile(`${file}.other`, 'precious')
        await rename(`${file}.other`, file)
        await gap('in-the-gap')
        assert.equal(await tail.end(), 8, tail.err)
        assert.match(tail.err, /^error OUTPUT_EXISTS: /m)
        assert.equal(await readFile(file, 'utf8'), 'precious')
        assert.deepEqual(await partsOf(file), [])
      })
    })

    it('names a command to go on with that keeps its snapshots, and that works', async () => {
      const file = await fresh()
      await followed(['--from', 'snapshot', '--on-gap', 'resync', '--rdb', file], async ({ server, tail, shown }) => {
        await shown('first')
        assert.equal(await tail.end('SIGINT'), 0, tail.err)
        const words = /^To resume: redis-repl (.*)$/m.exec(tail.err)?.[1]?.split(' ') ?? []
        assert.deepEqual(words.slice(words.indexOf('--rdb'), words.indexOf('--rdb') + 2), ['--rdb', file], tail.err)
        assert.ok(words.includes('resync'), tail.err)
        await server.cli('SET', 'second', '1')
        const again = await cli([...words, '--until-offset', String(await number(server, 'master_repl_offset'))])
        assert.equal(again.status, 0, again.err)
        assert.match(again.out, /"SET" "second" "1"/)
        assert.doesNotMatch(again.out, /"SET" "first" "1"/)
      })
    })

    for (const onGap of ['resync', 'fail']) {
      it(`resumes by the same command with --state and --on-gap ${onGap}, beside the file of its first run`, async () => {
        const file = await fresh()
        const args = ['--from', 'snapshot', '--rdb', file, '--state', `${file}.json`, '--on-gap', onGap]
        await followed(args, async ({ server, proxy, tail, shown }) => {
          await shown('first')
          assert.equal(await tail.end('SIGINT'), 0, tail.err)
          await server.cli('SET', 'second', '1')
          const end = String(await number(server, 'master_repl_offset'))
          const again = await cli(['tail', proxy.target, ...args, '--until-offset', end])
          assert.equal(again.status, 0, again.err)
          assert.match(again.out, /"SET" "second" "1"/)
          await assertSnapshot(server, file, 'at-first', 'second')
        })
      })
    }
  })
}

async function holds(file: string, key: string): Promise<boolean> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0))
  return bytes.includes(key) && (await partsOf(file)).length === 0
}

it('tail --cluster finds the file of another run in its folder at the start', async () => {
  const server = await RunningServer.start(pick('redis-8.6'), { ...CONFIG, 'cluster-enabled': 'yes' })
  try {
    await server.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await server.until('a cluster', async () => (await server.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'))
    await activateBacklog(server)
    const folder = join(await fresh(), '..', 'shards')
    await mkdir(folder)
    const file = join(folder, `${await server.cli('CLUSTER', 'MYID')}.rdb`)
    await writeFile(file, 'precious')
    const args = ['--cluster', server.target, '--on-gap', 'resync', '--rdb', folder]
    assertThreeParts(await cli(['tail', ...args, '--duration', '1']), 'OUTPUT_EXISTS', 8)
    const forced = new Tailing([...args, '--force']).read()
    try {
      await forced.following()
      assert.equal(await forced.end('SIGINT'), 0, forced.err)
    } finally {
      await forced.end('SIGKILL')
    }
    assert.equal(await readFile(file, 'utf8'), 'precious', 'no snapshot was needed')
  } finally {
    await server.stop()
  }
})
