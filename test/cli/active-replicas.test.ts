/** KeyDB's active replicas: masters that are each other's replicas, each with a history of its own. KeyDB itself runs in no test. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { FakeMaster, infoReply } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'

describe('of two active replicas', () => {
  let pair: [FakeMaster, FakeMaster]
  before(async () => {
    const scripts: Record<string, string>[] = [{}, {}]
    pair = (await Promise.all(scripts.map((script) => FakeMaster.start(script)))) as [FakeMaster, FakeMaster]
    for (const [index, script] of scripts.entries()) {
      const peer = pair[1 - index] as FakeMaster
      const port = peer.target.split(':')[1] as string
      script.INFO = infoReply({
        redis_version: '6.3.4',
        executable: '/usr/bin/keydb-server',
        run_id: (index === 0 ? 'a' : 'b').repeat(40),
        role: 'active-replica',
        master_host: '127.0.0.1',
        master_port: port,
        master_link_status: 'up',
        slave_repl_offset: '90',
        slave_read_only: '0',
        connected_slaves: '1',
        slave0: `ip=127.0.0.1,port=${port},state=online,offset=100,lag=0`,
        master_replid: (index === 0 ? 'c' : 'd').repeat(40),
      })
    }
  })
  after(() => pair.map((fake) => fake.stop()))

  for (const preference of ['master', 'replica']) {
    it(`the named one is used by --prefer ${preference}, and no circle is reported`, async () => {
      const ran = await cli(['handshake', pair[0].target, '--prefer', preference, '--json'])
      assert.doesNotMatch(ran.out + ran.err, /CIRCLE|REPLICAOF/)
      assert.equal((JSON.parse(ran.out) as { connection: { remote: string } }).connection.remote, pair[0].target)
    })
  }

  it('lag advises for neither to refuse writes', async () => {
    const ran = await cli(['lag', pair[0].target, '--sample', '0', '--json'])
    assert.match(ran.out, /active-replica|online/)
    assert.doesNotMatch(ran.out, /WRITABLE_REPLICA|read-only/)
  })
})
