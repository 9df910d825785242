/** Six nodes of a real cluster: handshake, psync and dump-rdb with every shard. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promote, type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli, interrupt } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'

interface ClusterReport {
  readonly ok: boolean
  readonly exitStatus: number
  readonly verdict: object
  readonly shards: readonly { node: string; slots: number[][]; endpoint: string; report: { reply: { kind: string } } }[]
}

interface Manifest {
  readonly shards: readonly { file: string; node: string; from: string; bytes: number; sha256: string; slots: number[][] }[]
}

for (const installed of oldestNewestAndValkey()) {
  describe(`a cluster of ${installed.id}`, { concurrency: 1 }, () => {
    let cluster: RunningCluster
    let home: string
    before(async () => {
      home = await mkdtemp(join(tmpdir(), 'redis-repl-cluster-'))
      cluster = await startCluster(installed, { rdbcompression: 'no' })
      for (let index = 0; index < 60; index++) await cluster.masters[0]?.cli('-c', 'SET', `key:${index}`, `value ${index}`)
    })
    after(async () => {
      await cluster.stop()
      await rm(home, { recursive: true })
    })
    const entry = () => cluster.replicas[1]?.target ?? ''

    it('gets a handshake with every master, from any of its nodes', async () => {
      const ran = await cli(['handshake', '--cluster', entry(), '--json'])
      assert.equal(ran.status, 0, ran.out)
      const { ok, exitStatus, verdict, shards } = assertSchema(ran.out, 'cluster') as unknown as ClusterReport
      assert.deepEqual([ok, exitStatus, verdict], [true, 0, { kind: 'ok', text: '3 of 3 shards', shards: 3, goodShards: 3 }])
      assert.deepEqual(
        shards.map(({ endpoint }) => endpoint),
        cluster.masters.map(({ target }) => target),
      )
      assert.deepEqual(
        shards.flatMap(({ slots }) => slots),
        [
          [0, 5460],
          [5461, 10921],
          [10922, 16383],
        ],
      )
      for (const { report } of shards) assert.equal(report.reply.kind, 'continue')
      const shown = await cli(['psync', '--cluster', entry(), '--sample', '0', '--expect', 'partial'])
      assert.equal(shown.status, 0, shown.err)
      assert.match(shown.out, /^PARTIAL: 3 of 3 shards$/m)
      assert.equal(shown.out.match(/ PARTIAL /g)?.length, 3, shown.out)
    })

    it('is dumped whole: each file loads, and holds what its shard holds', async () => {
      const folder = join(home, 'whole')
      const ran = await cli(['dump-rdb', '--cluster', entry(), '-o', folder, '--json'])
      assert.equal(ran.status, 0, ran.out + ran.err)
      const manifest = assertSchema(await readFile(join(folder, 'manifest.json'), 'utf8'), 'cluster-manifest') as unknown as Manifest
      assert.deepEqual((assertSchema(ran.out, 'cluster-dump') as unknown as Manifest).shards, manifest.shards)
      assert.deepEqual((await readdir(folder)).sort(), [...manifest.shards.map(({ file }) => file), 'manifest.json'].sort())
      for (const [index, { file, node, bytes, sha256 }] of manifest.shards.entries()) {
        const master = cluster.masters[index] as RunningServer
        const content = await readFile(join(folder, file))
        assert.deepEqual(
          [node, bytes, sha256],
          [await cluster.id(master), content.length, createHash('sha256').update(content).digest('hex')],
        )
        const copy = await mkdtemp(join(home, 'load-'))
        await copyFile(join(folder, file), join(copy, 'dump.rdb'))
        const loaded = await RunningServer.start(installed, {}, { folder: copy })
        try {
          const digest = await loaded.cli('DEBUG', 'DIGEST')
          assert.equal(digest, await master.cli('DEBUG', 'DIGEST'))
          assert.notEqual(digest, '0'.repeat(40))
        } finally {
          await loaded.stop()
        }
      }
    })

    it('is dumped from its replicas, so that no master forks', async () => {
      const before = await Promise.all(cluster.masters.map((master) => master.info('sync_full')))
      const folder = join(home, 'spared')
      const ran = await cli(['dump-rdb', '--cluster', entry(), '-o', folder, '--prefer', 'replica', '--jobs', '1', '--json'])
      assert.equal(ran.status, 0, ran.out + ran.err)
      const { shards } = JSON.parse(ran.out) as Manifest
      assert.deepEqual(
        shards.map(({ from }) => from),
        cluster.replicas.map(({ target }) => target),
      )
      assert.deepEqual(await Promise.all(cluster.masters.map((master) => master.info('sync_full'))), before)
    })

    it('leaves nothing where a shard fails, and replaces nothing without --force', async () => {
      const folder = join(home, 'none')
      await mkdir(folder)
      assertThreeParts(await cli(['dump-rdb', '--cluster', entry(), '-o', folder]), 'OUTPUT_EXISTS', 8)
      await cluster.masters[2]?.cli('CONFIG', 'SET', 'requirepass', 'secret')
      const ran = await cli(['dump-rdb', '--cluster', entry(), '-o', folder, '--force', '-q'])
      await cluster.masters[2]?.cli('-a', 'secret', '--no-auth-warning', 'CONFIG', 'SET', 'requirepass', '')
      assertThreeParts(ran, 'AUTH_REQUIRED', 4)
      assert.deepEqual(await readdir(folder), [])
      assert.deepEqual(
        (await readdir(home)).filter((name) => name.includes('part')),
        [],
      )
      const replaced = await cli(['dump-rdb', '--cluster', entry(), '-o', folder, '--force', '-q'])
      assert.equal(replaced.status, 0, replaced.err)
      assert.equal((await readdir(folder)).length, 4)
    })

    it('whose slots migrate is not dumped, because their keys may be in two shards or in none', async () => {
      const [from, to] = cluster.masters as [RunningServer, RunningServer]
      await to.cli('CLUSTER', 'SETSLOT', '9', 'IMPORTING', await cluster.id(from))
      await from.cli('CLUSTER', 'SETSLOT', '9', 'MIGRATING', await cluster.id(to))
      const ran = await cli(['dump-rdb', '--cluster', entry(), '-o', join(home, 'open'), '-q'])
      for (const server of [from, to]) await server.cli('CLUSTER', 'SETSLOT', '9', 'STABLE')
      assertThreeParts(ran, 'TRY_LATER', 6)
      assert.match(ran.err, /to another: 9\./)
    })

    it('replaces no folder that holds something else, also with --force', async () => {
      const folder = join(home, 'precious')
      await mkdir(join(folder, 'sub'), { recursive: true })
      assertThreeParts(await cli(['dump-rdb', '--cluster', entry(), '-o', folder, '--force']), 'OUTPUT_FAILED', 8)
      assert.deepEqual(await readdir(folder), ['sub'])
    })

    it('names the server it asked, and why, where a replica is preferred', async () => {
      const ran = await cli(['psync', '--cluster', entry(), '--prefer', 'replica', '--explain', '--sample', '0'])
      assert.equal(ran.status, 0, ran.err)
      for (const [index, { target }] of cluster.replicas.entries()) {
        assert.match(ran.out, new RegExp(`│ ${target} +│`))
        assert.match(ran.out, new RegExp(`\\(replica of ${cluster.masters[index]?.target}\\)`))
        assert.match(ran.err, new RegExp(`${target}, the healthy replica`))
      }
    })

    it('ends on Ctrl-C, also while a node hangs', async () => {
      const hanging = cluster.masters[1] as RunningServer
      hanging.signal('SIGSTOP')
      const asked = cluster.masters[0]?.target ?? ''
      const during = (child: Parameters<typeof interrupt>[0]) => void interrupt(child, 1000)
      try {
        const runs = await Promise.all([
          cli(['handshake', '--cluster', asked], { during }),
          cli(['dump-rdb', '--cluster', asked, '-o', join(home, 'never')], { during }),
        ])
        for (const { status, err } of runs) assert.equal(status, 130, err)
      } finally {
        hanging.signal('SIGCONT')
      }
      await hanging.until('a whole cluster', async () => (await hanging.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'))
      await promote(hanging)
    })

    it('that changes during the dump is noticed, and the dump is not kept', async () => {
      const folder = join(home, 'moved')
      await cluster.masters[0]?.cli('DEBUG', 'POPULATE', '20', 'big', '100000')
      const [from, to] = cluster.masters as [RunningServer, RunningServer]
      const before = await from.info('sync_full')
      const dump = cli(['dump-rdb', '--cluster', entry(), '-o', folder, '--max-rate', '1mb', '-q'])
      await from.until('our sync', async () => (await from.info('sync_full')) !== before)
      for (const server of [to, from]) await server.cli('CLUSTER', 'SETSLOT', '5460', 'NODE', await cluster.id(to))
      const asked = cluster.replicas[1] as RunningServer
      await asked.until('the new owner', async () => /5460-10921/.test(await asked.cli('CLUSTER', 'NODES')))
      assertThreeParts(await dump, 'TRY_LATER', 6)
      assert.deepEqual(
        (await readdir(home)).filter((name) => name.includes('moved')),
        [],
      )
    })
  })
}

describe('--cluster', () => {
  it('is refused by a server without cluster mode, and needs a folder', async (context) => {
    const server = await RunningServer.start(pick('redis-8.6', 'redis-7.0'))
    context.after(() => server.stop())
    assertThreeParts(await cli(['handshake', '--cluster', server.target]), 'NOT_SUPPORTED', 5)
    assertThreeParts(await cli(['dump-rdb', '--cluster', server.target]), 'USAGE', 2)
  })

  it('wants every slot served', async (context) => {
    const server = await RunningServer.start(pick('redis-8.6', 'redis-7.0'), { 'cluster-enabled': 'yes' })
    context.after(() => server.stop())
    await server.cli('CLUSTER', 'ADDSLOTS', '1', '2')
    const ran = await cli(['psync', '--cluster', server.target])
    assertThreeParts(ran, 'TRY_LATER', 6)
    assert.match(ran.err, /16382\s+of\s+its\s+16384/)
  })
})
