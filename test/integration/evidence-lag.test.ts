/**
 * lag claims no more than it has seen: `online` in green, OK, "has no replicas" and status 0 are withdrawn when what they rest on is
 * taken away. Lists that no real server prints are in test/cli/evidence.test.ts.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Claims, claimsOf } from '../helpers/claims.ts'
import { type RunningCluster, startCluster } from '../helpers/cluster.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { pair } from '../helpers/replication.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'

const SAMPLE = ['--sample', '300ms']

function assertClaims({ green, status, out, err }: Claims, wanted: { green: string[]; status: number }): void {
  assert.deepEqual({ green, status }, wanted, out + err)
}

for (const installed of oldestNewestAndValkey()) {
  describe(`what lag claims of ${installed.id}`, () => {
    let master: RunningServer
    let replica: RunningServer
    let strangers: RunningServer[] = []
    before(async () => {
      ;[master, replica] = await pair(installed)
      strangers = await pair(installed)
      await strangers[0]?.cli('SET', 'k', 'v')
      await master.until('an ACK', async () => /state=online/.test(await master.info('slave0')))
      for (const server of [master, replica]) {
        await server.cli('ACL', 'SETUSER', 'blind', 'on', '>pw', '+ping')
        await server.cli('ACL', 'SETUSER', 'role', 'on', '>pw', '+role')
      }
    })
    after(() => Promise.all([replica, master, ...strangers].map((server) => server.stop())))

    const lag = (target: string, ...args: string[]) => claimsOf(['lag', target, ...SAMPLE, ...args])
    const as = (user: string, { target }: RunningServer) => `redis://${user}:pw@${target}`

    it('a replica is online, and the limits hold, by its own INFO', async () => {
      assertClaims(await lag(master.target), { green: ['OK', 'online'], status: 0 })
      assertClaims(await lag(master.target, '--require-link', '--max-bytes', '1mb'), { green: ['OK', 'online'], status: 0 })
    })

    it('without INFO and ROLE it claims nothing', async () => {
      assertClaims(await lag(as('blind', master)), { green: [], status: 4 })
      assertClaims(await lag(as('blind', master), '--min-replicas', '0'), { green: [], status: 4 })
    })

    it('a replica that cannot be asked has no link by a list that shows no age of its ACK', async (context) => {
      // The replica knows no such user: only the ROLE of its master tells of it.
      await replica.cli('ACL', 'DELUSER', 'role')
      context.after(() => replica.cli('ACL', 'SETUSER', 'role', 'on', '>pw', '+role'))
      assertClaims(await lag(as('role', master)), { green: [], status: 0 })
      assertClaims(await lag(as('role', master), '--require-link'), { green: [], status: 1 })
      assertClaims(await lag(as('role', master), '--min-replicas', '1'), { green: [], status: 1 })
    })

    it('a master without replicas has none by INFO; by ROLE only none that is online', async (context) => {
      const alone = await RunningServer.start(installed)
      context.after(() => alone.stop())
      await alone.cli('ACL', 'SETUSER', 'role', 'on', '>pw', '+role')
      assert.match((await lag(alone.target)).out, /No replica is attached to it\./)
      const byRole = await lag(as('role', alone))
      assert.doesNotMatch(byRole.out, /No replica is attached/)
      assert.match(byRole.out, /It has no online replicas, by ROLE\./)
    })

    it('the replica of another master is none of this one, whatever its own link says', async () => {
      const [, foreign] = strangers as [RunningServer, RunningServer]
      const both = ['--replica', foreign.target]
      const told = await lag(master.target, ...both)
      assertClaims(told, { green: ['online'], status: 0 })
      assert.match(told.out, new RegExp(`${foreign.target} +\\S*! another history`))
      assertClaims(await lag(master.target, ...both, '--require-link'), { green: ['online'], status: 1 })
      assertClaims(await lag(master.target, ...both, '--min-replicas', '2'), { green: ['online'], status: 1 })
    })

    it('a replica without its link is not green, and not OK for a monitoring plugin', async (context) => {
      const proxy = await TcpProxy.start(master.port)
      const cut = await RunningServer.start(installed, { replicaof: proxy.target.replace(':', ' ') })
      context.after(() => Promise.all([proxy.stop(), cut.stop()]))
      await cut.until('a link', async () => (await cut.info('master_link_status')) === 'up')
      proxy.close()
      await cut.until('a lost link', async () => (await cut.info('master_link_status')) === 'down')
      const named = ['--replica', cut.target]
      assertClaims(await lag(master.target, ...named), { green: ['online'], status: 0 })
      assertClaims(await lag(master.target, ...named, '--require-link'), { green: ['online'], status: 1 })
      const plugin = await lag(master.target, ...named, '--format', 'nagios')
      assert.equal(plugin.status, 1, plugin.out)
      assert.match(plugin.out, new RegExp(`^REPLICATION WARNING - ${cut.target} link down`))
    })

    it('a replica whose link never came up is not green', async (context) => {
      const never = await RunningServer.start(installed, { replicaof: '127.0.0.1 1' })
      context.after(() => never.stop())
      const ran = await lag(master.target, '--replica', never.target, '--require-link')
      assertClaims(ran, { green: ['online'], status: 1 })
      assert.match(ran.out, new RegExp(`${never.target}: link`))
    })
  })
}

describe('what lag --cluster claims', () => {
  let cluster: RunningCluster
  before(async () => {
    cluster = await startCluster(pick('redis-8.6'))
    for (const server of cluster.all) await server.cli('ACL', 'SETUSER', 'map', 'on', '>pw', '+cluster', '+ping')
  })
  after(() => cluster?.stop())

  it('is withdrawn for all shards where INFO is not permitted, and for one whose master hangs', async () => {
    const [one, other] = cluster.masters as [RunningServer, RunningServer]
    // Its replica must not take over before we have looked.
    await cluster.replicas[1]?.cli('CONFIG', 'SET', 'cluster-replica-no-failover', 'yes')
    const lag = (target: string) => claimsOf(['lag', '--cluster', target, ...SAMPLE, '--require-link'])
    const all = await lag(one.target)
    assertClaims(all, { green: ['OK', 'OK', 'online', 'OK', 'online', 'OK', 'online', '3 of 3 shards OK'], status: 0 })
    assertClaims(await lag(`redis://map:pw@${one.target}`), { green: [], status: 4 })
    other.signal('SIGSTOP')
    try {
      const hanging = await lag(one.target)
      assert.doesNotMatch(hanging.out, /^\S*OK:/)
      assert.equal(hanging.status, 3, hanging.out + hanging.err)
    } finally {
      other.signal('SIGCONT')
    }
  })
})
