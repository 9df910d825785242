/** Where `tail` keeps an RDB, and what it says at a gap, before scripted masters. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster, infoReply, REPLID, type Script } from '../helpers/fake-master.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { framedByLength, OTHER_REPLID, rdb } from '../helpers/wire.ts'

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'redis-repl-rdb-'))
})
after(() => rm(home, { recursive: true, force: true }))

/** A file name in a folder of its own. */
async function fresh(): Promise<string> {
  return join(await mkdtemp(join(home, 'run-')), 'base.rdb')
}

/** The backlog of this master is empty: nothing is read before the live end. */
const INFO = infoReply({ repl_backlog_first_byte_offset: '101', repl_backlog_histlen: '0' })
const LIVE = { INFO, CONFIG: '*0\r\n', 'REPLCONF ACK': {} }

describe('tail --rdb', () => {
  let master: FakeMaster | undefined
  afterEach(() => master?.stop())

  async function tail(script: Script, ...args: string[]): Promise<Ran> {
    master = await FakeMaster.start(script)
    // Where nothing is refused, it would follow for ever.
    return await cli(['tail', master.target, '--duration', '1', ...args])
  }

  for (const from of ['snapshot', 'now', 'backlog', `${REPLID}:100`]) {
    const args = ['--from', from, '--on-gap', 'resync']

    it(`refuses a file that exists before it contacts anything, with ${args.join(' ')}`, async () => {
      const file = await fresh()
      await writeFile(file, 'precious')
      const ran = await tail(LIVE, ...args, '--rdb', file)
      assertThreeParts(ran, 'OUTPUT_EXISTS', 8)
      assert.equal(master?.connections, 0)
      assert.equal(await readFile(file, 'utf8'), 'precious')
    })

    it(`refuses a folder, and a file in a folder that is not there, before it contacts anything, with ${args.join(' ')}`, async () => {
      const folder = await fresh()
      await mkdir(folder)
      for (const path of [folder, join(folder, 'nowhere', 'base.rdb')]) {
        const ran = await tail(LIVE, ...args, '--rdb', path, '--force')
        assertThreeParts(ran, 'OUTPUT_FAILED', 8)
        assert.equal(master?.connections, 0)
        master?.stop()
      }
    })
  }

  it('leaves nothing where no snapshot was needed', async () => {
    const file = await fresh()
    const ran = await tail({ ...LIVE, PSYNC: `+CONTINUE ${REPLID}\r\n` }, '--on-gap', 'resync', '--rdb', file)
    assert.equal(ran.status, 0, ran.err)
    assert.deepEqual(await readdir(join(file, '..')), [])
  })

  it('keeps a file that exists until the new one is whole, with --force', async () => {
    const file = await fresh()
    await writeFile(file, 'precious')
    const half = rdb().subarray(0, -5)
    const full = Buffer.concat([Buffer.from(`+FULLRESYNC ${OTHER_REPLID} 107\r\n$${rdb().length}\r\n`), half])
    const ran = await tail({ ...LIVE, PSYNC: { bytes: full, close: true } }, '--from', 'snapshot', '--rdb', file, '--force')
    assert.equal(ran.status, 7, ran.err)
    assert.equal(await readFile(file, 'utf8'), 'precious')
    assert.deepEqual(await readdir(join(file, '..')), ['base.rdb'])
  })
})

describe('the error at a gap', () => {
  const full = Buffer.concat([Buffer.from(`+FULLRESYNC ${OTHER_REPLID} 107\r\n`), framedByLength(rdb())])

  /** @returns what is said of it: by a server whose history is another, and that ends each link after its snapshot */
  async function atGap(...args: string[]): Promise<string> {
    const master = await FakeMaster.start({ ...LIVE, PSYNC: { bytes: full, close: true } })
    try {
      const ran = await cli(['tail', master.target, '--from', `${OTHER_REPLID}:5`, '--duration', '30', ...args])
      assertThreeParts(ran, 'GAP', 9)
      // Without the command to go on with, which has the flags that were given.
      return ran.err.slice(ran.err.indexOf('error GAP: ')).replace(/\s+/g, ' ')
    } finally {
      master.stop()
    }
  }

  it('names both flags where neither was given', async () => {
    const words = await atGap()
    assert.match(words, /--on-gap skip/)
    assert.match(words, /--on-gap resync/)
  })

  it('advises no --on-gap resync where that was given', async () => {
    assert.doesNotMatch(await atGap('--on-gap', 'resync'), /--on-gap resync/)
  })

  it('advises no --on-gap skip where that was given', async () => {
    assert.doesNotMatch(await atGap('--on-gap', 'skip'), /--on-gap skip/)
  })
})
