/** --max-rate on real servers: no faster than asked, and given up before the master's buffer runs over. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { writeSteadily } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

const RATE = 1024 * 1024

for (const installed of oldestNewestAndValkey()) {
  describe(`${installed.id} with --max-rate`, () => {
    let server: RunningServer
    let home: string
    before(async () => {
      home = await mkdtemp(join(tmpdir(), 'redis-repl-rate-'))
      server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', rdbcompression: 'no' })
      await server.cli('DEBUG', 'POPULATE', '30', 'key', '100000')
    })
    after(async () => {
      await server.stop()
      await rm(home, { recursive: true })
    })

    it('sends an RDB no faster than that, whole and verified', async () => {
      const file = join(home, 'slow.rdb')
      const began = performance.now()
      const ran = await cli(['dump-rdb', server.target, '-o', file, '--max-rate', '1mb/s', '--json'])
      const seconds = (performance.now() - began) / 1000
      assert.equal(ran.status, 0, ran.out)
      const { size } = await stat(file)
      assert.ok(size > 2.5 * RATE, String(size))
      assert.ok(seconds > size / RATE, `${size} bytes in ${seconds} s`)
      assert.match(await server.checkRdb(file), /RDB looks OK/)
    })

    it('is lifted before the output buffer overflows, with a warning', async (context) => {
      await server.cli('CONFIG', 'SET', 'client-output-buffer-limit', 'slave 16mb 16mb 60')
      await server.cli('CONFIG', 'SET', 'repl-backlog-size', '1mb')
      const file = join(home, 'lifted.rdb')
      const tail = new Tailing([server.target, '--from', 'snapshot', '--rdb', file, '--max-rate', '64kb', '--count', '200'])
      context.after(() => tail.end('SIGKILL'))
      await server.until('our sync', async () => (await server.info('connected_slaves')) === '1')
      // A snapshot at this rate takes 47 s, and 20 MB of writes are more than the buffer holds.
      for (let index = 0; index < 200; index++) await server.cli('SET', `w${index}`, 'x'.repeat(100_000))
      await tail.says(/--max-rate\s+no\s+longer\s+applies/)
      tail.read()
      assert.equal(await tail.end(), 0, tail.err)
      assert.match(await server.checkRdb(file), /RDB looks OK/)
      assert.equal(await server.info('sync_full'), '2')
    })
  })
}

/** The user of docs/safety.md who may do no more than replicate and ask INFO. */
const MINIMAL = ['on', '>p', '+psync', '+replconf', '+ping', '+info']

for (const installed of oldestNewestAndValkey()) {
  describe(`${installed.id} with --max-rate and a user with few rights`, () => {
    let server: RunningServer
    let home: string
    before(async () => {
      home = await mkdtemp(join(tmpdir(), 'redis-repl-rate-'))
      const roomy = { rdbcompression: 'no', 'repl-backlog-size': '1mb', 'client-output-buffer-limit': 'replica 16mb 0 0' }
      server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', ...roomy })
      await server.cli('DEBUG', 'POPULATE', '300', 'key', '100000')
      await server.cli('ACL', 'SETUSER', 'repl', ...MINIMAL)
      await server.cli('ACL', 'SETUSER', 'blind', ...MINIMAL.filter((right) => right !== '+info'))
    })
    after(async () => {
      await server.stop()
      await rm(home, { recursive: true })
    })

    it('survives a master that writes, although its limit is not known', async (context) => {
      const file = join(home, 'few.rdb')
      context.after(writeSteadily(server, 1000, 5000))
      const tail = new Tailing([
        `redis://repl:p@${server.target}`,
        ...['--from', 'snapshot', '--rdb', file, '--max-rate', '2mb', '--count', '1'],
      ]).read()
      const status = await tail.end()
      assert.equal(status, 0, tail.err)
      assert.match(tail.err, /\+config\|get/)
      assert.match(tail.err, /--max-rate\s+no\s+longer\s+applies/)
      assert.match(await server.checkRdb(file), /RDB looks OK/)
    })

    it('takes a dump of a master that writes, and lifts the rate only where commands wait for a dump', async (context) => {
      const file = join(home, 'dump.rdb')
      context.after(writeSteadily(server, 1000, 5000))
      const ran = await cli(['dump-rdb', `redis://repl:p@${server.target}`, '-o', file, '--max-rate', '16mb', '--json'])
      assert.equal(ran.status, 0, ran.out)
      const codes = assertSchema(ran.out, 'dump-rdb').warnings as { code: string }[]
      const told = codes.map(({ code }) => code).filter((code) => code.startsWith('RATE'))
      assert.deepEqual(told, installed.id === 'redis-6.0' ? ['RATE_LIMIT_UNKNOWN', 'RATE_LIFTED_EARLY'] : [])
      assert.match(await server.checkRdb(file), /RDB looks OK/)
    })

    it('names the missing right where nothing can be watched, and does not mention a file, because none was written', async (context) => {
      await server.cli('CONFIG', 'SET', 'client-output-buffer-limit', 'slave 2mb 0 0')
      context.after(writeSteadily(server, 1000, 5000))
      const tail = new Tailing([`redis://blind:p@${server.target}`, '--from', 'snapshot', '--stats', '--max-rate', '2mb']).read()
      const status = await tail.end()
      assert.equal(status, 7, tail.err)
      assert.match(tail.err, /cannot\s+be\s+watched\s+\(needs\s+\+info\s+or\s+\+client\|list,/)
      assert.match(tail.err, /error PAYLOAD_TRUNCATED/)
      assert.doesNotMatch(tail.err, /stdout/)
    })
  })
}

describe('--max-rate', () => {
  it('takes a size of 64kb or more', async () => {
    for (const text of ['1kb', 'fast', '-1'])
      assertThreeParts(await cli(['dump-rdb', '127.0.0.1:1', '-o', '/tmp/none.rdb', `--max-rate=${text}`]), 'USAGE', 2)
  })
})
