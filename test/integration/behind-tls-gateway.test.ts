/** Servers whose TLS ends at a real stunnel: one port leads to the server whose name is asked for by SNI. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { Authority } from '../helpers/certificates.ts'
import { startCluster } from '../helpers/cluster.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { type LagJson, lag } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'
import { type Service, startStunnel } from '../helpers/stunnel.ts'
import { Tailing } from '../helpers/tailing.ts'

let authority: Authority
before(async () => {
  authority = await Authority.create('Ours')
})
after(() => authority.remove())

async function service(name: string, server: RunningServer, names = `DNS:${name}`): Promise<Service> {
  return { name, server, certificate: await authority.issue(name, names) }
}

/** The flags that lead every name to the gateway. */
function through(port: number, ...names: string[]): string[] {
  return ['--cacert', authority.cert, ...names.flatMap((name) => ['--map', `${name}=localhost:${port}`])]
}

for (const installed of oldestNewestAndValkey()) {
  describe(`a master and replicas of ${installed.id} behind one port`, () => {
    let master: RunningServer
    let replica: RunningServer
    let wrong: RunningServer
    const all = () => [master, replica, wrong]
    const row = ({ json }: LagJson, name: string) => json.replicas.find((one: { name: string }) => one.name === name)

    before(async () => {
      const fast = { 'repl-diskless-sync-delay': '0' }
      master = await RunningServer.start(installed, fast)
      const announcing = (host: string) =>
        RunningServer.start(installed, {
          ...fast,
          replicaof: `127.0.0.1 ${master.port}`,
          'replica-announce-ip': host,
          'replica-announce-port': '6379',
        })
      replica = await announcing('n2.redis.svc')
      wrong = await announcing('n3.redis.svc')
      await master.cli('SET', 'k', 'v')
      const online = async (slave: string) => (await master.info(slave)).includes('state=online')
      await master.until('two replicas', async () => (await online('slave0')) && (await online('slave1')))
    })
    after(() => Promise.all(all().map((server) => server.stop())))

    async function gateway(context: TestContext): Promise<string[]> {
      const port = await startStunnel(
        context,
        // The replicas know their master by this address, and SNI cannot ask for an address.
        await service('gateway', master, 'IP:127.0.0.1'),
        await service('n1.redis.svc', master),
        await service('n2.redis.svc', replica),
        await service('n3.redis.svc', wrong, 'DNS:other.redis.svc'),
      )
      return through(port, 'n1.redis.svc:6379', 'n2.redis.svc:6379', 'n3.redis.svc:6379', master.target)
    }

    it('are each verified by their announced name, and carry that name in the output', async (context) => {
      const flags = await gateway(context)
      const ran = await cli(['handshake', 'rediss://n1.redis.svc:6379', '--json', ...flags])
      assert.equal(ran.status, 0, ran.out)
      const { dial } = assertSchema(ran.out, 'handshake') as { dial: { tls: { serverName: string; isVerified: boolean } } }
      assert.deepEqual([dial.tls.serverName, dial.tls.isVerified], ['n1.redis.svc', true])
      const measured = await lag('rediss://n1.redis.svc:6379', '--sample', '1', ...flags)
      assert.deepEqual([measured.json.replicas.length, row(measured, 'n2.redis.svc:6379')?.state], [2, 'online'])
      assert.equal(row(measured, 'n2.redis.svc:6379')?.failure, null)
      assert.match(JSON.stringify(row(measured, 'n3.redis.svc:6379')?.failure), /not for .*n3\.redis\.svc/)
    })

    it('are distinguished although they share the address that we connect to', async (context) => {
      const flags = await gateway(context)
      const forks = await master.info('sync_full')
      const dumped = await cli(['dump-rdb', 'rediss://n1.redis.svc:6379', '--prefer', 'replica', '--json', ...flags])
      assert.equal(dumped.status, 0, dumped.err)
      const { choices } = JSON.parse(dumped.err) as { choices: { endpoint: string; isFallback: boolean }[] }
      assert.deepEqual([choices[0]?.endpoint, choices[0]?.isFallback], ['n2.redis.svc:6379', false])
      assert.equal(await master.info('sync_full'), forks)
      const asked = ['psync', 'rediss://n1.redis.svc:6379', '--from-replica', 'rediss://n2.redis.svc:6379', '--sample', '0']
      const judged = await cli([...asked, ...flags])
      assert.equal(judged.status, 0, judged.err)
      assert.match(judged.out, /^PARTIAL: Replica n2\.redis\.svc:6379/m)
    })

    for (const named of [['rediss://n2.redis.svc:6379'], ['rediss://n1.redis.svc:6379', '--replica', 'rediss://n2.redis.svc:6379']]) {
      it(`are not mistaken for another one that cannot be asked: lag ${named.join(' ')}`, async (context) => {
        const measured = await lag(...named, '--sample', '1', ...(await gateway(context)))
        assert.equal(measured.json.replicas.length, 2)
        assert.equal(row(measured, 'n2.redis.svc:6379')?.failure, null)
        assert.match(JSON.stringify(row(measured, 'n3.redis.svc:6379')?.failure), /not for .*n3\.redis\.svc/)
      })
    }

    it('are refused with a certificate of another name, and both addresses are named', async (context) => {
      const ran = await cli(['handshake', 'rediss://n3.redis.svc:6379', '-q', ...(await gateway(context))])
      assertThreeParts(ran, 'TLS_FAILED', 3)
      assert.match(
        ran.err.replaceAll(/\s+/g, ' '),
        /n3\.redis\.svc:6379 \(mapped to localhost:\d+\) is not for "n3\.redis\.svc", but for DNS:other\.redis\.svc/,
      )
    })
  })
}

describe('a cluster behind one port', () => {
  it('is dumped shard by shard, and followed through a failover', async (context) => {
    const cluster = await startCluster(pick('redis-8.6', 'valkey-9.1'))
    context.after(() => cluster.stop())
    const [entry, other] = cluster.all as [RunningServer, RunningServer]
    for (let key = 0; key < 30; key++) await entry.cli('-c', 'SET', `key:${key}`, 'v')
    const names = cluster.all.map((_, index) => `n${index}.redis.svc`)
    for (const [index, server] of cluster.all.entries()) {
      await server.cli('CONFIG', 'SET', 'cluster-announce-hostname', names[index] ?? '')
      await server.cli('CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname')
    }
    for (const server of cluster.all) {
      await server.until('every name', async () => {
        const slots = await server.cli('CLUSTER', 'SLOTS')
        return names.every((name) => slots.includes(name))
      })
    }
    const services: Service[] = []
    // One by one: openssl counts its certificates in one file.
    for (const [index, server] of cluster.all.entries()) services.push(await service(names[index] ?? '', server))
    const port = await startStunnel(context, await service('gateway', entry, 'DNS:gateway.example'), ...services)
    const target = `rediss://${names[0]}:${entry.port}`
    const flags = through(port, ...cluster.all.map((server, index) => `${names[index]}:${server.port}`))

    const home = await mkdtemp(join(tmpdir(), 'redis-repl-gateway-'))
    context.after(() => rm(home, { recursive: true, force: true }))
    const dumped = await cli(['dump-rdb', '--cluster', target, '-o', join(home, 'dump'), '--json', ...flags])
    assert.equal(dumped.status, 0, dumped.out + dumped.err)
    const { shards } = JSON.parse(dumped.out) as { shards: { from: string }[] }
    assert.deepEqual(
      shards.map(({ from }) => from),
      cluster.masters.map((server, index) => `${names[index]}:${server.port}`),
    )
    assert.equal((await readdir(join(home, 'dump'))).length, 4)

    const tail = new Tailing(['--cluster', target, '--command', 'set', '--count', '1', ...flags]).read()
    context.after(() => tail.end('SIGKILL'))
    await tail.says(/following .*[\s\S]*following .*[\s\S]*following .*/)
    const promoted = cluster.replicas[1] as RunningServer
    await promoted.cli('CLUSTER', 'FAILOVER')
    await promoted.until('its promotion', async () => (await promoted.info('role')) === 'master')
    await other.until('its demotion', async () => (await other.info('role')) === 'slave')
    await promoted.cli('SET', 'c', 'after') // slot 7365, of the second shard
    assert.equal(await tail.end(), 0, tail.err)
  })
})
