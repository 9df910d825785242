/** An address may lead each connection to another server: a load balancer, a Service, a name with several addresses. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'

const FORKED = ['sync_full', 'master_replid', 'total_forks'] as const

for (const installed of oldestNewestAndValkey()) {
  describe(`an address that leads to two masters in turn, with ${installed.id}`, () => {
    let masters: RunningServer[]
    let balancer: TcpProxy
    let folder: string

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'redis-repl-identity-'))
      masters = await Promise.all([0, 1].map(() => RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })))
      for (const master of masters) await activateBacklog(master)
      await masters[1]?.cli('SET', 'only', 'here')
      balancer = await TcpProxy.start(0)
      balancer.lead(...masters.map(({ port }) => port))
    })

    after(async () => {
      balancer?.stop()
      await Promise.all(masters.map((master) => master.stop()))
      await rm(folder, { recursive: true, force: true })
    })

    const counters = async () => await Promise.all(masters.flatMap((master) => FORKED.map((field) => master.info(field))))

    const runs: readonly (readonly [string, () => string[]])[] = [
      ['handshake', () => ['handshake', balancer.target]],
      ['psync', () => ['psync', balancer.target, '--sample', '0']],
      ['tail', () => ['tail', balancer.target, '--duration', '2']],
      ['dump-rdb', () => ['dump-rdb', balancer.target, '-o', join(folder, 'x.rdb')]],
      ['psync --full', () => ['psync', balancer.target, '--full']],
      ['tail --rdb', () => ['tail', balancer.target, '--from', 'snapshot', '--rdb', join(folder, 'x.rdb'), '--duration', '2']],
    ]
    for (const [name, args] of runs) {
      it(`${name} says so, forks neither of them and ends with 5`, async () => {
        const before = await counters()
        const ran = await cli(args())
        assert.equal(ran.status, 5, ran.out + ran.err)
        assert.match(ran.err, /leads\s+to\s+several\s+servers/)
        assert.deepEqual(await counters(), before)
        assert.equal(existsSync(join(folder, 'x.rdb')), false)
      })
    }

    it('a tail that followed one of them resumes when the address leads there again', async () => {
      const [one, other] = masters as [RunningServer, RunningServer]
      balancer.lead(one.port)
      const before = await counters()
      const ran = await cli(['tail', balancer.target, '--count', '2', '--format', 'resp'], {
        during: () => {
          void (async () => {
            await one.until('a replica', async () => (await one.info('connected_slaves')) === '1')
            await one.cli('SET', 'a', '1')
            // The balancer goes back and forth for a while, as during a failover.
            balancer.lead(one.port, other.port)
            const connections = balancer.connections
            balancer.cut()
            await one.until('a connection that met the other', async () => balancer.connections > connections + 3)
            balancer.lead(one.port)
            await one.cli('SET', 'b', '2')
          })()
        },
      })
      assert.equal(ran.status, 0, ran.err)
      assert.match(ran.out, /SET\r\n\$1\r\na\r\n[\s\S]*SET\r\n\$1\r\nb\r\n/)
      assert.match(ran.err, /several\s+servers/)
      assert.deepEqual(await counters(), before)
    })
  })
}
