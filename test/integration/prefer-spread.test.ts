/** --prefer replica where one address leads to several replicas in turn, as a Service of them does. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { TcpProxy } from '../helpers/proxy.ts'
import { inStep } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'

const FAST = { 'repl-diskless-sync-delay': '0' }

for (const installed of oldestNewestAndValkey()) {
  describe(`with ${installed.id}, --prefer replica`, () => {
    /** @param announced the replicas announce the shared address */
    const service = async (context: TestContext, announced: boolean) => {
      const master = await RunningServer.start(installed, FAST)
      const shared = await TcpProxy.start(master.port)
      const [, port = ''] = shared.target.split(':')
      const settings = { ...FAST, replicaof: `127.0.0.1 ${master.port}`, ...(announced && { 'replica-announce-port': port }) }
      const replicas = [await RunningServer.start(installed, settings), await RunningServer.start(installed, settings)]
      context.after(() => Promise.all([...replicas, master, shared].map((one) => one.stop())))
      shared.lead(...replicas.map((replica) => replica.port))
      for (const replica of replicas) {
        await replica.until('its link', async () => (await replica.info('master_link_status')) === 'up')
        await inStep(master, replica)
      }
      return { master, shared, replicas }
    }

    it('reports that several servers share an address before it takes the master instead', async (context) => {
      const { master, shared } = await service(context, true)
      for (const target of [master.target, shared.target]) {
        const ran = await cli(['handshake', target, '--prefer', 'replica'])
        assert.equal(ran.status, 0, ran.err)
        const told = ran.out.replace(/\s+/g, ' ')
        assert.match(told, new RegExp(`no replica is suitable, so this is the master: ${master.target}`))
        assert.match(told, new RegExp(`${shared.target} cannot be asked \\(several servers share that address\\)`))
      }
    })

    it('takes a replica by its own address, not by one that leads to several', async (context) => {
      const { shared, replicas } = await service(context, false)
      const ran = await cli(['dump-rdb', shared.target, '--prefer', 'replica', '--json'])
      assert.equal(ran.status, 0, ran.err)
      const [choice] = (JSON.parse(ran.err) as { choices: { endpoint: string; isFallback: boolean }[] }).choices
      assert.ok(replicas.some(({ target }) => target === choice?.endpoint))
      assert.equal(choice?.isFallback, false)
    })
  })
}
