/** Why a replica has no link: lag and psync name its master, whether it is reachable from here, and what it says. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { pair } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { freePort, oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'
import { type Reported, verdictOf } from '../helpers/verdict.ts'

async function psync(target: string, replica: RunningServer, ...more: string[]): Promise<Reported> {
  const ran = await cli(['psync', target, '--from-replica', replica.target, '--json', '--sample', '0', ...more])
  assert.equal(ran.status, 0, ran.out + ran.err)
  return verdictOf(assertSchema(ran.out, 'psync'))
}

/** The note of lag on the replica, in one line. */
async function note(replica: RunningServer, ...more: string[]): Promise<string> {
  const ran = await cli(['lag', replica.target, ...more])
  return ran.out.replace(/\s+/g, ' ')
}

describe('a replica whose link is down', { concurrency: 1 }, () => {
  for (const installed of oldestNewestAndValkey()) {
    for (const [what, settings] of [
      ['without a masterauth', {}],
      ['with a wrong masterauth', { masterauth: 'wrong' }],
    ] as const) {
      it(`${what} is reported with the password that its master requires, and not as one without an offset, on ${installed.id}`, async (context) => {
        const master = await RunningServer.start(installed, { requirepass: 'secret' })
        context.after(() => master.stop())
        const replica = await RunningServer.start(installed, { replicaof: `127.0.0.1 ${master.port}`, ...settings })
        context.after(() => replica.stop())
        const wanted = new RegExp(`link to ${master.target} never up; that address answers from here and requires a password.*masterauth`)
        const { kind, words } = await psync(`redis://:secret@${master.target}`, replica)
        assert.equal(kind, 'no-link')
        assert.match(words, wanted)
        assert.match(words, /and ours is accepted/)
        const quiet = await cli(['psync', `redis://:secret@${master.target}`, '--from-replica', replica.target, '-q', '--sample', '0'])
        assert.match(quiet.out, /^NO LINK: Replica /)
        assert.match(await note(replica), wanted)
      })
    }

    it(`that receives its first RDB with the right masterauth is not blamed on ${installed.id}`, async (context) => {
      const slow = { requirepass: 'secret', 'repl-diskless-sync-delay': '0', 'rdb-key-save-delay': '3000' }
      const master = await RunningServer.start(installed, slow)
      context.after(() => master.stop())
      await master.cli('-a', 'secret', 'DEBUG', 'POPULATE', '5000', 'k', '100')
      const replica = await RunningServer.start(installed, { replicaof: `127.0.0.1 ${master.port}`, masterauth: 'secret' })
      context.after(() => replica.stop())
      await replica.until('a full resync', async () => (await replica.info('master_sync_in_progress')) === '1')
      const { kind, words } = await psync(`redis://:secret@${master.target}`, replica)
      assert.equal(kind, 'full')
      assert.doesNotMatch(words, /masterauth/)
    })
  }

  it('because nothing listens there is reported as such, and the address can be mapped', async (context) => {
    const installed = pick('redis-7.0')
    const master = await RunningServer.start(installed, { requirepass: 'secret' })
    context.after(() => master.stop())
    const replica = await RunningServer.start(installed, { replicaof: `127.0.0.9 ${master.port}` })
    context.after(() => replica.stop())
    const refused = `link to 127\\.0\\.0\\.9:${master.port} never up; that address cannot be reached from here either: .*refused`
    assert.match(await note(replica), new RegExp(refused))
    const map = ['--map', `127.0.0.9:${master.port}=${master.target}`]
    const { kind, words } = await psync(`redis://:secret@${master.target}`, replica, ...map)
    assert.equal(kind, 'no-link')
    assert.match(
      words,
      new RegExp(`link to 127\\.0\\.0\\.9:${master.port} never up; that address answers from here and requires a password`),
    )
    // Another server is asked for a position: the answer is about that one, and the cause stands beside it.
    const other = await RunningServer.start(installed)
    context.after(() => other.stop())
    const elsewhere = await psync(other.target, replica)
    assert.equal(elsewhere.kind, 'full')
    assert.match(elsewhere.words, new RegExp(refused))
  })

  it('because something else listens there is reported as such', async (context) => {
    const web = createServer((_, response) => response.end('no Redis')).listen(0, '127.0.0.1')
    context.after(() => web.close())
    await once(web, 'listening')
    const replica = await RunningServer.start(pick('valkey-9.1'), { replicaof: `127.0.0.1 ${(web.address() as AddressInfo).port}` })
    context.after(() => replica.stop())
    assert.match(await note(replica), /never up; that address answers from here, but not as a master/)
  })

  it('since its master got a password later is reported with that cause beside its forecast', async (context) => {
    const [master, replica] = await pair(pick('redis-7.0'))
    for (const server of [replica, master]) context.after(() => server.stop())
    await master.cli('CONFIG', 'SET', 'requirepass', 'secret')
    await master.cli('-a', 'secret', 'CLIENT', 'KILL', 'TYPE', 'replica')
    await replica.until('a link that is down', async () => (await replica.info('master_link_status')) === 'down')
    const { kind, words } = await psync(`redis://:secret@${master.target}`, replica)
    assert.equal(kind, 'partial')
    assert.match(words, /link to \S+ down for .*requires a password/)
  })
})

describe('psync --from-replica of a replica that hangs', { concurrency: 1 }, () => {
  for (const installed of oldestNewestAndValkey()) {
    it(`answers from the list of its master, and says so, on ${installed.id}`, async (context) => {
      const [master, replica] = await pair(installed)
      for (const server of [replica, master]) context.after(() => server.stop())
      await master.cli('SET', 'a', 'b')
      const acked = async () => /offset=(\d+)/.exec(await master.info('slave0'))?.[1]
      await master.until('an ACK', async () => (await acked()) === (await master.info('master_repl_offset')))
      process.kill(replica.pid, 'SIGSTOP')
      try {
        const { kind, words } = await psync(master.target, replica, '--step-timeout', '1')
        assert.equal(kind, 'partial')
        assert.match(
          words,
          new RegExp(
            `Warning: the replica does not answer us \\(TIMEOUT\\)\\. This is the offset that ${master.target} lists for it \\(online`,
          ),
        )
        const stranger = await RunningServer.start(installed)
        context.after(() => stranger.stop())
        const unlisted = await cli(['psync', stranger.target, '--from-replica', replica.target, '--step-timeout', '1'])
        assert.equal(unlisted.status, 3, unlisted.out)
      } finally {
        process.kill(replica.pid, 'SIGCONT')
      }
    })
  }

  it('or is not there at all is the failure that it is', async (context) => {
    const server = await RunningServer.start(pick('redis-7.0'))
    context.after(() => server.stop())
    const ran = await cli(['psync', server.target, '--from-replica', `127.0.0.1:${await freePort()}`])
    assert.equal(ran.status, 3, ran.out)
  })
})
