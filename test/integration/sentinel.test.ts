/** Sentinel reads the replica list of a master now and again and never forgets: it must not find us there. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { cli } from '../helpers/run.ts'
import { freePort, RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

/** Far longer than we hold a dump open for a Sentinel to look. */
const HOLD_SECONDS = '60'

describe('a Sentinel', { concurrency: true }, () => {
  const running: { stop(): unknown }[] = []
  after(() => Promise.all(running.map((one) => one.stop())))

  for (const installed of servers()) {
    /** A master, and a Sentinel that looks each second where that can be set (7.0), and every ten otherwise. */
    async function watchedMaster(settings: Record<string, string>): Promise<{ master: RunningServer; sentinel: RunningServer }> {
      const master = await RunningServer.start(installed, settings)
      const sentinel = await RunningServer.start(installed, { 'sentinel monitor': `m 127.0.0.1 ${master.port} 1` }, { sentinel: true })
      running.push(master, sentinel)
      if (installed.id !== 'redis-6.0') assert.equal(await sentinel.cli('SENTINEL', 'DEBUG', 'INFO-PERIOD', '1000'), 'OK')
      return { master, sentinel }
    }

    /** What a Sentinel lists after a dump during which it has looked. */
    async function listedAfter(args: string[]): Promise<string> {
      const settings = { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': HOLD_SECONDS }
      const { master, sentinel } = await watchedMaster(settings)
      const dump = cli(['dump-rdb', master.target, '-q', ...args])
      await master.until('our waiting for the RDB', async () => (await master.info('connected_slaves')) === '1')
      await looked(sentinel)
      await master.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
      const ran = await dump
      assert.equal(ran.status, 0, ran.err)
      return await sentinel.cli('SENTINEL', 'SLAVES', 'm')
    }

    describe(`of ${installed.id}`, { concurrency: true }, () => {
      it('never lists us', async () => {
        assert.equal(await listedAfter([]), '')
      })

      it('never lists us while we follow either', async () => {
        const { master, sentinel } = await watchedMaster({ 'repl-diskless-sync-delay': '0' })
        const tail = new Tailing([master.target, '--allow-fork'])
        running.push({ stop: () => tail.end('SIGKILL') })
        await tail.following()
        await looked(sentinel)
        assert.equal(await master.info('connected_slaves'), '1')
        assert.equal(await sentinel.cli('SENTINEL', 'SLAVES', 'm'), '')
      })

      it('would have listed a replica that announces an address', async () => {
        const visible = await freePort()
        assert.match(await listedAfter(['--announce', `127.0.0.1:${visible}`]), new RegExp(`127\\.0\\.0\\.1:${visible}`))
      })
    })
  }
})

/** Waits until a Sentinel has asked its master for INFO and read the answer, twice: the first may have been asked for before. */
async function looked(sentinel: RunningServer): Promise<void> {
  for (let look = 0; look < 2; look++) {
    const since = Date.now()
    await sentinel.until('its look at the master', async () => (await lastLook(sentinel)) > since, 40_000)
  }
}

/** When that was, in milliseconds; 0 where it has not looked yet. */
async function lastLook(sentinel: RunningServer): Promise<number> {
  const lines = (await sentinel.cli('SENTINEL', 'MASTER', 'm')).split('\n')
  const agoMs = Number(lines[lines.indexOf('info-refresh') + 1])
  // Also what a Sentinel says that has not looked yet. One that looked just now says more when it is asked again.
  return agoMs === 0 ? 0 : Date.now() - agoMs
}
