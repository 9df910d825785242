/** Servers that replicate by a protocol of their own, and servers whose INFO lacks a field of a position. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { REPLID } from '../helpers/wire.ts'

type Fields = Readonly<Record<string, string>>

const OFFSET = { master_repl_offset: '4711' }
const MASTER_REPLID = { master_replid: REPLID }
const KVROCKS = { kvrocks_version: '2.9.0', redis_version: '4.0.0', role: 'master', ...OFFSET }
const DRAGONFLY = { redis_version: '7.4.0', dragonfly_version: 'df-v1.23.0', role: 'master', ...MASTER_REPLID }
const GARNET = { garnet_version: '1.0.50', redis_version: '7.4.3', role: 'master' }
const UNKNOWN = { redis_version: '7.0.0', role: 'master' }

function infoOf(fields: Fields): string {
  const text = Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`)
  return `$${text.join('').length}\r\n${text.join('')}\r\n`
}

async function start(context: TestContext, fields: Fields): Promise<FakeMaster> {
  const fake = await FakeMaster.start({ INFO: infoOf(fields), PSYNC: '-ERR value is not an integer or out of range\r\n' })
  context.after(() => fake.stop())
  return fake
}

/** A master with one replica. */
async function withReplica(context: TestContext, state: string, ofReplica: Fields): Promise<FakeMaster> {
  const script: Record<string, string> = {}
  const replica = await FakeMaster.start(script)
  context.after(() => replica.stop())
  const [, port = ''] = replica.target.split(':')
  const master = await start(context, { ...DRAGONFLY, connected_slaves: '1', slave0: `ip=127.0.0.1,port=${port},state=${state},lag=0` })
  const [, masterPort = ''] = master.target.split(':')
  script.INFO = infoOf({ ...DRAGONFLY, role: 'replica', tcp_port: port, master_host: '127.0.0.1', master_port: masterPort, ...ofReplica })
  return master
}

const flat = (text: string) => text.replace(/\s+/g, ' ')

for (const [name, fields] of Object.entries({ Kvrocks: KVROCKS, Dragonfly: DRAGONFLY, Garnet: GARNET })) {
  describe(`${name}, which replicates by a protocol of its own`, () => {
    for (const command of [
      ['handshake'],
      ['psync', '--sample', '0'],
      ['psync', '--explain', '--sample', '0'],
      ['tail', '--duration', '1'],
    ]) {
      it(`is named by ${command.join(' ')}, with what still works`, async (context) => {
        const master = await start(context, fields)
        const ran = await cli([command[0] as string, master.target, ...command.slice(1)])
        assertThreeParts(ran, 'NOT_SUPPORTED', 5)
        assert.match(flat(ran.err), new RegExp(`This is ${name}\\..*redis-repl lag`))
        assert.ok(!master.received.some(([sent]) => sent === 'PSYNC' || sent === 'SYNC'))
      })
    }

    it('is named for a replica of its own', async (context) => {
      const [master, replica] = [await start(context, UNKNOWN), await start(context, fields)]
      const ran = await cli(['psync', master.target, '--from-replica', replica.target, '--sample', '0'])
      assert.match(flat(ran.err), new RegExp(`This is ${name}\\.`))
      assert.equal(ran.status, 5, ran.out + ran.err)
    })
  })
}

describe('an unknown server without', () => {
  const LACKING: Readonly<Record<string, Fields>> = {
    master_replid: { ...UNKNOWN, ...OFFSET },
    master_repl_offset: { ...UNKNOWN, ...MASTER_REPLID },
    'master_replid and no master_repl_offset': UNKNOWN,
  }
  for (const [missing, fields] of Object.entries(LACKING)) {
    it(`${missing} is reported as such by each command`, async (context) => {
      const { target } = await start(context, fields)
      const words = new RegExp(`shows no ${missing}[.,]`)
      assert.match(flat((await cli(['handshake', target])).out), words)
      assert.match(flat((await cli(['psync', target, '-q', '--sample', '0'])).out), words)
      assert.match(flat((await cli(['tail', target, '--duration', '1'])).err), words)
    })
  }
})

describe('a master that shows no offset', () => {
  const UP = { master_link_status: 'up', master_sync_in_progress: '0', slave_repl_offset: '4711' }
  const SYNCING = { master_link_status: 'down', master_sync_in_progress: '1' }

  it('is the reason why there is no figure, and no alert if only the links count', async (context) => {
    const { target } = await withReplica(context, 'stable_sync', UP)
    const shown = await cli(['lag', target, '--sample', '0', '--require-link'])
    assert.equal(shown.status, 0, shown.err)
    assert.match(flat(shown.out), /has an unknown lag, because its master shows no offset\./)
    const nagios = ['lag', target, '--sample', '0', '--format', 'nagios']
    const checked = await cli([...nagios, '--require-link'])
    assert.match(checked.out, /^REPLICATION OK - .*its master shows no offset/)
    assert.equal(checked.status, 0)
    for (const more of [[], ['--critical', '5'], ['--require-link', '--critical', '5']]) {
      const measured = await cli([...nagios, ...more])
      assert.match(measured.out, /^REPLICATION UNKNOWN - /)
      assert.equal(measured.status, 3)
    }
  })

  it('does not hide that a link is missing', async (context) => {
    const { target } = await withReplica(context, 'full_sync', SYNCING)
    const shown = await cli(['lag', target, '--sample', '0', '--require-link'])
    assert.equal(shown.status, 1, shown.err)
    assert.match(shown.out, /^FAILED: .*full resync/)
    const limited = await cli(['lag', target, '--sample', '0', '--max-bytes', '5'])
    assert.equal(limited.status, 3)
    const nagios = await cli(['lag', target, '--sample', '0', '--require-link', '--format', 'nagios'])
    assert.match(nagios.out, /^REPLICATION CRITICAL - .*full resync/)
  })
})
