/** Since Valkey 8 a CLUSTER SETSLOT waits until every replica has it (cluster_legacy.c, clusterCommandSetSlot): we are one. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

const CONFIG = { 'repl-diskless-sync-delay': '0', 'cluster-enabled': 'yes', 'cluster-node-timeout': '3000' }

for (const installed of servers().filter(({ flavour }) => flavour === 'valkey')) {
  describe(`tail of a master in a cluster of ${installed.id}`, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    it('lets slots be moved, except with --ack zero', async () => {
      const [master, replica] = [await RunningServer.start(installed, CONFIG), await RunningServer.start(installed, CONFIG)]
      running.push(master, replica)
      await master.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
      await replica.cli('CLUSTER', 'MEET', '127.0.0.1', String(master.port))
      const id = await master.cli('CLUSTER', 'MYID')
      await replica.until('knowing its master', async () => (await replica.cli('CLUSTER', 'REPLICATE', id)) === 'OK')
      await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up')
      await master.until('knowing its replica', async () => (await master.cli('CLUSTER', 'NODES')).includes('slave'))
      const move = () => master.cli('CLUSTER', 'SETSLOT', '5', 'STABLE')
      await master.until('a slot that can be moved', async () => (await move()) === 'OK')
      for (const [mode, answer] of [
        ['safe', /^OK/],
        ['zero', /^NOREPLICAS/],
        ['honest', /^OK/],
      ] as const) {
        const tail = new Tailing([master.target, '--ack', mode])
        running.push({ stop: () => tail.end('SIGKILL') })
        await tail.following()
        // A replica is waited for as soon as its first ACK has come.
        await sleep(1200)
        assert.match(await move(), answer, mode)
        await tail.end('SIGINT')
        await master.until('our leaving', async () => (await master.info('connected_slaves')) === '1')
      }
    })
  })
}
