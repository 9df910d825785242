/**
 * dump-rdb and tail claim no more than they have seen: "CRC64 verified", the comparison of keys, "nothing was missed" and status 0 are
 * withdrawn when what they rest on is taken away.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { claimsOf } from '../helpers/claims.ts'
import { type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog } from '../helpers/replication.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'

const RIGHTS = ['on', '>pw', '+psync', '+replconf', '+ping']
const FAST = { 'repl-diskless-sync-delay': '0' }
const MISSED = /no\s+byte\s+is\s+missing/

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-repl-evidence-'))
})
after(() => rm(folder, { recursive: true, force: true }))

let files = 0
const newFile = () => join(folder, `${++files}.rdb`)

for (const installed of oldestNewestAndValkey()) {
  describe(`what dump-rdb and tail claim of ${installed.id}`, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    async function start(settings: Record<string, string> = {}): Promise<RunningServer> {
      const server = await RunningServer.start(installed, { ...FAST, ...settings })
      running.push(server)
      await server.cli('SET', 'k', 'v')
      await server.cli('ACL', 'SETUSER', 'blind', ...RIGHTS)
      return server
    }

    it('an RDB is verified by its CRC64, and its keys are compared with INFO', async () => {
      const server = await start()
      const whole = await claimsOf(['dump-rdb', server.target, '-o', newFile()])
      assert.deepEqual([whole.green, whole.status], [['OK:'], 0], whole.err)
      assert.match(whole.err, /CRC64\s+verified/)
      assert.match(whole.err, /1 in database 0; INFO counts 1 in database 0/)

      const blind = await claimsOf(['dump-rdb', `redis://blind:pw@${server.target}`, '-o', newFile()])
      assert.deepEqual([blind.green, blind.status], [['OK:'], 0], blind.err)
      assert.match(blind.err, /not compared with INFO: not permitted/)
      assert.match(blind.err, /Server counters: unknown\./)
      assert.doesNotMatch(blind.err, /INFO counts/)
    })

    it('an RDB without a checksum is not verified', async () => {
      const server = await start({ rdbchecksum: 'no' })
      const ran = await claimsOf(['dump-rdb', server.target, '-o', newFile()])
      assert.deepEqual([ran.green, ran.status], [[], 0], ran.err)
      assert.match(ran.err, /UNSIGNED:.*no\s+checksum\s+in\s+it/s)
    })

    it('a stream that continues at another server does not say that no byte is missing', async () => {
      const [server, other] = [await start(), await start()]
      for (const one of [server, other]) await activateBacklog(one)
      const proxy = await TcpProxy.start(server.port)
      running.push(proxy)
      const follow = (meanwhile: () => Promise<void>) =>
        claimsOf(['tail', proxy.target, '--count', '2', '--duration', '30'], { during: () => void meanwhile() })
      const followed = () => server.until('a replica', async () => (await server.info('connected_slaves')) === '1')

      const same = await follow(async () => {
        await followed()
        await server.cli('SET', 'a', '1')
        proxy.cut()
        await server.cli('SET', 'b', '2')
      })
      assert.equal(same.status, 0, same.err)
      assert.match(same.green.join('\n'), MISSED)

      const elsewhere = await follow(async () => {
        await followed()
        await server.cli('SET', 'c', '1')
        proxy.lead(other.port)
        proxy.cut()
      })
      assert.equal(elsewhere.status, 9, elsewhere.out + elsewhere.err)
      assert.doesNotMatch(elsewhere.err, MISSED)
      assert.deepEqual(elsewhere.green, [])
    })
  })
}

describe('what dump-rdb --cluster claims', () => {
  let cluster: RunningCluster
  before(async () => {
    cluster = await startCluster(pick('redis-8.6'))
    for (const server of cluster.all) {
      await server.cli('ACL', 'SETUSER', 'blind', ...RIGHTS, '+cluster')
      await server.cli('ACL', 'SETUSER', 'unmapped', ...RIGHTS, '+info')
      await server.cli('ACL', 'SETUSER', 'unmoved', ...RIGHTS, '+info', '+cluster|shards', '+cluster|nodes', '+cluster|info')
    }
  })
  after(() => cluster?.stop())

  const as = (user: string) => `redis://${user}:pw@${cluster.masters[0]?.target}`
  const dump = async (target: string, ...flags: string[]) => {
    const path = join(folder, `cluster-${++files}`)
    return { path, ran: await claimsOf(['dump-rdb', target, '-o', path, ...flags]) }
  }

  it('a dump of all shards compares their keys with INFO only where it is permitted', async () => {
    const seen = await dump(cluster.masters[0]?.target ?? '', '--cluster')
    assert.equal(seen.ran.status, 0, seen.ran.err)
    assert.equal(seen.ran.err.match(/INFO\s+counts/g)?.length, 3, seen.ran.err)
    const blind = await dump(as('blind'), '--cluster')
    assert.equal(blind.ran.status, 0, blind.ran.err)
    assert.equal(blind.ran.err.match(/not\s+compared\s+with\s+INFO:\s+not\s+permitted/g)?.length, 3, blind.ran.err)
  })

  for (const [missing, user] of [
    ['the map', 'unmapped'],
    ['the slots that are moving', 'unmoved'],
  ] as const) {
    it(`a dump of all shards is none without the right to ask for ${missing}`, async () => {
      const { path, ran } = await dump(as(user), '--cluster')
      assert.equal(ran.status, 4, ran.err)
      assert.equal(existsSync(path), false)
    })
  }

  it('a dump of one node is accepted as one shard only where the node shows its slots, and ends with 2 without --shard', async () => {
    const alone = await dump(as('unmapped'))
    assert.deepEqual([alone.ran.green, alone.ran.status, existsSync(alone.path)], [[], 2, false], alone.ran.err)
    const meant = await dump(as('unmapped'), '--shard')
    assert.equal(meant.ran.status, 0, meant.ran.err)
    assert.match(meant.ran.err, /the\s+node\s+does\s+not\s+show\s+them/)
  })
})
