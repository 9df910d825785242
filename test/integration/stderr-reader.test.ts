/** The end of stderr says nothing about stdout: it silences the notes of a command, and changes nothing else. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, number, pair } from '../helpers/replication.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
/** Makes every command begin with a note: a password on the command line can be seen by others. */
const NOTED = ['--user', 'noted', '--pass', 'pw']
const SETS = 30

/** No command here has a reason to take so long. */
const LIMIT_MS = 30_000

/** Runs a command whose stderr is closed before its first note. */
async function unheard(args: readonly string[], during: (child: ChildProcess) => void = () => {}): Promise<Ran> {
  return await cli(args, {
    during: (child) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
      child.once('exit', () => clearTimeout(timer))
      child.stderr?.destroy()
      during(child)
    },
  })
}

describe('the reader of stderr leaves', () => {
  let server: RunningServer
  let watched: RunningServer
  let replica: RunningServer
  let home: string
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'redis-repl-stderr-'))
    server = await RunningServer.start(pick('redis-8.6'), { 'repl-diskless-sync-delay': '0' })
    await activateBacklog(server)
    ;[watched, replica] = await pair(pick('redis-8.6'))
    for (const one of [server, watched, replica]) await one.cli('ACL', 'SETUSER', 'noted', 'on', '>pw', '+@all', '~*', '&*')
  })
  after(async () => {
    for (const one of [replica, watched, server]) await one.stop()
    await rm(home, { recursive: true, force: true })
  })

  async function write(name: string): Promise<void> {
    for (let index = 0; index < SETS; index++) await server.cli('SET', `${name}:${index}`, 'v')
  }

  /** Until the file holds what was written last. @returns the keys of all SETs in it */
  async function keysIn(file: string, last: string, child: ChildProcess): Promise<string[]> {
    const text = () => readFile(file, 'utf8')
    await server.until(`${last} in the file`, async () => child.exitCode !== null || (await text()).includes(`"${last}"`))
    return [...(await text()).matchAll(/"SET" "([^"]+)"/g)].map(([, key]) => key ?? '')
  }

  const keys = (...names: string[]) => names.flatMap((name) => Array.from({ length: SETS }, (_, index) => `${name}:${index}`))

  /** Follows into a file, over a link that breaks once: that is one more note. */
  async function followed(name: string, isGone: (tail: Tailing) => Promise<void>): Promise<void> {
    const file = join(home, `${name}.txt`)
    const proxy = await TcpProxy.start(server.port)
    const tail = new Tailing(['-v', proxy.target], file)
    try {
      await isGone(tail)
      const isFollowing = async () => (await server.info('connected_slaves')) === '1'
      await server.until('a link', async () => tail.child.exitCode !== null || (await isFollowing()))
      await write('before')
      assert.deepEqual(await keysIn(file, `before:${SETS - 1}`, tail.child), keys('before'))
      proxy.cut()
      await write('after')
      assert.deepEqual(await keysIn(file, `after:${SETS - 1}`, tail.child), keys('before', 'after'))
      assert.equal(tail.child.exitCode, null, 'it goes on')
      assert.equal(await tail.end('SIGINT'), 0)
    } finally {
      await tail.end('SIGKILL')
      proxy.stop()
      await server.until('our leaving', async () => (await server.info('connected_slaves')) === '0')
    }
  }

  it('of tail before its first note: every command is in the file, and Ctrl-C ends it with 0', async () => {
    await followed('first', async (tail) => void tail.child.stderr?.destroy())
  })

  it('of tail when it has read a few lines: every command is in the file, and Ctrl-C ends it with 0', async () => {
    await followed('later', async (tail) => {
      await tail.following()
      tail.child.stderr?.destroy()
    })
  })

  it('of tail, which is a full disk: every command is in the file, and Ctrl-C ends it with 0', async () => {
    const file = join(home, 'full.txt')
    const [out, err] = [openSync(file, 'a'), openSync('/dev/full', 'w')]
    const child = spawn(process.execPath, [RUN, 'tail', '-v', server.target], { stdio: ['ignore', out, err] })
    closeSync(out)
    closeSync(err)
    try {
      await server.until('a link', async () => child.exitCode !== null || (await server.info('connected_slaves')) === '1')
      await write('full')
      assert.deepEqual(await keysIn(file, `full:${SETS - 1}`, child), keys('full'))
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      assert.deepEqual(await ended, [0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('of lag --watch: it shows as many looks as were wanted, and a summary after them', async () => {
    const ran = await unheard(['lag', watched.target, ...NOTED, '--watch', '-i', '200ms', '--count', '4'])
    assert.equal(ran.status, 0, ran.out)
    assert.equal(ran.out.match(new RegExp(`^\\S+Z master=\\S+ replica=${replica.target} state=online `, 'gm'))?.length, 4, ran.out)
    assert.match(ran.out, / event=summary replica=\S+ /)
  })

  it('of lag that tells how it attaches: its answer, and a status that speaks of it', async () => {
    const ran = await unheard(['lag', watched.target, '--attach', '-v', '--require-link'])
    assert.equal(ran.status, 0, ran.out)
    assert.match(ran.out, /^OK: 1 replica/m)
  })

  it('of psync --watch: it reports the next change, and Ctrl-C ends it with 0', async () => {
    const place = ['--replid', await server.info('master_replid'), '--offset', String(await number(server, 'master_repl_offset'))]
    const overrun = () => server.cli('EVAL', "for i = 1, 3 do redis.call('SET', 'k', string.rep('x', 600000)) end", '0')
    let out = ''
    let isOverrun = false
    const ran = await unheard(['psync', server.target, ...NOTED, ...place, '--watch', '-i', '1', '--sample', '0'], (child) => {
      child.stdout?.on('data', (chunk) => {
        out += chunk
        if (/^FULL: /m.test(out)) child.kill('SIGINT')
        if (isOverrun || !/^PARTIAL: /m.test(out)) return
        isOverrun = true
        void overrun()
      })
    })
    assert.equal(ran.status, 0, ran.out)
    assert.match(ran.out, /^PARTIAL: [\s\S]*^FULL: /m)
  })

  it('of dump-rdb: a whole and verified file', async () => {
    const file = join(home, 'dump.rdb')
    const ran = await unheard(['dump-rdb', server.target, ...NOTED, '-v', '-o', file])
    assert.equal(ran.status, 0, ran.out)
    assert.match(await server.checkRdb(file), /Checksum OK|RDB looks OK/)
    assert.deepEqual(
      (await readdir(home)).filter((name) => name.endsWith('.part')),
      [],
    )
  })

  it('of a command that fails: the status of its failure', async () => {
    assert.equal((await unheard(['tail', '127.0.0.1:1', ...NOTED, '-v'])).status, 3)
    assert.equal((await unheard(['lag', '127.0.0.1:1', ...NOTED])).status, 3)
  })
})

describe('the reader of stdout leaves', () => {
  it('of tail, whose stderr is read or not: it ends quietly, with 0', async () => {
    const server = await RunningServer.start(pick('redis-8.6'), { 'repl-diskless-sync-delay': '0' })
    try {
      await activateBacklog(server)
      for (const isHeard of [true, false]) {
        const tail = new Tailing([server.target])
        try {
          await tail.following()
          if (!isHeard) tail.child.stderr?.destroy()
          tail.child.stdout?.destroy()
          await server.until('its end', async () => {
            await server.cli('SET', 'k', 'v')
            return tail.child.exitCode !== null
          })
          assert.equal(await tail.end(), 0)
          assert.doesNotMatch(tail.err, /error|EPIPE/)
        } finally {
          await tail.end('SIGKILL')
        }
      }
    } finally {
      await server.stop()
    }
  })
})
