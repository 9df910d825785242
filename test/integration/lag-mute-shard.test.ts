/** `lag --cluster --watch` while one shard does not answer: the others are shown at their interval all the same. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { pick, type RunningServer } from '../helpers/server.ts'

const INTERVAL_MS = 1000
const LOOKS = 4
/** Three times what three intervals take; a look that waits for a time limit of 5 s takes it twice over. */
const SPAN_LIMIT_MS = 3 * (LOOKS - 1) * INTERVAL_MS

interface Look {
  readonly shards: readonly {
    readonly at: string
    readonly report: {
      readonly master: { readonly name: string }
      readonly replicas: readonly { readonly name: string; readonly state: string }[]
    }
  }[]
}

describe('lag --cluster --watch with a shard that does not answer', { concurrency: 1 }, () => {
  let cluster: RunningCluster
  before(async () => {
    // Nothing is failed over while the test runs.
    cluster = await startCluster(pick('redis-8.6'), { 'cluster-node-timeout': '60000' })
    // A replica at offset 0 counts as one that is still loading.
    for (const [index, master] of cluster.masters.entries()) {
      await master.cli('SET', `{${['b', 'c', 'a'][index]}}`, '1')
      const replica = cluster.replicas[index] as RunningServer
      await replica.until('its first byte', async () => Number(await replica.info('slave_repl_offset')) > 0)
    }
  })
  after(() => cluster.stop())

  async function looks(during: (isFirst: boolean) => void = () => {}): Promise<readonly Look[]> {
    let count = 0
    const args = ['--watch', '-i', `${INTERVAL_MS}ms`, '--count', String(LOOKS), '--json', '--max-seconds', '1000']
    const ran = await cli(['lag', '--cluster', cluster.masters[0]?.target ?? '', ...args], {
      during: (child) => child.stdout?.on('data', () => during(count++ === 0)),
    })
    const lines = ran.out.trim().split('\n')
    assert.equal(lines.length, LOOKS, ran.err)
    return lines.map((line) => assertSchema(line, 'lag-cluster') as unknown as Look)
  }

  /** The looks come at their interval, and each of them shows the shards that answer. */
  function assertSteady(all: readonly Look[]): void {
    const times = all.map(({ shards }) => Math.max(...shards.slice(0, 2).map(({ at }) => Date.parse(at))))
    const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
    assert.ok(spanMs <= SPAN_LIMIT_MS, `${LOOKS} looks took ${spanMs} ms`)
    for (const { shards } of all) {
      assert.deepEqual(
        shards.slice(0, 2).map(({ report }) => [report.master.name, ...report.replicas.map(({ name, state }) => `${name} ${state}`)]),
        cluster.masters.slice(0, 2).map(({ target }, index) => [target, `${cluster.replicas[index]?.target} online`]),
      )
      assert.equal(shards[2]?.report.master.name, cluster.masters[2]?.target)
    }
  }

  const [whole, alone] = [() => [cluster.masters[2], cluster.replicas[2]], () => [cluster.masters[2]]]
  for (const [what, mute] of [
    ['the master of a shard', alone],
    ['a whole shard', whole],
  ] as const) {
    it(`looks once a second where ${what} is mute from the start`, async () => {
      for (const server of mute()) server?.signal('SIGSTOP')
      try {
        assertSteady(await looks())
      } finally {
        for (const server of mute()) server?.signal('SIGCONT')
      }
    })

    it(`looks once a second where ${what} falls silent after the first look`, async () => {
      try {
        assertSteady(
          await looks((isFirst) => {
            if (isFirst) for (const server of mute()) server?.signal('SIGSTOP')
          }),
        )
      } finally {
        for (const server of mute()) server?.signal('SIGCONT')
      }
    })
  }
})
