/** What real servers refuse with, each for real: the message's kind and its exit status. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { cli } from '../helpers/run.ts'
import { freePort, oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'

async function codeOf(args: string[]): Promise<[code: string, status: number | null]> {
  const ran = await cli([...args, '--json'])
  const text = ran.out || ran.err
  return [JSON.parse(text).error?.code ?? 'none', ran.status]
}

/** Runs with a server of its own; the server is gone afterwards. */
async function withServer(
  installed: ReturnType<typeof pick>,
  settings: Record<string, string>,
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await RunningServer.start(installed, settings)
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

/** Tries until the server has noticed that the connection which found it ready is gone. */
async function takeOnlyPlace(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('PING\r\n')
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer]
    if (answer.toString().startsWith('+PONG')) return socket
    socket.destroy()
  }
}

for (const installed of oldestNewestAndValkey()) {
  describe(`${installed.id} refuses`, () => {
    let server: RunningServer
    before(async () => {
      server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', 'lua-time-limit': '50' })
      for (const [user, ...rights] of [
        ['full', '+psync', '+replconf', '+ping', '+info'],
        ['no-psync', '+replconf', '+ping', '+info'],
        ['no-replconf', '+psync', '+ping', '+info'],
        ['no-info', '+psync', '+replconf', '+ping'],
        ['no-ping', '+psync', '+replconf', '+info'],
      ]) {
        await server.cli('ACL', 'SETUSER', user as string, 'on', '>pw', ...rights)
      }
      assert.equal((await cli(['dump-rdb', server.target, '-q'])).status, 0) // leaves a backlog
    })
    after(() => server.stop())

    const as = (user: string) => ['handshake', server.target, '--user', user, '-a', 'pw', '--no-auth-warning']

    it('nothing to a user with exactly the minimal rights', async () => {
      assert.deepEqual(await codeOf(as('full')), ['none', 0])
    })
    it('a user without psync, with 4', async () => {
      assert.deepEqual(await codeOf(as('no-psync')), ['NO_PERMISSION', 4])
    })
    it('a user without replconf, with 4', async () => {
      assert.deepEqual(await codeOf(as('no-replconf')), ['NO_PERMISSION', 4])
    })
    it('no replica for want of ping', async () => {
      assert.deepEqual(await codeOf(as('no-ping')), ['none', 0])
    })
    it('no replica for want of info, and the report shows what is unknown', async () => {
      const ran = await cli([...as('no-info'), '--json'])
      // Where PSYNC cannot be tried without a fork, nothing shows that a replica is accepted.
      assert.equal(ran.status, installed.id === 'redis-6.0' ? 10 : 0, ran.out)
      const { reply, warnings, cost } = JSON.parse(ran.out)
      assert.equal(reply.stopped, 'NO_INFO')
      assert.equal(warnings[0].code, 'NO_INFO')
      assert.equal(cost, null)
    })
    it('a dump for want of psync, and no file is left', async () => {
      const home = await mkdtemp(join(tmpdir(), 'redis-repl-acl-'))
      const [, , ...user] = as('no-psync')
      assert.deepEqual(await codeOf(['dump-rdb', server.target, ...user, '-o', join(home, 'x.rdb')]), ['NO_PERMISSION', 4])
      assert.deepEqual(await readdir(home), [])
      await rm(home, { recursive: true })
    })
    it('no dump for want of info', async () => {
      const [, , ...user] = as('no-info')
      const ran = await cli(['dump-rdb', server.target, ...user])
      assert.equal(ran.status, 0, ran.err)
      assert.equal(ran.stdout.at(-9), 0xff)
    })
    it('a wrong password, with 4', async () => {
      assert.deepEqual(await codeOf(['handshake', server.target, '--user', 'full', '-a', 'wrong']), ['AUTH_FAILED', 4])
    })
    it('a replica whose password it does not want: psync --full says so with 4, and takes no full resync', async () => {
      const counted = await server.cli('INFO', 'stats')
      const full = (text: string) => /sync_full:\d+/.exec(text)?.[0]
      for (const asked of [['psync', '--full'], ['psync'], ['handshake']]) {
        assert.deepEqual(await codeOf([...asked, server.target, '-a', 'x']), ['AUTH_FAILED', 4], asked.join(' '))
      }
      assert.equal(full(await server.cli('INFO', 'stats')), full(counted))
    })

    it('no password where one is required, with 4', async () => {
      await withServer(installed, { requirepass: 'pw' }, async ({ target }) => {
        assert.deepEqual(await codeOf(['handshake', target]), ['AUTH_REQUIRED', 4])
        assert.deepEqual(await codeOf(['handshake', target, '-a', 'pw']), ['none', installed.id === 'redis-6.0' ? 10 : 0])
      })
    })
    it('everything while a script runs (BUSY), with 6', async (context) => {
      const socket = connect(server.port, '127.0.0.1')
      context.after(async () => {
        socket.destroy()
        await server.cli('SCRIPT', 'KILL')
      })
      socket.write("EVAL 'while true do end' 0\r\n")
      await server.until('BUSY', async () => (await server.cli('PING')).startsWith('BUSY'))
      assert.deepEqual(await codeOf(['handshake', server.target]), ['TRY_LATER', 6])
    })
    it('a replica without its master (NOMASTERLINK or MASTERDOWN), with 6', async () => {
      const closed = String(await freePort())
      for (const stale of ['yes', 'no']) {
        await withServer(installed, { 'replica-serve-stale-data': stale, replicaof: `127.0.0.1 ${closed}` }, async ({ target }) => {
          assert.deepEqual(await codeOf(['dump-rdb', target]), ['TRY_LATER', 6])
        })
      }
    })
    it('more clients than it may have, with 6', async (context) => {
      await withServer(installed, { maxclients: '1' }, async ({ port, target }) => {
        const taken = await takeOnlyPlace(port)
        context.after(() => taken.destroy())
        assert.deepEqual(await codeOf(['handshake', target]), ['TRY_LATER', 6])
      })
    })
    it('while it is loading, with 6', async (context) => {
      const home = await mkdtemp(join(tmpdir(), 'redis-repl-loading-'))
      const source = await RunningServer.start(installed, { rdbcompression: 'no', 'repl-diskless-sync-delay': '0' })
      context.after(() => source.stop())
      await source.cli('DEBUG', 'POPULATE', '40000', 'key', '1000') // a loading server answers every 2 MB
      assert.equal((await cli(['dump-rdb', source.target, '-o', join(home, 'dump.rdb')])).status, 0)
      const settings = { 'key-load-delay': '100', replicaof: `127.0.0.1 ${source.port}` }
      const loading = await RunningServer.start(installed, settings, { folder: home })
      try {
        assert.deepEqual(await codeOf(['handshake', loading.target]), ['TRY_LATER', 6])
        assert.deepEqual(await codeOf(['psync', source.target, '--from-replica', loading.target]), ['TRY_LATER', 6])
        const ran = await cli(['lag', source.target, '--replica', loading.target, '--sample', '1s'])
        assert.match(ran.out, /is loading its data/)
        assert.doesNotMatch(ran.out, /full resync/)
        assert.equal(await loading.info('loading'), '1', 'the server was too fast for this test')
      } finally {
        await loading.stop()
      }
    })
    it('a replica while its own saves fail (MISCONF), with 6, but gives a dump', async () => {
      await withServer(installed, { save: '900 1', 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '0' }, async (failing) => {
        await rm(failing.folder, { recursive: true })
        await failing.cli('SET', 'k', 'v')
        await failing.cli('BGSAVE')
        await failing.until('a failed save', async () => (await failing.info('rdb_last_bgsave_status')) === 'err')
        assert.deepEqual(await codeOf(['handshake', failing.target]), ['TRY_LATER', 6])
        const ran = await cli(['dump-rdb', failing.target])
        assert.equal(ran.status, 0, ran.err)
        assert.match(ran.err, /refuses\s+writes/)
      })
    })
  })
}

describe('dump-rdb warns', () => {
  it('before a disk-based dump that could stop the master from taking writes', async () => {
    await withServer(pick('redis-8.6', 'redis-7.0'), { save: '900 1', 'repl-diskless-sync': 'no' }, async ({ target }) => {
      const ran = await cli(['dump-rdb', target])
      assert.equal(ran.status, 0, ran.err)
      assert.match(ran.err, /MISCONF/)
    })
  })
})

describe('other things on the port', () => {
  it('a real Sentinel is recognised, with 5', async () => {
    const sentinel = await RunningServer.start(pick('redis-8.6', 'redis-7.0'), {}, { sentinel: true })
    try {
      assert.deepEqual(await codeOf(['handshake', sentinel.target]), ['NOT_SUPPORTED', 5])
    } finally {
      await sentinel.stop()
    }
  })

  it('a real web server is recognised, with 5', async (context) => {
    const web = createServer().listen(0, '127.0.0.1')
    context.after(() => web.close())
    await once(web, 'listening')
    const { port } = web.address() as { port: number }
    assert.deepEqual(await codeOf(['handshake', `127.0.0.1:${port}`]), ['NOT_REDIS', 5])
  })

  it('stdout on a full disk ends with 8', async () => {
    await withServer(pick('redis-8.6', 'redis-7.0'), { 'repl-diskless-sync-delay': '0' }, async ({ target }) => {
      for (const command of ['dump-rdb', 'handshake', 'handshake --json']) {
        const child = spawn('sh', ['-c', `exec "$0" bin/run.js ${command} ${target} > /dev/full`, process.execPath], { stdio: 'ignore' })
        assert.deepEqual(await once(child, 'close'), [8, null], command)
      }
    })
  })

  it('a file that may not grow further ends with 8 and is removed', async () => {
    const settings = { 'repl-diskless-sync-delay': '0', rdbcompression: 'no' }
    await withServer(pick('redis-8.6', 'redis-7.0'), settings, async (server) => {
      await server.cli('DEBUG', 'POPULATE', '50000', 'key', '200')
      const whole = await cli(['dump-rdb', server.target])
      const home = await mkdtemp(join(tmpdir(), 'redis-repl-full-'))
      // In the first block, in the third, and in the rest after the last whole one.
      for (const kilobytes of [100, 5000, Math.floor(whole.stdout.length / 1024) - 10]) {
        const command = `ulimit -f ${kilobytes}; exec "$0" bin/run.js dump-rdb ${server.target} -o ${home}/x.rdb`
        const child = spawn('bash', ['-c', command, process.execPath], { stdio: 'ignore' })
        assert.deepEqual(await once(child, 'close'), [8, null], `${kilobytes} KiB`)
        assert.deepEqual(await readdir(home), [])
      }
      await rm(home, { recursive: true })
    })
  })
})

describe('a replica as the source', () => {
  it('is attached to without a fork, and dumped instead of its master', async () => {
    const installed = pick('redis-8.6', 'redis-7.0')
    await withServer(installed, { 'repl-diskless-sync-delay': '0' }, async (master) => {
      await master.cli('SET', 'k', 'v')
      await withServer(installed, { replicaof: `127.0.0.1 ${master.port}`, 'repl-diskless-sync-delay': '0' }, async (replica) => {
        await replica.until('its sync', async () => (await replica.info('master_link_status')) === 'up')
        const ran = await cli(['handshake', replica.target, '--json'])
        assert.equal(ran.status, 0, ran.out)
        const { reply } = JSON.parse(ran.out)
        assert.deepEqual([reply.kind, reply.replid], ['continue', await master.info('master_replid')])
        const forks = await master.info('total_forks')
        assert.equal((await cli(['dump-rdb', replica.target])).status, 0)
        assert.equal(await master.info('total_forks'), forks)
      })
    })
  })
})
