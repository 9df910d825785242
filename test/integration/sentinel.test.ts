/** Sentinel reads the replica list of a master every ten seconds and never forgets: it must not find us there. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cli } from '../helpers/run.ts'
import { freePort, RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

/** Longer than Sentinel's INFO period, so that it looks while we wait for the RDB. */
const HOLD_SECONDS = '12'

for (const installed of servers()) {
  describe(`a Sentinel of ${installed.id}`, { concurrency: true }, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((server) => server.stop())))

    /** What a Sentinel lists after a dump that was long enough to be seen. */
    async function listedAfter(args: string[]): Promise<string> {
      const master = await RunningServer.start(installed, { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': HOLD_SECONDS })
      const sentinel = await RunningServer.start(installed, { 'sentinel monitor': `m 127.0.0.1 ${master.port} 1` }, { sentinel: true })
      running.push(master, sentinel)
      const dump = cli(['dump-rdb', master.target, '-q', ...args])
      await master.until('our waiting for the RDB', async () => (await master.info('connected_slaves')) === '1')
      const ran = await dump
      assert.equal(ran.status, 0, ran.err)
      return await sentinel.cli('SENTINEL', 'SLAVES', 'm')
    }

    let visible = ''
    before(async () => {
      visible = String(await freePort())
    })

    it('never lists us', async () => {
      assert.equal(await listedAfter([]), '')
    })

    it('never lists us while we follow either', async () => {
      const master = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      const sentinel = await RunningServer.start(installed, { 'sentinel monitor': `m 127.0.0.1 ${master.port} 1` }, { sentinel: true })
      const tail = new Tailing([master.target, '--allow-fork'])
      running.push(master, sentinel, { stop: () => tail.end('SIGKILL') })
      await tail.following()
      await sleep(1000 * Number(HOLD_SECONDS))
      assert.equal(await master.info('connected_slaves'), '1')
      assert.equal(await sentinel.cli('SENTINEL', 'SLAVES', 'm'), '')
    })

    it('would have listed a replica that announces an address', async () => {
      assert.match(await listedAfter(['--announce', `127.0.0.1:${visible}`]), new RegExp(`127\\.0\\.0\\.1:${visible}`))
    })
  })
}
