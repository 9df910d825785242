/** A file called stdout is a file: what became of it is said as of any other. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FakeMaster, infoReply, type Script } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { OTHER_REPLID, rdb } from '../helpers/wire.ts'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const OF_A_FILE = 'The received data was removed.'
const OF_STDOUT = 'The data on stdout is not usable: delete it.'
/** More than a file may hold under this limit. */
const LARGE_BYTES = 4 * 1024 * 1024
const LIMIT_KIB = 100

function full(payload: Buffer, announced = payload.length): Script {
  const header = Buffer.from(`+FULLRESYNC ${OTHER_REPLID} 107\r\n$${announced}\r\n`)
  return { INFO: infoReply(), 'REPLCONF ACK': {}, PSYNC: { bytes: Buffer.concat([header, payload]), close: true } }
}

const whole = rdb()
const BROKEN: readonly (readonly [what: string, script: Script])[] = [
  ['is cut midway', full(whole.subarray(0, -10), whole.length)],
  ['has a wrong checksum', full(rdb({ checksum: Buffer.alloc(8, 1) }))],
  ['is no RDB', full(Buffer.from(`${'x'.repeat(whole.length - 1)}\n`))],
]

describe('a file called stdout', { concurrency: 1 }, () => {
  let home = ''
  let master: FakeMaster | undefined
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'redis-repl-stdout-'))
  })
  afterEach(async () => {
    master?.stop()
    await rm(home, { recursive: true, force: true })
  })

  /** What is said, with its lines joined. */
  async function said(script: Script, words: (target: string) => readonly string[]): Promise<string> {
    master = await FakeMaster.start(script)
    const ran = await cli(words(master.target), { cwd: home })
    assert.equal(ran.status, 7, ran.err)
    return ran.err.replace(/\s+/g, ' ')
  }

  for (const [what, script] of BROKEN) {
    it(`is removed by dump-rdb when its payload ${what}, and the error says so`, async () => {
      const words = await said(script, (target) => ['dump-rdb', target, '-o', 'stdout'])
      assert.ok(words.includes(OF_A_FILE), words)
      assert.ok(!words.includes(OF_STDOUT), words)
      assert.deepEqual(await readdir(home), [])
    })

    it(`is removed by tail --rdb when its payload ${what}, and the error says so`, async () => {
      const words = await said(script, (target) => ['tail', target, '--from', 'snapshot', '--rdb', 'stdout'])
      assert.ok(words.includes(OF_A_FILE), words)
      assert.ok(!words.includes(OF_STDOUT), words)
      assert.deepEqual(await readdir(home), [])
    })

    it(`is not meant where stdout itself gets a payload that ${what}`, async () => {
      const words = await said(script, (target) => ['dump-rdb', target])
      assert.ok(words.includes(OF_STDOUT), words)
    })
  }

  it('is removed when it cannot grow further, and the error says so', async () => {
    master = await FakeMaster.start(full(rdb({ body: Buffer.alloc(LARGE_BYTES), checksum: Buffer.alloc(8) })))
    const command = `ulimit -f ${LIMIT_KIB}; exec "$0" "$1" dump-rdb ${master.target} -o stdout`
    const child = spawn('bash', ['-c', command, process.execPath, RUN], { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] })
    let err = ''
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    assert.deepEqual(await once(child, 'close'), [8, null], err)
    assert.ok(err.replace(/\s+/g, ' ').includes(OF_A_FILE), err)
    assert.deepEqual(await readdir(home), [])
  })
})
