/** Every way in which TLS goes well or not, with real servers and certificates made for it. */
import assert from 'node:assert/strict'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { Authority, type Pair, tlsSettings } from '../helpers/certificates.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { freePort, oldestNewestAndValkey, RunningServer, servers } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

let authority: Authority
let stranger: Authority
let client: Pair
before(async () => {
  authority = await Authority.create('Ours')
  stranger = await Authority.create('Theirs')
  client = await authority.issue('client', 'DNS:client')
})
after(() => Promise.all([authority.remove(), stranger.remove()]))

const trust = () => ['--cacert', authority.cert]
const mutual = () => [...trust(), '--cert', client.cert, '--key', client.key]

interface Secured {
  readonly server: RunningServer
  readonly port: number
}

async function start(installed: ReturnType<typeof servers>[number], pair: Pair, settings: Record<string, string> = {}): Promise<Secured> {
  const port = await freePort()
  const server = await RunningServer.start(installed, {
    'repl-diskless-sync-delay': '0',
    ...tlsSettings(port, pair, authority),
    ...settings,
  })
  return { server, port }
}

for (const installed of oldestNewestAndValkey()) {
  describe(`${installed.id} with TLS`, () => {
    let secured: Secured
    before(async () => {
      secured = await start(installed, await authority.issue(installed.id, 'DNS:localhost,IP:127.0.0.1'))
      await secured.server.cli('SET', 'k', 'v')
    })
    after(() => secured.server.stop())
    const refused = async (reason: RegExp, ...args: string[]) => {
      const ran = await cli(['handshake', '-q', ...args])
      assertThreeParts(ran, 'TLS_FAILED', 3)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), reason)
    }

    it('is dumped, followed and measured with certificates on both sides', async (context) => {
      const file = join(authority.folder, `${installed.id}.rdb`)
      const dumped = await cli(['dump-rdb', `rediss://localhost:${secured.port}`, '-o', file, ...mutual()])
      assert.equal(dumped.status, 0, dumped.err)
      await secured.server.checkRdb(file)
      const tail = new Tailing([`valkeys://127.0.0.1:${secured.port}`, '--count', '1', '--command', 'set', ...mutual()]).read()
      context.after(() => tail.end('SIGKILL'))
      await tail.following()
      await secured.server.cli('SET', 'over', 'tls')
      assert.equal(await tail.end(), 0)
      assert.match(tail.out, /"SET" "over" "tls"/i)
      const lag = await cli(['lag', `localhost:${secured.port}`, '--tls', '--sample', '0', ...mutual()])
      assert.equal(lag.status, 0, lag.err)
    })

    it('shows its protocol, cipher and certificate in the trace, and in JSON by the schema', async () => {
      const target = ['handshake', `localhost:${secured.port}`, '--tls', ...mutual()]
      assert.match((await cli(target)).out, /^TLS +TLSv1\.[23], certificate trusted for localhost, expires in (29|30) days/m)
      const shown = await cli([...target, '-v'])
      assert.match(shown.out, /^TLS +TLSv1\.[23], \w+/m)
      assert.match(shown.out, /by CN=Ours:\s+trusted\s+for\s+localhost/)
      assert.match(shown.out, /names in it: DNS:localhost, IP Address:127\.0\.0\.1/)
      assert.match(shown.out, /valid to .*20\d\d.*:\s+expires\s+in\s+(29|30)\s+days/)
      const reported = await cli([...target, '--json'])
      const { dial } = assertSchema(reported.out, 'handshake') as { dial: { addresses: { host: string }; tls: Record<string, unknown> } }
      assert.deepEqual([dial.addresses.host, dial.tls.isVerified, dial.tls.distrust], ['localhost', true, undefined])
    })

    it('accepts no client without a certificate, and we name what is missing', async () => {
      await refused(/--cert/, `localhost:${secured.port}`, '--tls', ...trust())
      const other = await stranger.issue('other', 'DNS:client')
      await refused(/refused our certificate/, `localhost:${secured.port}`, '--tls', ...trust(), '--cert', other.cert, '--key', other.key)
    })

    it('is not trusted without its authority, or under another name', async () => {
      await refused(/not trusted .*CN=Ours/, `localhost:${secured.port}`, '--tls', '--cacert', stranger.cert)
      await refused(
        /not for "db1\.example", but for DNS:localhost/,
        `localhost:${secured.port}`,
        '--tls',
        ...mutual(),
        '--sni',
        'db1.example',
      )
    })

    it('is looked for by an address too, which SNI cannot hold', async () => {
      const target = ['handshake', `localhost:${secured.port}`, '--tls', ...mutual()]
      const ran = await cli([...target, '--sni', '127.0.0.1', '-q'])
      assert.deepEqual([ran.status, ran.err], [0, ''])
      await refused(/not for "127\.0\.0\.9"/, ...target.slice(1), '--sni', '127.0.0.9')
      assertThreeParts(await cli([...target, '--sni', '']), 'USAGE', 2)
    })

    it('is accepted without proof only by --insecure, with a warning', async () => {
      const ran = await cli(['handshake', `localhost:${secured.port}`, '--tls', '--insecure', '--cert', client.cert, '--key', client.key])
      assert.equal(ran.status, 0, ran.err)
      assert.match(ran.err, /^! --insecure/m)
      const others = [
        ['handshake', '-q'],
        ['lag', '--sample', '0', '--json'],
        ['dump-rdb', '--json'],
      ]
      for (const other of others) {
        const args = [...other, `localhost:${secured.port}`, '--tls', '--insecure', '--cert', client.cert, '--key', client.key]
        const { err } = await cli(args)
        // Where JSON goes to stderr, it says so itself.
        if (other[0] === 'dump-rdb') assert.equal(JSON.parse(err).dial.tls.isVerified, false)
        else assert.match(err, /^! --insecure/m)
      }
      assert.match(ran.out, /not trusted/)
    })

    it('is reported when TLS and clear text are mixed up', async () => {
      await refused(/answers in clear text/, secured.server.target, '--tls', ...mutual())
      for (const command of ['handshake', 'lag', 'psync']) {
        const ran = await cli([command, `localhost:${secured.port}`])
        assertThreeParts(ran, 'NOT_REDIS', 5)
        assert.match(ran.err, /speaks\s+TLS/)
      }
    })
  })
}

describe('certificates', () => {
  const [installed] = servers().slice(-1) as [ReturnType<typeof servers>[number]]

  it('that have expired are named with their date', async () => {
    const { server, port } = await start(installed, await authority.issue('expired', 'DNS:localhost', -1), { 'tls-auth-clients': 'no' })
    try {
      const ran = await cli(['handshake', `rediss://localhost:${port}`, '-q', ...trust()])
      assertThreeParts(ran, 'TLS_FAILED', 3)
      assert.match(ran.err, /expired\s+at\s+20\d\d-/)
    } finally {
      await server.stop()
    }
  })

  it('are found in a folder, and in what SSL_CERT_FILE names', async () => {
    const { server, port } = await start(installed, await authority.issue('folder', 'DNS:localhost'), { 'tls-auth-clients': 'no' })
    try {
      const folder = join(authority.folder, 'trusted')
      await mkdir(folder)
      const inFolder = join(folder, 'ours.crt')
      await rename(authority.cert, inFolder)
      const byFolder = await cli(['handshake', `rediss://localhost:${port}`, '-q', '--cacertdir', folder])
      await rename(inFolder, authority.cert)
      assert.equal(byFolder.status, 0, byFolder.err)
      const bySystem = await cli(['handshake', `rediss://localhost:${port}`, '-q'], { env: { SSL_CERT_FILE: authority.cert } })
      assert.equal(bySystem.status, 0, bySystem.err)
      await rm(folder, { recursive: true })
    } finally {
      await server.stop()
    }
  })

  it('and keys that cannot be used are named before anything is contacted', async () => {
    const other = await authority.issue('second', 'DNS:client')
    const target = 'rediss://127.0.0.1:1'
    const cases: [RegExp, ...string[]][] = [
      [/nowhere\.pem .*no such file or directory/, '--cacert', '/nowhere.pem'],
      [/client\.key .*contains no PEM certificate/, '--cacert', client.key],
      [/second\.key .*is not the key of .*client\.pem/, '--cert', client.cert, '--key', other.key],
      [/client\.pem .*is not a PEM private key/, '--cert', client.cert, '--key', client.cert],
    ]
    for (const [expected, ...args] of cases) {
      const ran = await cli(['handshake', target, ...args])
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), expected)
    }
    assert.doesNotMatch((await cli(['handshake', target, '--cert', client.cert, '--key', other.key, '--json'])).out, /PRIVATE/)
    assert.match(await readFile(other.key, 'utf8'), /PRIVATE/)
  })

  it('are asked for only where TLS is spoken', async () => {
    assertThreeParts(await cli(['handshake', '127.0.0.1:1', ...mutual()]), 'USAGE', 2)
    assertThreeParts(await cli(['handshake', 'unix:///nowhere', '--tls']), 'USAGE', 2)
  })
})

describe('a server that --map leads to', () => {
  const [installed] = servers().slice(-1) as [ReturnType<typeof servers>[number]]
  const open = { 'tls-auth-clients': 'no' }

  /** A master, and the certificate of a replica that announces itself as `announced`. @returns that replica's row of lag */
  async function replicaOf(announced: string, certificate: string, map: (port: number) => string[], context: TestContext) {
    const master = await start(installed, await authority.issue('m', 'DNS:localhost,IP:127.0.0.1'), { ...open, 'tls-replication': 'yes' })
    context.after(() => master.server.stop())
    const replica = await start(installed, await authority.issue('r', certificate), {
      ...open,
      'tls-replication': 'yes',
      replicaof: `127.0.0.1 ${master.port}`,
      'replica-announce-ip': announced,
    })
    context.after(() => replica.server.stop())
    await master.server.until('a replica online', async () => (await master.server.info('slave0')).includes('state=online'))
    const ran = await cli(['lag', `rediss://127.0.0.1:${master.port}`, ...trust(), '--sample', '1s', '--json', ...map(replica.port)])
    const { replicas } = JSON.parse(ran.out) as { replicas: { state: string; failure: unknown }[] }
    return replicas[0]
  }

  it('is verified for the name that it announces, which is asked for by SNI', async (context) => {
    const found = await replicaOf('n2.redis.svc', 'DNS:n2.redis.svc', () => ['--map', 'n2.redis.svc=127.0.0.1'], context)
    assert.deepEqual([found?.state, found?.failure], ['online', null])
  })

  it('is verified for the address that it announces, if that is one', async (context) => {
    const map = (port: number) => ['--map', `10.1.2.3:${port}=localhost:${port}`]
    const found = await replicaOf('10.1.2.3', 'IP:10.1.2.3', map, context)
    assert.deepEqual([found?.state, found?.failure], ['online', null])
  })

  it('is not taken for another one whose certificate is for the end of the tunnel', async (context) => {
    const found = await replicaOf('n2.redis.svc', 'DNS:localhost,IP:127.0.0.1', () => ['--map', 'n2.redis.svc=127.0.0.1'], context)
    assert.match(String(JSON.stringify(found?.failure)), /not for ..?n2\.redis\.svc/)
  })

  it('may be the target itself', async (context) => {
    const { server, port } = await start(installed, await authority.issue('t', 'DNS:n1.redis.svc'), open)
    context.after(() => server.stop())
    const args = ['handshake', `rediss://n1.redis.svc:${port}`, '--json', ...trust()]
    const ran = await cli([...args, '--map', 'n1.redis.svc=127.0.0.1'])
    assert.equal(ran.status, 0, ran.out)
    const { dial } = assertSchema(ran.out, 'handshake') as { dial: { tls: { serverName: string } } }
    assert.equal(dial.tls.serverName, 'n1.redis.svc')
    const other = await cli(['handshake', `rediss://127.0.0.1:${port}`, '--json', ...trust()])
    assert.equal(other.status, 3)
  })
})

describe('a name with several addresses', () => {
  it('has them tried in turn, and -4 and -6 choose among them', async (context) => {
    const [installed] = servers().slice(-1) as [ReturnType<typeof servers>[number]]
    const server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
    context.after(() => server.stop())
    // Only IPv4 listens: where the system gives both, the other is reported as not reached.
    const told = await cli(['handshake', `localhost:${server.port}`, '--json'])
    const four = await cli(['handshake', `localhost:${server.port}`, '-4', '--json'])
    const wrong = await cli(['handshake', server.target, '-6'])
    const { dial, connection } = JSON.parse(told.out)
    assert.equal(connection.remote, server.target)
    assert.equal(dial.addresses.host, 'localhost')
    assert.equal(dial.unreached.length, dial.addresses.found.indexOf('127.0.0.1'))
    assert.deepEqual(JSON.parse(four.out).dial.addresses.found, ['127.0.0.1'])
    assertThreeParts(wrong, 'MASTER_UNREACHABLE', 3)
  })

  it('is not waited for when a port takes a connection and says nothing in TLS', async (context) => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1')
    context.after(() => mute.close())
    await new Promise((listening) => mute.once('listening', listening))
    const { port } = mute.address() as { port: number }
    const ran = await cli(['handshake', `127.0.0.1:${port}`, '--tls', '--connect-timeout', '1', '-q'])
    assertThreeParts(ran, 'TLS_FAILED', 3)
    assert.match(ran.err, /did\s+not\s+answer\s+the\s+TLS\s+handshake\s+within\s+(1|0\.\d+) s/)
  })
})
