/** Sentinels, servers and clusters that announce an address without a host or a port: they do not know it now. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster, infoReply, REPLID, type Script } from '../helpers/fake-master.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

const started: FakeMaster[] = []

async function start(script: Script): Promise<FakeMaster> {
  const server = await FakeMaster.start(script)
  started.push(server)
  return server
}

afterEach(() => {
  for (const server of started.splice(0)) server.stop()
})

function address(host: string | null, port: string): string {
  return `*2\r\n${host === null ? '$-1\r\n' : `$${host.length}\r\n${host}\r\n`}$${port.length}\r\n${port}\r\n`
}

function assertTryLater(ran: Ran): void {
  assertThreeParts(ran, 'TRY_LATER', 6)
  assert.doesNotMatch(ran.err, /Warning|DEP0118/)
}

describe('a Sentinel that has not resolved the name of its master', () => {
  it('is reported as such, by a real one with an unknown name', async (context) => {
    const settings = { 'sentinel resolve-hostnames': 'yes', 'sentinel monitor': 'mymaster redis-0.redis.svc.invalid 6379 1' }
    const sentinel = await RunningServer.start(pick('redis-7.0'), settings, { sentinel: true })
    context.after(() => sentinel.stop())
    const target = `redis-sentinel://${sentinel.target}/mymaster`
    for (const command of ['handshake', 'psync', 'lag', 'tail']) {
      const ran = await cli([command, target])
      assertTryLater(ran)
      assert.match(ran.err, /has\s+not\s+resolved\s+the\s+name\s+of\s+its\s+master/)
    }
  })

  it('is reported as such, whatever it sends in place of an address', async () => {
    for (const answer of [
      address('', '6379'),
      address(null, '6379'),
      address('10.0.0.7', '0'),
      address('10.0.0.7', ''),
      '*2\r\n*0\r\n:6379\r\n',
    ]) {
      const { target } = await start({ SENTINEL: answer })
      assertTryLater(await cli(['handshake', `redis-sentinel://${target}/mymaster`]))
    }
  })

  it('outvotes one that does not know the name, and is outvoted by one with an address', async () => {
    const master = await start({ ROLE: '*1\r\n$6\r\nmaster\r\n' })
    const [host = '', port = ''] = master.target.split(':')
    const unresolved = await start({ SENTINEL: address('', '6379') })
    const unaware = await start({ SENTINEL: '*-1\r\n' })
    const aware = await start({ SENTINEL: address(host, port) })
    assertTryLater(await cli(['handshake', `redis-sentinel://${unaware.target},${unresolved.target}/mymaster`]))
    const found = await cli(['handshake', `redis-sentinel://${unresolved.target},${aware.target}/mymaster`])
    assert.equal(found.status, 0, found.err)
  })

  it('is waited for by a tail that runs', async (context) => {
    const master = await start({
      INFO: infoReply({ repl_backlog_first_byte_offset: '101', repl_backlog_histlen: '0' }),
      ROLE: '*1\r\n$6\r\nmaster\r\n',
      PSYNC: { bytes: `+CONTINUE ${REPLID}\r\n`, close: true },
    })
    const [host = '', port = ''] = master.target.split(':')
    const answers: Record<string, string> = { SENTINEL: address(host, port) }
    const sentinel = await start(answers)
    const tail = new Tailing([`redis-sentinel://${sentinel.target}/mymaster`]).read()
    context.after(() => tail.end('SIGKILL'))
    await tail.following()
    answers.SENTINEL = address('', '6379')
    await tail.says(/has not resolved/)
    const links = () => master.received.filter(([name]) => name === 'PSYNC').length
    const before = links()
    answers.SENTINEL = address(host, port)
    for (const end = Date.now() + 60_000; links() === before && Date.now() < end; ) await sleep(20)
    assert.ok(links() > before, tail.err)
    assert.equal(await tail.end('SIGINT'), 0, tail.err)
    assert.doesNotMatch(tail.err, /Warning|INTERNAL/)
  })
})

describe('an announced address that is incomplete', () => {
  it('of a master, is named and never looked up', async () => {
    for (const [host, port] of [
      ['', '6379'],
      ['127.0.0.1', '0'],
    ]) {
      const info = infoReply({ role: 'slave', master_host: host ?? '', master_port: port ?? '', master_link_status: 'down' })
      const { target } = await start({ INFO: info })
      assertTryLater(await cli(['handshake', target, '--prefer', 'master']))
      const lag = await cli(['lag', target])
      assert.notEqual(lag.status, 70, lag.err)
      assert.doesNotMatch(lag.err, /Warning|DEP0118/)
    }
  })

  it('of a replica, breaks nothing', async () => {
    const { target } = await start({ INFO: infoReply({ connected_slaves: '1', slave0: 'ip=,port=6379,state=online,offset=100,lag=0' }) })
    for (const args of [
      ['lag', target],
      ['handshake', target, '--prefer', 'replica'],
    ]) {
      const ran = await cli(args)
      assert.notEqual(ran.status, 70, ran.err)
      assert.doesNotMatch(ran.err, /Warning|DEP0118/)
    }
  })

  it('of a node of a cluster, is named', async () => {
    const nodes = `${REPLID} :0@0 myself,master - 0 0 1 connected 0-16383\n`
    const info = 'cluster_state:ok\r\n'
    const { target } = await start({
      'CLUSTER INFO': `$${info.length}\r\n${info}\r\n`,
      'CLUSTER NODES': `$${nodes.length}\r\n${nodes}\r\n`,
      CLUSTER: '-ERR unknown subcommand\r\n',
    })
    const ran = await cli(['lag', target, '--cluster'])
    assert.notEqual(ran.status, 70, ran.err)
    assert.doesNotMatch(ran.err, /Warning|DEP0118/)
    assert.match(ran.out + ran.err, /has\s+no\s+host\s+or\s+no\s+valid\s+port/)
  })
})
