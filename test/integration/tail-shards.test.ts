/** `tail --cluster` while slots move and masters change: every write once, no gap, and one checkpoint for all shards. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ClusterWriter, joinCluster, moveSlot, promote, type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'
import { assertRecords, assertSchema } from '../helpers/schema.ts'
import { type RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { REPLID } from '../helpers/wire.ts'

interface Line {
  readonly type: string
  readonly shard: string
  readonly server: string
  readonly start: number
  readonly end: number
  readonly argv: readonly string[]
}

/** The values of the writer's SETs, in the order in which they were shown. */
function written(lines: readonly Line[]): number[] {
  return lines.flatMap(({ argv }) => (argv?.[0]?.toUpperCase() === 'SET' ? [Number(argv[2])] : []))
}

/** @returns how many commands there are of each shard; each begins where the one before has ended */
function contiguous(lines: readonly Line[]): Map<string, number> {
  const ends = new Map<string, number>()
  const counts = new Map<string, number>()
  for (const { type, shard, start, end } of lines) {
    if (type !== 'command') continue
    assert.equal(start, ends.get(shard) ?? start, `a gap in ${shard}`)
    ends.set(shard, end)
    counts.set(shard, (counts.get(shard) ?? 0) + 1)
  }
  return counts
}

for (const installed of servers().filter(({ id }) => ['redis-6.0', 'redis-7.0', 'redis-8.6', 'valkey-9.1'].includes(id))) {
  describe(`tail of a cluster of ${installed.id}`, { concurrency: 1 }, () => {
    let cluster: RunningCluster
    let home: string
    const running: { stop(): unknown }[] = []
    before(async () => {
      home = await mkdtemp(join(tmpdir(), 'redis-repl-shards-'))
      cluster = await startCluster(installed)
    })
    after(async () => {
      await Promise.all(running.map((one) => one.stop()))
      await cluster.stop()
      await rm(home, { recursive: true })
    })
    const entry = () => cluster.replicas[1]?.target ?? ''
    const follow = (...args: string[]) => {
      const tail = new Tailing(['--cluster', entry(), ...args]).read()
      running.push({ stop: () => tail.end('SIGKILL') })
      return tail
    }
    const followingAll = async (tail: Tailing) => {
      await cluster.masters[0]?.until('three links', async () => tail.err.match(/following .*, starting/g)?.length === 3)
    }
    /** Until what was written last has been shown. */
    const shownUpTo = (tail: Tailing, value: number) => tail.says(new RegExp(`"SET","[^"]+","${value}"`))

    it('shows every write once, over a slot that moves with its keys and a failover, without a gap', { timeout: 90_000 }, async () => {
      const tail = follow('--format', 'json', '--all', '--flat')
      await followingAll(tail)
      const writer = await ClusterWriter.start(cluster.masters[0] as RunningServer)
      running.push(writer)
      await writer.untilWritten(500)
      const [a, b] = cluster.masters as [RunningServer, RunningServer]
      const moved = await moveSlot(cluster, a, b, 'key:4')
      await tail.says(new RegExp(`slots ${moved.slot} moved from ${a.target} to\\s+${b.target}`))
      await writer.untilWritten(1000)
      const promoted = cluster.replicas[2] as RunningServer
      await promote(promoted)
      await tail.says(
        new RegExp(`following ${promoted.target} again[\\s\\S]*no\\s+byte\\s+is\\s+missing\\.[\\s\\S]*the\\s+history\\s+continues\\s+as`),
      )
      await writer.untilWritten(2000)
      const last = await writer.stop()
      await shownUpTo(tail, last)
      assert.equal(await tail.end('SIGINT'), 0, tail.err)
      const lines = assertRecords(tail.out, 'tail') as unknown as Line[]
      assert.equal(contiguous(lines).size, 3)
      assert.deepEqual(
        written(lines).sort((x, y) => x - y),
        Array.from({ length: last + 1 }, (_, value) => value),
      )
      const keys = new Set(lines.filter(({ argv }) => /^RESTORE/i.test(argv?.[0] ?? '')).map(({ argv }) => argv[1]))
      assert.ok(moved.keys.length > 0 && moved.keys.every((key) => keys.has(key)), 'the keys came to their new shard in its stream')
      assert.match(lines[0]?.type ?? '', /^shards$/)
      await promote(cluster.masters[2] as RunningServer)
    })

    it('resumes where a killed run ended, also in a shard whose master has changed meanwhile', { timeout: 90_000 }, async () => {
      const [state, output] = [join(home, 'state.json'), join(home, 'out.ndjson')]
      const args = ['--cluster', entry(), '--state', state, '--format', 'json', '--all', '--flat']
      const first = new Tailing(args, output)
      running.push({ stop: () => first.end('SIGKILL') })
      await followingAll(first)
      const writer = await ClusterWriter.start(cluster.masters[0] as RunningServer)
      running.push(writer)
      const places = async () => (JSON.parse(await readFile(state, 'utf8')) as { shards: { shard: string; offset: number }[] }).shards
      await writer.untilWritten(500)
      await cluster.masters[0]?.until('a checkpoint', async () => (await places().catch(() => [])).length === 3)
      await first.end('SIGKILL')
      assertSchema(await readFile(state, 'utf8'), 'tail-cluster-state')
      const [promoted, old] = [cluster.replicas[0] as RunningServer, cluster.masters[0] as RunningServer]
      await promoted.until('a link', async () => (await promoted.info('master_link_status')) === 'up')
      await promote(promoted)
      await writer.untilWritten(1500)
      const last = await writer.stop()
      const saved = new Map((await places()).map(({ shard, offset }) => [shard, offset]))
      const second = new Tailing(args, output)
      running.push({ stop: () => second.end('SIGKILL') })
      const shown = async () => (await readFile(output, 'utf8')).split('\n').slice(0, -1)
      await promoted.until('the last write', async () => (await shown()).some((line) => line.includes(`","${last}"]`)))
      await promoted.until('all places', async () => {
        const [now, offset] = [await places(), await promoted.info('master_repl_offset')]
        return now.some((place) => place.shard === [...saved.keys()][0] && place.offset >= Number(offset) - 100)
      })
      assert.equal(await second.end('SIGINT'), 0, second.err)
      const lines = (await shown()).flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Line] : []))
      const again = lines.slice(lines.findLastIndex(({ type }) => type === 'shards'))
      contiguous(again)
      for (const [shard, offset] of saved)
        assert.equal(again.find((line) => line.shard === shard && line.type === 'command')?.start, offset)
      const values = written(lines)
      assert.deepEqual(
        [...new Set(values)].sort((x, y) => x - y),
        Array.from({ length: last + 1 }, (_, value) => value),
      )
      await promote(old)
    })

    it('leaves a master that hangs for the one that takes its place', { timeout: 60_000 }, async () => {
      const [hanging, next] = [cluster.masters[1] as RunningServer, cluster.replicas[1] as RunningServer]
      const tail = new Tailing(['--cluster', cluster.masters[0]?.target ?? '', '--format', 'csv']).read()
      running.push({ stop: () => tail.end('SIGKILL') })
      await followingAll(tail)
      await next.until('a link', async () => (await next.info('master_link_status')) === 'up')
      hanging.signal('SIGSTOP')
      await tail.says(new RegExp(`following ${next.target} again`), 30_000)
      await cluster.masters[0]?.until('a whole cluster', async () => {
        const info = (await cluster.masters[0]?.cli('CLUSTER', 'INFO')) ?? ''
        return info.includes('cluster_state:ok')
      })
      await cluster.masters[0]?.cli('-c', 'SET', 'key:1', 'from another')
      await tail.says(new RegExp(`^"${next.target}",\\d+,0,,"SET","key:1","from another"`, 'm'))
      hanging.signal('SIGCONT')
      assert.equal(await tail.end('SIGTERM'), 0, tail.err)
      await hanging.until('its new place', async () => (await hanging.info('master_link_status')) === 'up')
    })

    it('takes up a shard that joins, from its first byte, and lets one go that has no slots left', { timeout: 90_000 }, async () => {
      const { master, stop } = await joinCluster(cluster)
      running.push({ stop })
      const tail = follow('--format', 'json', '--all', '--flat')
      await followingAll(tail)
      const from = cluster.masters[0] as RunningServer
      const { slot } = await moveSlot(cluster, from, master, 'key:0')
      await tail.says(new RegExp(`following ${master.target}, starting`))
      await from.cli('-c', 'SET', 'key:0', '90001')
      await shownUpTo(tail, 90001)
      await moveSlot(cluster, master, from, 'key:0')
      await tail.says(
        new RegExp(`${master.target} no\\s+longer\\s+serves\\s+slots\\.\\s+Its\\s+stream\\s+was\\s+followed\\s+up\\s+to\\s+offset\\s+\\d+`),
      )
      await from.cli('-c', 'SET', 'key:0', '90002')
      await shownUpTo(tail, 90002)
      // Up to 6.2 a master without slots becomes a replica, and its history is another.
      const comesBack = installed.id !== 'redis-6.0'
      if (comesBack) {
        await moveSlot(cluster, from, master, 'key:0')
        await from.cli('-c', 'SET', 'key:0', '90003')
        await shownUpTo(tail, 90003)
        await moveSlot(cluster, master, from, 'key:0')
        await tail.says(/no\s+longer\s+serves\s+slots[\s\S]*no\s+longer\s+serves\s+slots/)
      }
      assert.equal(await tail.end('SIGINT'), 0, tail.err)
      const lines = assertRecords(tail.out, 'tail') as unknown as (Line & { shards: { shard: string; slots: number[][] }[] })[]
      const maps = lines.flatMap(({ type, shards }) => (type === 'shards' ? [shards.map(({ slots }) => slots)] : []))
      assert.deepEqual(
        maps.map((shards) => shards.length),
        [3, 4, 3, ...(comesBack ? [4, 3] : [])],
      )
      assert.ok(maps[1]?.some((slots) => slots.length === 1 && String(slots[0]) === `${slot},${slot}`))
      // Taken up again where it was left, and nothing twice.
      contiguous(lines)
      const joined = await cluster.id(master)
      assert.equal(lines.find((line) => line.shard === joined && line.type === 'command')?.start, 0)
      assert.deepEqual(written(lines), [90001, 90002, ...(comesBack ? [90003] : [])])
    })

    it('counts all shards together, for a limit and for statistics', { timeout: 60_000 }, async () => {
      const [counted, stats] = [follow('--count', '40', '--template', '%h %1\\n'), follow('--count', '40', '--stats', '--json')]
      await followingAll(counted)
      await cluster.masters[0]?.until('the other’s links', async () => {
        const all = await Promise.all(cluster.all.map((server) => server.cli('CLIENT', 'LIST')))
        return all.join('').match(/name=redis-repl .*cmd=psync|name=redis-repl .*cmd=replconf/g)?.length === 6
      })
      const writer = await ClusterWriter.start(cluster.masters[0] as RunningServer)
      running.push(writer)
      await writer.untilWritten(60)
      await writer.stop()
      assert.equal(await counted.end(), 0, counted.err)
      const lines = counted.out.split('\n').slice(0, -1)
      assert.equal(lines.length, 40)
      assert.equal(new Set(lines.map((line) => line.split(' ')[0])).size, 3)
      assert.equal(await stats.end(), 0, stats.err)
      const report = assertSchema(stats.out, 'tail-stats') as { byCommand: { name: string; commands: number }[]; replid: null }
      assert.equal(report.byCommand.find(({ name }) => name === 'SET')?.commands, 40)
      assert.equal(report.replid, null)
    })

    it('takes the data too, verified, shard by shard', async () => {
      const folder = join(home, 'rdb')
      const tail = follow('--from', 'snapshot', '--rdb', folder, '--count', '1')
      await cluster.masters[0]?.until('three snapshots', async () => tail.err.match(/snapshot of .*CRC64|snapshot of/g)?.length === 3)
      await followingAll(tail)
      await cluster.masters[0]?.cli('-c', 'SET', 'key:1', '1')
      assert.equal(await tail.end(), 0, tail.err)
      for (const master of cluster.masters) {
        const named = [await cluster.id(master), await cluster.id(cluster.replicas[cluster.masters.indexOf(master)] as RunningServer)]
        const found = await Promise.all(named.map((id) => readFile(join(folder, `${id}.rdb`)).catch(() => undefined)))
        assert.equal(found.filter((bytes) => bytes && /^REDIS|^VALKEY/.test(bytes.toString('latin1', 0, 9))).length, 1)
      }
    })
  })
}

describe('tail --cluster', () => {
  it('refuses what is of one history, before anybody is contacted', async (context) => {
    const home = await mkdtemp(join(tmpdir(), 'redis-repl-shards-'))
    context.after(() => rm(home, { recursive: true }))
    const state = join(home, 'single.json')
    await writeFile(state, JSON.stringify({ schema: 'redis-repl/tail-state/1', replid: REPLID, offset: 1, db: 0, transaction: null }))
    for (const args of [
      ['--format', 'resp'],
      ['--from', `${REPLID}:12`],
      ['--until-offset', '12'],
      ['--state', state],
    ]) {
      assertThreeParts(await cli(['tail', '--cluster', '127.0.0.1:1', ...args]), 'USAGE', 2)
    }
  })
})
