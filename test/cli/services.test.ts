/** Managed services and proxies that block replication, in the words that users report. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'

const WORDS: readonly (readonly [name: string, reply: string])[] = [
  ['Codis', "-ERR handle request, command 'PSYNC' is not allowed\r\n"],
  ['Tair', '-ERR command `psync` disabled\r\n'],
  ['Alibaba Cloud', '-ERR command psync not support for your account\r\n'],
  ['Alibaba Cloud', '-ERR command psync not support for normal user\r\n'],
  ['Upstash', "-ERR Command is not available: 'PSYNC'. See https://upstash.com/docs/redis/overall/rediscompatibility for details\r\n"],
]

describe('a service that blocks replication', () => {
  let folder: string
  let master: FakeMaster | undefined
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redis-repl-services-'))
  })
  after(() => rm(folder, { recursive: true }))
  afterEach(() => master?.stop())

  const dump = async () => await cli(['dump-rdb', master?.target ?? '', '-o', join(folder, 'x.rdb')])
  const sent = (name: string) => master?.received.filter(([first]) => first === name).length

  for (const [name, reply] of WORDS) {
    it(`is named when it answers ${reply.trim()}, and no SYNC is tried`, async () => {
      master = await FakeMaster.start({ PSYNC: reply, SYNC: reply })
      const ran = await dump()
      assertThreeParts(ran, 'NOT_SUPPORTED', 5)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), new RegExp(`This is ${name}\\b`))
      assert.equal(sent('SYNC'), 0)
      assert.deepEqual(await readdir(folder), [])
    })
  }

  it('already at REPLCONF is not asked for PSYNC', async () => {
    master = await FakeMaster.start({ REPLCONF: '-ERR command replconf not support for your account\r\n' })
    assertThreeParts(await dump(), 'NOT_SUPPORTED', 5)
    assert.equal(sent('PSYNC'), 0)
  })

  it('where PSYNC is unknown and SYNC is blocked is not supported, which is no lost link', async () => {
    master = await FakeMaster.start({
      PSYNC: "-ERR unknown command 'PSYNC'\r\n",
      SYNC: '-ERR command sync not support for normal user\r\n',
    })
    const ran = await dump()
    assertThreeParts(ran, 'NOT_SUPPORTED', 5)
    assert.match(ran.err, /Alibaba\s+Cloud/)
  })
})
