/** `tail --cluster --state`: the file is a checkpoint that the next start accepts, or it does not exist. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FakeMaster } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { multibulk } from '../helpers/wire.ts'
import { pipe } from '../helpers/workload.ts'

const CONFIG = {
  'cluster-enabled': 'yes',
  'cluster-allow-replica-migration': 'no',
  // A node that is mute to us is none that has failed.
  'cluster-node-timeout': '60000',
  'repl-diskless-sync-delay': '0',
}
/** No server here answers later than that, unless it never does. */
const PATIENT = ['--step-timeout', '60', '--connect-timeout', '60']

interface Shard {
  readonly shard: string
}

/** The shards of a checkpoint, which may have none; undefined where there is no file. */
async function checkpoint(path: string): Promise<readonly string[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { shards } = assertSchema(text, 'tail-cluster-state') as unknown as { shards: readonly Shard[] }
  return shards.map(({ shard }) => shard)
}

describe('tail --cluster --state', { concurrency: true }, () => {
  let home: string
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'redis-repl-state-'))
  })
  after(() => rm(home, { recursive: true, force: true }))

  /** Two masters that know each other. @param test gets the flags that lead to a mute server instead of the second one */
  async function twoNodes(test: (one: RunningServer, two: RunningServer, mute: readonly string[]) => Promise<void>): Promise<void> {
    const [one, two] = [await RunningServer.start(pick('redis-8.6'), CONFIG), await RunningServer.start(pick('redis-8.6'), CONFIG)]
    const mute = await FakeMaster.start({}, undefined, 0)
    try {
      await one.cli('CLUSTER', 'SET-CONFIG-EPOCH', '1')
      await two.cli('CLUSTER', 'SET-CONFIG-EPOCH', '2')
      await one.cli('CLUSTER', 'MEET', '127.0.0.1', String(two.port))
      for (const node of [one, two]) {
        await node.until('the other', async () => (await node.cli('CLUSTER', 'NODES')).split('\n').length === 2)
        // Attached to without a fork, as a master that had a replica before.
        await node.cli('CONFIG', 'SET', 'repl-backlog-ttl', '0')
        assert.equal((await cli(['dump-rdb', node.target, '--shard', '-q'])).status, 0)
      }
      await test(one, two, ['--map', `${two.target}=${mute.target}`, ...PATIENT])
    } finally {
      mute.stop()
      await Promise.all([one, two].map((node) => node.stop()))
    }
  }

  async function owns(node: RunningServer, owner: RunningServer, slots: string): Promise<boolean> {
    const lines = (await node.cli('CLUSTER', 'NODES')).split('\n')
    return lines.some((line) => line.includes(`:${owner.port}@`) && line.endsWith(` ${slots}`))
  }

  async function give(owner: RunningServer, first: number, last: number, all: readonly RunningServer[]): Promise<void> {
    const slots = [String(first), String(last)]
    await owner.cli('CLUSTER', 'ADDSLOTSRANGE', ...slots)
    for (const node of all) await node.until('its slots', () => owns(node, owner, slots.join('-')))
  }

  async function whole(nodes: readonly RunningServer[]): Promise<void> {
    for (const node of nodes) {
      await node.until('a cluster', async () => (await node.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'))
    }
  }

  /** Whether the same command goes on, where every server answers. */
  async function accepted(args: readonly string[]): Promise<void> {
    const again = new Tailing(args).read()
    try {
      await again.following()
      assert.equal(await again.end('SIGINT'), 0, again.err)
    } finally {
      await again.end('SIGKILL')
    }
  }

  it('leaves no file where no node has answered before Ctrl-C', async () => {
    const state = join(home, 'nothing.json')
    const mute = await FakeMaster.start({}, undefined, 0)
    const tail = new Tailing(['--cluster', mute.target, '--state', state, ...PATIENT]).read()
    try {
      while (mute.connections === 0) await sleep(20)
      assert.equal(await tail.end('SIGINT'), 130, tail.err)
      assert.equal(await checkpoint(state), undefined)
    } finally {
      await tail.end('SIGKILL')
      mute.stop()
    }
  })

  it('keeps the place of each shard where nothing was received before Ctrl-C', async () => {
    const state = join(home, 'idle.json')
    await twoNodes(async (one, two) => {
      await give(one, 0, 8191, [one, two])
      await give(two, 8192, 16383, [one, two])
      await whole([one, two])
      const args = ['--cluster', one.target, '--state', state]
      const tail = new Tailing(args).read()
      try {
        await tail.says(/following[\s\S]*following/)
        assert.equal(await tail.end('SIGINT'), 0, tail.err)
        assert.equal((await checkpoint(state))?.length, 2)
        await accepted(args)
      } finally {
        await tail.end('SIGKILL')
      }
    })
  })

  it('keeps what is known where the link of one shard was not up before Ctrl-C', async () => {
    const state = join(home, 'half.json')
    await twoNodes(async (one, two, mute) => {
      await give(one, 0, 8191, [one, two])
      await give(two, 8192, 16383, [one, two])
      await whole([one, two])
      const args = ['--cluster', one.target, '--state', state]
      const tail = new Tailing([...args, ...mute]).read()
      try {
        await tail.following()
        assert.equal(await tail.end('SIGINT'), 0, tail.err)
        assert.deepEqual(await checkpoint(state), [await one.cli('CLUSTER', 'MYID')])
        await accepted(args)
      } finally {
        await tail.end('SIGKILL')
      }
    })
  })

  it('keeps a checkpoint where all slots go to a shard whose link is not up before Ctrl-C', async () => {
    const state = join(home, 'moved.json')
    await twoNodes(async (one, two, mute) => {
      await give(one, 0, 16383, [one, two])
      await whole([one, two])
      const args = ['--cluster', one.target, '--state', state]
      // Its output is not read yet, so that there is something left to show when the slots have gone.
      const tail = new Tailing([...args, ...mute])
      try {
        await tail.following()
        const values = Array.from({ length: 400 }, (_, index) => multibulk('SET', `n:${index}`, 'v'.repeat(10_000)))
        await pipe(one, Buffer.concat(values))
        for (const node of [one, two]) await node.cli('CLUSTER', 'DELSLOTSRANGE', '0', '16383')
        await give(two, 0, 16383, [one, two])
        await whole([one, two])
        await tail.says(/no longer serves slots/)
        tail.read()
        await tail.says(/"n:399"/)
        assert.notEqual((await checkpoint(state))?.length, 0, 'a file without a place is none')
        assert.equal(await tail.end('SIGINT'), 0, tail.err)
        assert.notEqual((await checkpoint(state))?.length, 0, 'a file without a place is none')
        await accepted(args)
      } finally {
        await tail.end('SIGKILL')
      }
    })
  })
})
