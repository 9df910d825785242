/** lag where something is wrong: a true statement each time, and never a made-up zero. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertThreeParts } from '../helpers/failures.ts'
import { TcpProxy } from '../helpers/proxy.ts'
import { activateBacklog, inStep, type LagJson, lag, pair, tree, writeSteadily } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { Watching } from '../helpers/watching.ts'
import { mixedWrites, pipe } from '../helpers/workload.ts'

const SOME = oldestNewestAndValkey()

for (const installed of SOME) {
  describe(`lag on ${installed.id} in trouble`, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    async function couple(settings: Record<string, string> = {}): Promise<[RunningServer, RunningServer]> {
      const [master, replica] = await pair(installed, settings)
      running.push(master, replica)
      return [master, replica]
    }

    it('says of a server without replicas that it has none', async () => {
      const server = await RunningServer.start(installed)
      running.push(server)
      const ran = await cli(['lag', server.target, '--sample', '200ms', '--max-seconds', '1'])
      assert.equal(ran.status, 0, ran.err)
      assert.match(ran.out, /No replica is attached to it\./)
      assert.match(ran.out, new RegExp(`^OK: ${server.target} has no replicas$`, 'm'))
      const wanted = await cli(['lag', server.target, '--sample', '200ms', '--min-replicas', '1', '-q'])
      assert.equal(wanted.status, 1)
      assert.match(wanted.out, /^FAILED: 0 of at least 1 replicas/)
    })

    it('counts no tool as a replica', async () => {
      const server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      running.push(server)
      await activateBacklog(server)
      const tail = new Tailing([server.target]).read()
      running.push({ stop: () => tail.end('SIGKILL') })
      await tail.following()
      const { json, status } = await lag(server.target, '--sample', '200ms', '--min-replicas', '1')
      assert.deepEqual([status, json.replicas[0].state, json.replicas[0].lag], [1, 'tool', null])
      assert.match(
        (await cli(['lag', server.target, '--sample', '200ms'])).out,
        /No replica is attached to it\..*1 client is attached without an address/s,
      )
      await tail.end('SIGTERM')
    })

    it('names a replica that has been stopped, and what it had acknowledged', async (context) => {
      const [master, replica] = await couple()
      context.after(writeSteadily(master, 200))
      await master.until('an ACK', async () => /state=online,offset=[1-9]/.test(await master.info('slave0')))
      replica.signal('SIGSTOP')
      try {
        const { of, status } = await lag(master.target, '--sample', '4s', '--require-link')
        const { state, lag: figure, listed, silentMs, notes } = of(replica)
        assert.equal(status, 1)
        assert.equal(state, 'silent')
        assert.ok(silentMs > 1000 && listed.ackAgeMs >= 2000, JSON.stringify({ silentMs, listed }))
        assert.equal(figure.method, 'ack')
        assert.ok(figure.bytes > 0 && figure.minMs === 0 && (figure.maxMs === null || figure.maxMs > 2000))
        assert.match(notes.join(' '), /has not answered for .* upper bounds/)
      } finally {
        replica.signal('SIGCONT')
      }
    })

    it('names a link that was cut, and continues to measure what is missing', async (context) => {
      const master = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      const proxy = await TcpProxy.start(master.port)
      const replica = await RunningServer.start(installed, { replicaof: proxy.target.replace(':', ' ') })
      running.push(master, proxy, replica)
      await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up')
      await inStep(master, replica)
      proxy.close()
      context.after(writeSteadily(master, 200))
      await sleep(1500)
      // Its master no longer lists it, so it has to be named.
      const { of, status } = await lag(master.target, '--replica', replica.target, '--sample', '1s', '--max-seconds', '1')
      const { state, link, lag: figure, resync, notes } = of(replica)
      assert.deepEqual([status, state, link.isUp, figure.method], [1, 'link-down', false, 'info'])
      assert.ok(link.downMs >= 1000 && figure.bytes > 10_000 && figure.minMs > 500)
      assert.deepEqual([figure.timeMs, figure.maxMs], [null, null])
      assert.equal(resync.kind, 'partial')
      assert.match(notes.join(' '), /has (?:had )?no link to its master .*lacks bytes that the master wrote before the sample began/)
    })

    it('names a full resync, with its progress and no figure', async () => {
      const master = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', 'rdb-key-save-delay': '2000' })
      running.push(master)
      await pipe(master, Buffer.from(Array.from({ length: 5000 }, (_, index) => `SET key:${index} ${'x'.repeat(200)}\r\n`).join('')))
      const replica = await RunningServer.start(installed, { replicaof: `127.0.0.1 ${master.port}` })
      running.push(replica)
      await replica.until('a sync in progress', async () => (await replica.info('master_sync_in_progress')) === '1')
      const { of, status } = await lag(master.target, '--sample', '500ms', '--max-bytes', '1gb')
      const { state, lag: figure, unknown, hasLink, notes } = of(replica)
      assert.deepEqual([status, state, figure, unknown.reason, hasLink], [1, 'syncing', null, 'SYNCING', false])
      assert.match(notes.join(' '), /is receiving a full resync/)
    })

    it('tells what the replica says when its master is gone, and ends with status 3', async () => {
      const [master, replica] = await couple()
      await master.stop()
      await replica.until('a lost link', async () => (await replica.info('master_link_status')) === 'down')
      const ran = await cli(['lag', replica.target, '--sample', '300ms'])
      assertThreeParts(ran, 'MASTER_UNREACHABLE', 3)
      assert.match(ran.out, new RegExp(`${replica.target} +link down \\d+ s +unknown +- `))
      const { json, of, status } = await lag(replica.target, '--sample', '300ms')
      assert.equal(status, 3)
      assert.equal(of(replica).unknown.reason, 'MASTER_UNKNOWN')
      assert.match(json.master.lost, /refused the connection/)
      const nagios = await cli(['lag', replica.target, '--sample', '300ms', '--format', 'nagios'])
      assert.equal(nagios.status, 2)
      assert.match(nagios.out, /^REPLICATION CRITICAL - .*refused the connection/)
    })

    it('falls back to the master’s view where an announced address leads nowhere, unless --map has another one', async (context) => {
      const master = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      const replica = await RunningServer.start(installed, { replicaof: `127.0.0.1 ${master.port}`, 'replica-announce-port': '1' })
      running.push(master, replica)
      await replica.until('a link', async () => (await replica.info('master_link_status')) === 'up')
      context.after(writeSteadily(master, 200))
      const announced = '127.0.0.1:1'
      const found = (one: LagJson) => one.json.replicas.find(({ name }: { name: string }) => name === announced)
      const lost = found(await lag(master.target, '--sample', '3s'))
      assert.deepEqual([lost.state, lost.lag.method, lost.lag.minMs, lost.hasLink], ['unreachable', 'ack', 0, true])
      assert.ok(lost.lag.maxMs < 2500, JSON.stringify(lost.lag))
      assert.match(lost.notes.join(' '), /cannot be asked: 127\.0\.0\.1:1 refused the connection.*Use --map/)
      const mapped = found(await lag(master.target, '--sample', '1s', '--map', `${announced}=${replica.target}`))
      assert.deepEqual([mapped.state, mapped.lag.method], ['online', 'info'])
      // From the replica itself no map is needed.
      const own = found(await lag(replica.target, '--attach', '--sample', '1s'))
      assert.deepEqual([own.lag.method, own.arrivals.problem], ['info', null])
      assert.ok(own.arrivals.comparedBytes > 0)
    })

    it('notices a failover while it watches: another master, another history, no figure of the old one', async () => {
      const { master, first, second, chained, all } = await tree(installed)
      running.push(...all)
      await pipe(master, mixedWrites(1, 200, { functions: false, hashFieldExpiry: false, vectors: false }))
      const watching = cli(['lag', second.target, '--watch', '-i', '500ms', '--count', '14', '--json'])
      await sleep(2500)
      await first.cli('REPLICAOF', 'NO', 'ONE')
      await second.cli('REPLICAOF', '127.0.0.1', String(first.port))
      await master.cli('REPLICAOF', '127.0.0.1', String(first.port))
      const { out, status, err } = await watching
      assert.equal(status, 0, err)
      const records = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      assert.equal(records[0].master.name, master.target)
      const last = records.at(-1)
      assert.equal(last.master.name, first.target)
      assert.deepEqual(
        last.replicas.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`).sort(),
        [master, second, chained].map(({ target }) => `${target} online`).sort(),
      )
      assert.ok(records.some(({ isNewHistory }) => isNewHistory))
      for (const { lag: figure } of last.replicas) assert.equal(figure.bytes, 0)
    })
  })
}

describe('lag on what is no tree', () => {
  const running: RunningServer[] = []
  after(() => Promise.all(running.map((one) => one.stop())))
  const newest = pick('redis-8.6')

  it('says that a circle of replicas has no master', async () => {
    const one = await RunningServer.start(newest)
    const two = await RunningServer.start(newest, { replicaof: `127.0.0.1 ${one.port}` })
    running.push(one, two)
    await one.cli('REPLICAOF', '127.0.0.1', String(two.port))
    const ran = await cli(['lag', one.target])
    assertThreeParts(ran, 'NOT_SUPPORTED', 5)
    assert.match(ran.err, /the\s+replication\s+is\s+a\s+circle/)
  })

  it('says which right is missing where INFO is not permitted', async () => {
    const server = await RunningServer.start(newest)
    running.push(server)
    await server.cli('ACL', 'SETUSER', 'poor', 'on', '>secret', '+ping', '+psync', '+replconf')
    const ran = await cli(['lag', `redis://poor:secret@${server.target}`])
    assertThreeParts(ran, 'NO_PERMISSION', 4)
    const nagios = await cli(['lag', `redis://poor:secret@${server.target}`, '--format', 'nagios'])
    assert.equal(nagios.status, 3)
    assert.match(nagios.out, /^REPLICATION UNKNOWN - .*NOPERM/)
    assert.doesNotMatch(ran.err + nagios.out, /secret/)
  })

  it('measures by ROLE alone where that is all that is permitted', async (context) => {
    const { master, first, second, chained, all } = await tree(newest)
    running.push(...all)
    for (const server of all) await server.cli('ACL', 'SETUSER', 'poor', 'on', '>secret', '+role')
    context.after(writeSteadily(master, 200))
    const { json, of, status } = await lag(`redis://poor:secret@${chained.target}`, '--sample', '1500ms', '--max-seconds', '1')
    assert.equal(status, 0)
    assert.deepEqual([json.master.name, json.master.replid, json.master.identity], [master.target, null, null])
    for (const replica of [first, second, chained]) {
      const { state, lag: figure, listed, resync } = of(replica)
      assert.deepEqual([state, figure.method, listed?.ackAgeMs ?? null, resync], ['online', 'info', null, null])
    }
    assert.deepEqual(
      json.advice.map(({ code }: { code: string }) => code),
      ['NO_INFO'],
    )
    assert.equal(of(chained).listed, null, 'a replica’s ROLE lists nobody')
    // Once a connection, and not at each look.
    assert.match(await master.cli('ACL', 'LOG'), /count\n1\nreason\ncommand\ncontext\ntoplevel\nobject\ninfo\n/)
  })

  it('judges no settings that it may not read', async () => {
    const [master, replica] = await pair(newest)
    running.push(master, replica)
    for (const server of [master, replica]) await server.cli('ACL', 'SETUSER', 'some', 'on', '>secret', '+info', '+ping')
    const { json, of } = await lag(`redis://some:secret@${master.target}`, '--sample', '500ms')
    assert.equal(of(replica).lag.bytes, 0)
    assert.deepEqual(
      json.advice.map(({ code }: { code: string }) => code),
      ['BACKLOG_COVERS', 'NO_CONFIG'],
    )
  })

  it('calls no right missing when the connection for the settings fails, and asks for them again', async (context) => {
    const server = await RunningServer.start(newest, { maxclients: '2' })
    const held = connect(server.port, '127.0.0.1')
    running.push(server)
    context.after(() => held.destroy())
    held.write('PING\r\n')
    await once(held, 'data')
    const ran = await cli(['lag', server.target, '--sample', '300ms'])
    assert.match(ran.out, /The settings were not checked.*max\s+number\s+of\s+clients/s)
    assert.doesNotMatch(ran.out, /\+config/)
    const watching = new Watching([server.target, '--json'])
    context.after(() => watching.end('SIGKILL'))
    const isJudged = () => !watching.last.includes('NO_CONFIG')
    await watching.until(() => !isJudged())
    held.write('CONFIG SET maxclients 100\r\n')
    await watching.until(isJudged)
    assert.equal(await watching.end(), 0)
  })

  it('publishes no marker in a cluster, where it would not pass through the stream', async () => {
    const node = await RunningServer.start(newest, { 'cluster-enabled': 'yes' })
    running.push(node)
    const ran = await cli(['lag', node.target, '--marker', '--sample', '200ms'])
    assertThreeParts(ran, 'NOT_SUPPORTED', 5)
    assert.match(ran.err, /--marker-key/)
  })

  it('waits for a server that is not there yet, and not longer than --wait', async () => {
    const server = await RunningServer.start(newest)
    const { target, port } = server
    await server.stop()
    const short = await cli(['lag', target, '--min-replicas', '0', '--wait', '1500ms'])
    assertThreeParts(short, 'MASTER_UNREACHABLE', 3)
    const waiting = cli(['lag', target, '--min-replicas', '0', '--wait', '20s'])
    await sleep(1000)
    running.push(await RunningServer.start(newest, { port: String(port) }))
    assert.equal((await waiting).status, 0)
  })
})
