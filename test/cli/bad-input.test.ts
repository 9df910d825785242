/** Each kind of bad input gets three parts and its exit status, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster, infoReply, REPLID, type Script } from '../helpers/fake-master.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { freePort } from '../helpers/server.ts'

const SECRET = 'tr0ub4dor'
let master: FakeMaster | undefined
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redis-repl-cli-'))
})

afterEach(async () => {
  master?.stop()
  master = undefined
  await rm(folder, { recursive: true, force: true })
})

async function handshake(script: Script, args: string[] = [], greeting?: Parameters<typeof FakeMaster.start>[1]): Promise<Ran> {
  master = await FakeMaster.start(script, greeting)
  return await cli(['handshake', master.target, '--step-timeout', '1', '--silence-timeout', '1', ...args])
}

async function dump(script: Script, args: string[] = []): Promise<Ran> {
  master = await FakeMaster.start(script)
  return await cli(['dump-rdb', master.target, '--silence-timeout', '1', '-o', join(folder, 'x.rdb'), ...args])
}

const REFUSALS: [name: string, script: Script, code: string, status: number][] = [
  ['no password where one is required', { PING: '-NOAUTH Authentication required.\r\n' }, 'AUTH_REQUIRED', 4],
  ['LOADING', { PING: '-LOADING Redis is loading the dataset in memory\r\n' }, 'TRY_LATER', 6],
  ['MASTERDOWN', { PING: "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n" }, 'TRY_LATER', 6],
  ['BUSY', { PING: '-BUSY Redis is busy running a script.\r\n' }, 'TRY_LATER', 6],
  ['MISCONF', { PING: '-MISCONF Redis is configured to save RDB snapshots\r\n' }, 'TRY_LATER', 6],
  ['NOMASTERLINK', { PSYNC: "-NOMASTERLINK Can't SYNC while not connected with my master\r\n" }, 'TRY_LATER', 6],
  ['max clients', { PING: { bytes: '-ERR max number of clients reached\r\n', close: true } }, 'TRY_LATER', 6],
  ['protected mode', { PING: { bytes: '-DENIED Redis is running in protected mode\r\n', close: true } }, 'NO_PERMISSION', 4],
  ['no right to psync', { PSYNC: "-NOPERM User r has no permissions to run the 'psync' command\r\n" }, 'NO_PERMISSION', 4],
  ['no right to replconf', { REPLCONF: "-NOPERM User r has no permissions to run the 'replconf' command\r\n" }, 'NO_PERMISSION', 4],
  ['a command that was renamed or disabled', { PSYNC: "-ERR unknown command 'PSYNC', with args\r\n" }, 'NOT_SUPPORTED', 5],
  ['a service without REPLCONF', { REPLCONF: '-ERR Command disallowed\r\n' }, 'NOT_SUPPORTED', 5],
  ['a Sentinel', { INFO: infoReply({ redis_mode: 'sentinel' }) }, 'NOT_SUPPORTED', 5],
  ['an HTTP server', { PING: { bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n', close: true } }, 'NOT_REDIS', 5],
  ['TLS on the port', { PING: { bytes: Buffer.from([0x15, 3, 1, 0, 2, 2, 70]), close: true } }, 'NOT_REDIS', 5],
  ['garbage', { PING: '\u0007\u001b[2Jgarbage\r\n' }, 'NOT_REDIS', 5],
  ['a server that closes mid-handshake', { 'REPLCONF capa': { close: true } }, 'LINK_LOST', 7],
  ['a server that falls silent', { PING: undefined }, 'TIMEOUT', 3],
  ['an endless line', { PING: `+${'x'.repeat(200_000)}` }, 'PROTOCOL', 5],
  ['garbage without an end', { PING: 'x' }, 'NOT_REDIS', 5],
  ['half a reply to PSYNC', { PSYNC: '+FULLRES\r\n' }, 'PROTOCOL', 5],
  ['an escape sequence in an error reply', { PING: '-ERR \u001b[2J\r\n' }, 'NOT_SUPPORTED', 5],
]

describe('handshake', { concurrency: false }, () => {
  for (const [name, script, code, status] of REFUSALS) {
    it(`explains ${name} and exits ${status}`, async () => {
      assertThreeParts(await handshake(script), code, status)
    })

    it(`explains ${name} as JSON too`, async () => {
      const ran = await handshake(script, ['--json'])
      assert.equal(ran.status, status)
      const { schema, error, exitStatus } = JSON.parse(ran.out)
      assert.equal(schema, 'redis-repl/error/1')
      assert.deepEqual([error.code, exitStatus], [code, status])
      for (const part of [error.what, error.meaning, error.next]) assert.match(part, /\S{3}/)
    })
  }

  it('explains a socket on which no process listens any more', async () => {
    const path = join(folder, 'orphan.sock')
    // Ended without a word, a server leaves its socket behind.
    const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    await once(spawn(process.execPath, ['-e', script, path]), 'exit')
    const ran = await cli(['handshake', '-s', path])
    assertThreeParts(ran, 'MASTER_UNREACHABLE', 3)
    assert.match(ran.err, /The\s+socket\s+file\s+exists,\s+but\s+no\s+server\s+accepts\s+connections/)
  })

  it('explains a refused port and exits 3', async () => {
    assertThreeParts(await cli(['handshake', `127.0.0.1:${await freePort()}`]), 'MASTER_UNREACHABLE', 3)
  })

  it('explains an unknown host and exits 3', async () => {
    assertThreeParts(await cli(['handshake', 'no-such-host.invalid']), 'MASTER_UNREACHABLE', 3)
  })

  it('explains a greeting of another service and exits 5', async () => {
    assertThreeParts(await handshake({}, [], { bytes: 'SSH-2.0-OpenSSH_9.2\r\n' }), 'NOT_REDIS', 5)
  })

  it('recognises another service by its first byte, in every command, and does not wait for more', async () => {
    for (const greeting of ['S', 'J\0\0\0\n8.0.36\0', '\n\u0015', '220']) {
      master = await FakeMaster.start({ PING: undefined, INFO: undefined, CLIENT: undefined, SENTINEL: undefined }, greeting)
      const { target } = master
      for (const args of [
        ['handshake', target],
        ['psync', target],
        ['lag', target],
        ['handshake', `redis-sentinel://${target}/mymaster`],
      ]) {
        const ran = await cli([...args, '--step-timeout', '60', '--silence-timeout', '60'])
        assertThreeParts(ran, 'NOT_REDIS', 5)
      }
      master.stop()
    }
  })

  for (const args of [
    ['--bogus'],
    [''],
    ['-h', ''],
    ['--step-timeout', '9999999'],
    ['host:99999'],
    ['redis://user@host'],
    ['a', 'b'],
    ['--user', 'x'],
    ['-p', '0'],
    ['x', '-p', '1'],
  ]) {
    it(`exits 2 for ${args.join(' ')}, as JSON too`, async () => {
      assertThreeParts(await cli(['handshake', ...args]), 'USAGE', 2)
      const ran = await cli(['handshake', ...args, '--json'])
      assert.equal(ran.status, 2)
      assert.equal(JSON.parse(ran.out).error.code, 'USAGE')
    })
  }

  it('tells what oclif finds wrong in one line, without what was given', async () => {
    const cases: [args: string[], what: RegExp][] = [
      [['-p', SECRET], /: --port takes an integer\n/],
      [['-4', '-6'], /: --ipv6 cannot be combined with --ipv4\n/],
      [['--cert', SECRET], /: --cert needs --key\n/],
      [['--prefer', `my ${SECRET}`], /: --prefer takes one of: master, replica\n/],
    ]
    for (const [args, what] of cases) {
      const ran = await cli(['handshake', ...args])
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(ran.err, what)
      assert.doesNotMatch(ran.err, new RegExp(SECRET))
    }
  })

  it('says so when a password cannot be read, and takes the first variable that holds one', async () => {
    const empty = join(folder, 'empty')
    await writeFile(empty, `\n${SECRET}\n`)
    for (const [args, what] of [
      [['--pass-file', empty], /its first line is empty/],
      [['--askpass'], /No password could be read/],
    ] as const) {
      const ran = await handshake({}, [...args])
      master?.stop()
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(ran.err, what)
    }
    master = await FakeMaster.start()
    await cli(['handshake', master.target], { env: { REDISCLI_AUTH: '', VALKEYCLI_AUTH: SECRET } })
    assert.ok(master.received.some(([name, password]) => name === 'AUTH' && password === SECRET))
  })

  it('refuses a URI for a host and flags for Sentinels where there are none, and takes an address in brackets', async () => {
    for (const args of [
      ['-h', `redis://:${SECRET}@h`],
      ['h', '--sentinel-user', 'x'],
      ['h', '--sni', ''],
    ]) {
      const ran = await cli(['handshake', ...args])
      assertThreeParts(ran, 'USAGE', 2)
      assert.doesNotMatch(ran.err, new RegExp(SECRET))
    }
    const bracketed = await cli(['handshake', '-h', '[::1]', '-p', '1'])
    assert.match(bracketed.err, /^error MASTER_UNREACHABLE: \[::1\]:1 /)
  })

  it('does not repeat a target that stands in place of a command', async () => {
    const uri = `redis://:${SECRET}@h`
    for (const args of [[uri], ['handshak', uri], ['help', uri], ['-a', SECRET, 'handshake', 'h'], [SECRET]]) {
      const ran = await cli(args)
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), /dump-rdb, handshake, lag, psync, schema, tail |did you mean handshake\?/)
      assert.doesNotMatch(ran.err + ran.out, new RegExp(SECRET))
    }
  })

  it('never repeats a password, wherever it was given and whatever goes wrong', async () => {
    const passFile = join(folder, 'pass')
    await writeFile(passFile, `${SECRET}\n`)
    const wrong = { AUTH: '-WRONGPASS invalid username-password pair or user is disabled.\r\n' }
    const ways: [string[], NodeJS.ProcessEnv][] = [
      [['-a', SECRET], {}],
      [['--pass-file', passFile], {}],
      [[], { REDISCLI_AUTH: SECRET }],
      [['-a', SECRET, '--bogus'], {}],
      [[`--password=${SECRET}`], {}],
      [['x', SECRET], {}],
    ]
    for (const [args, env] of ways) {
      for (const more of [['-vv'], ['--json']]) {
        master = await FakeMaster.start(wrong)
        const ran = await cli(['handshake', master.target, ...args, ...more], { env })
        master.stop()
        assert.ok(ran.status === 4 || ran.status === 2, ran.err)
        assert.ok(!(ran.out + ran.err).includes(SECRET), `${args} ${more}: ${ran.out}${ran.err}`)
      }
    }
    for (const uri of [`redis://u:${SECRET}@host:x`, `redis-sentinel://u:${SECRET}@host`, `redis://u:${SECRET}@no-such-host.invalid`]) {
      const ran = await cli(['handshake', uri, '--json'])
      assert.ok(!(ran.out + ran.err).includes(SECRET), ran.out)
    }
  })

  it('sends the password it was given, and nothing between PSYNC and its reply', async () => {
    const ran = await handshake({ PING: '-NOAUTH Authentication required.\r\n' }, ['--user', 'repl', '-a', SECRET])
    assert.equal(ran.status, 0, ran.err)
    const auths = master?.received.filter(([name]) => name === 'AUTH')
    assert.deepEqual(auths, [
      ['AUTH', 'repl', SECRET],
      ['AUTH', 'repl', SECRET],
    ])
    const last = master?.received.filter(([name]) => name !== 'INFO').at(-1)
    assert.deepEqual(last, ['PSYNC', REPLID, '101'])
  })

  it('leaves at the first keep-alive when a position it was sure of is answered with a full resync', async () => {
    const ran = await handshake({ PSYNC: '\n' }, ['--json'])
    assert.equal(ran.status, 0)
    assert.deepEqual(JSON.parse(ran.out).reply.stopped, 'WOULD_FORK')
  })

  it('ends although the second connection never answers', async () => {
    master = await FakeMaster.start({}, undefined, 1)
    const ran = await cli(['handshake', master.target, '--step-timeout', '3', '--json'])
    assert.equal(ran.status, 0)
    const { reply, cost } = JSON.parse(ran.out)
    assert.deepEqual([reply.kind, cost], ['continue', null])
  })

  it('ends quietly when its reader leaves', async () => {
    master = await FakeMaster.start()
    const ran = await cli(['handshake', master.target, '-vv'], { during: (child) => child.stdout?.destroy() })
    assert.equal(ran.status, 0)
    assert.equal(ran.err, '')
  })

  it('stops at Ctrl-C with 130', async () => {
    const ran = await (async () => {
      master = await FakeMaster.start({ PING: undefined })
      return await cli(['handshake', master.target, '--step-timeout', '30'], {
        during: (child) => {
          const timer = setInterval(() => {
            if (master?.received.length === 0) return
            clearInterval(timer)
            child.kill('SIGINT')
          }, 20)
          child.once('exit', () => clearInterval(timer))
        },
      })
    })()
    assertThreeParts(ran, 'ABORTED', 130)
  })

  it('writes no colour into a pipe, and colour where it is forced', async () => {
    assert.ok(!(await handshake({})).out.includes('\u001b'))
    const { target } = master as FakeMaster
    assert.ok((await cli(['handshake', target], { env: { FORCE_COLOR: '1' } })).out.includes('\u001b['))
    assert.ok(!(await cli(['handshake', target], { env: { NO_COLOR: '1' } })).out.includes('\u001b'))
  })
})

const FULL = `+FULLRESYNC ${REPLID} 100\r\n`
const BROKEN_PAYLOADS: [name: string, payload: string | Buffer, code: string, status: number][] = [
  ['no payload at all', FULL, 'LINK_LOST', 7],
  ['a payload cut by its length', `${FULL}$1000\r\nREDIS0011abc`, 'PAYLOAD_TRUNCATED', 7],
  ['a payload cut before its mark', `${FULL}$EOF:${'m'.repeat(40)}\r\nREDIS0011abc`, 'PAYLOAD_TRUNCATED', 7],
  ['a payload that is no RDB', `${FULL}$20\r\n${'x'.repeat(20)}`, 'PAYLOAD_CORRUPT', 7],
  ['an RDB without its end', `${FULL}$20\r\nREDIS0011${'x'.repeat(11)}`, 'PAYLOAD_CORRUPT', 7],
  ['a wrong checksum', Buffer.from(`${FULL}$18\r\nREDIS0011\xff12345678`, 'latin1'), 'PAYLOAD_CORRUPT', 7],
  [
    'a wrong checksum before the mark',
    Buffer.from(`${FULL}$EOF:${'m'.repeat(40)}\r\nREDIS0011\xff12345678${'m'.repeat(40)}`, 'latin1'),
    'PAYLOAD_CORRUPT',
    7,
  ],
  ['an absurd length', `${FULL}$99999999999999999999\r\n`, 'PROTOCOL', 5],
  ['a length beyond the disk', `${FULL}$9007199254740991\r\nREDIS0011`, 'OUTPUT_FAILED', 8],
  ['a fork that fails behind FULLRESYNC', `${FULL}-ERR BGSAVE failed, replication can't continue\r\n`, 'LINK_LOST', 7],
  ['an offset beyond 2^53', `+FULLRESYNC ${REPLID} 9007199254740993\r\n`, 'PROTOCOL', 5],
]

describe('Sentinels that are none', { concurrency: false }, () => {
  const asSentinel = async (script: Script, args: string[] = []) => {
    master?.stop()
    master = await FakeMaster.start(script)
    return await cli(['handshake', '--sentinel', master.target, '--master-name', 'm', '--step-timeout', '1', ...args])
  }

  it('are reported as Sentinels, and a password that they require is one of theirs', async () => {
    const ordinary = await asSentinel({ SENTINEL: "-ERR unknown command 'SENTINEL', with args\r\n" })
    assertThreeParts(ordinary, 'NOT_SUPPORTED', 5)
    assert.match(ordinary.err, /This\s+is\s+not\s+a\s+Sentinel/)
    const closed = await asSentinel({ SENTINEL: '-NOAUTH Authentication required.\r\n' })
    assertThreeParts(closed, 'AUTH_REQUIRED', 4)
    assert.match(closed.err, /--sentinel-pass-file/)
    assert.doesNotMatch(closed.err, /REDISCLI_AUTH/)
    const wrong = await asSentinel({ AUTH: '-WRONGPASS invalid\r\n' }, ['--sentinel-pass', SECRET])
    assertThreeParts(wrong, 'AUTH_FAILED', 4)
    assert.match(wrong.err, /--sentinel-user/)
  })

  it('are reported with their reasons when none can be asked', async () => {
    const plain = await asSentinel({}, ['--sentinel-tls', '--connect-timeout', '1'])
    assertThreeParts(plain, 'MASTER_UNREACHABLE', 3)
    assert.match(plain.err.replaceAll(/\s+/g, ' '), /did not answer the TLS handshake within .*--no-sentinel-tls/)
    const mixed = await cli(['handshake', 'redis-sentinel://127.0.0.1:1,127.0.0.1:2/m'])
    assert.match(mixed.err, /127\.0\.0\.1:1\s+refused\s+the\s+connection\s+\(ECONNREFUSED\);\s+127\.0\.0\.1:2\s+refused/)
  })

  it('are refused where they are no addresses', async () => {
    for (const sentinel of ['redis://h:1', 'h,', `x:${SECRET}@h`, '::1:26379']) {
      const ran = await cli(['handshake', '--sentinel', sentinel, '--master-name', 'm'])
      assertThreeParts(ran, 'USAGE', 2)
      assert.doesNotMatch(ran.err, new RegExp(SECRET))
    }
    const nameless = await cli(['handshake', 'redis-sentinel://h1'])
    assertThreeParts(nameless, 'USAGE', 2)
    assert.match(nameless.err, /redis-sentinel:\/\/h1\/NAME/)
  })
})

describe('dump-rdb', { concurrency: false }, () => {
  for (const [name, bytes, code, status] of BROKEN_PAYLOADS) {
    it(`explains ${name}, exits ${status} and leaves no file`, async () => {
      assertThreeParts(await dump({ PSYNC: { bytes, close: true } }), code, status)
      assert.deepEqual(await readdir(folder), [])
    })
  }

  it('calls a transfer that falls silent truncated, and leaves no file', async () => {
    assertThreeParts(await dump({ PSYNC: `${FULL}$1000\r\nREDIS0011` }), 'PAYLOAD_TRUNCATED', 7)
    assert.deepEqual(await readdir(folder), [])
  })

  it('keeps waiting as long as keep-alives come', async () => {
    const rdb = Buffer.from('REDIS0011\xff\0\0\0\0\0\0\0\0', 'latin1')
    const ran = await dump({ PSYNC: Buffer.concat([Buffer.from(`\n\n${FULL}\n\n$18\r\n`), rdb]) }, ['--json'])
    assert.equal(ran.status, 0, ran.err)
    assert.equal(JSON.parse(ran.out).checksum, 'unchecked')
    assert.deepEqual(await readdir(folder), ['x.rdb'])
  })

  it('sends SYNC where PSYNC is unknown, since a fork is its purpose', async () => {
    const rdb = Buffer.from('$18\r\nREDIS0006\xff\0\0\0\0\0\0\0\0', 'latin1')
    const ran = await dump({ PSYNC: "-ERR unknown command 'PSYNC'\r\n", SYNC: rdb })
    assert.equal(ran.status, 0, ran.err)
    assert.deepEqual(await readdir(folder), ['x.rdb'])
  })

  it('never falls back to SYNC on any other refusal', async () => {
    const ran = await dump({ PSYNC: '-ERR something new\r\n' })
    assertThreeParts(ran, 'NOT_SUPPORTED', 5)
    assert.ok(!master?.received.some(([name]) => name === 'SYNC'))
  })

  it('waits for no payload after a sync on two connections', async () => {
    assertThreeParts(await dump({ PSYNC: '+RDBCHANNELSYNC 6\r\n' }), 'PROTOCOL', 5)
  })

  it('says of a failed dump to stdout that what it got is to be deleted', async () => {
    master = await FakeMaster.start({ PSYNC: { bytes: `${FULL}$1000\r\nREDIS0011`, close: true } })
    const ran = await cli(['dump-rdb', master.target])
    assertThreeParts(ran, 'PAYLOAD_TRUNCATED', 7)
    assert.match(ran.err, /delete\s+it/)
  })

  it('reports a dump that is whole as such, even when the last INFO is never answered and it is stopped then', async () => {
    const rdb = Buffer.from('REDIS0011\xff\0\0\0\0\0\0\0\0', 'latin1')
    master = await FakeMaster.start({ PSYNC: Buffer.concat([Buffer.from(`${FULL}$18\r\n`), rdb]) }, undefined, 1)
    const ran = await cli(['dump-rdb', master.target, '-o', join(folder, 'x.rdb'), '--step-timeout', '2'])
    assert.equal(ran.status, 0, ran.err)
    assert.deepEqual(await readdir(folder), ['x.rdb'])
  })

  it('survives header fields that make no sense', async () => {
    const field = (name: string, value: string) =>
      `\xfa${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`
    const rdb = Buffer.from(`REDIS0011${field('ctime', '99999999999999')}\xff\0\0\0\0\0\0\0\0`, 'latin1')
    const ran = await dump({ PSYNC: Buffer.concat([Buffer.from(`${FULL}$${rdb.length}\r\n`), rdb]) })
    assert.equal(ran.status, 0, ran.err)
    assert.match(ran.err, /99999999999999/)
  })

  it('stops at one SIGTERM though the reader of its pipe stalls', async () => {
    const big = Buffer.concat([Buffer.from(`${FULL}$50000000\r\nREDIS0011`), Buffer.alloc(49_999_991)])
    master = await FakeMaster.start({ PSYNC: big })
    const ran = await cli(['dump-rdb', master.target, '-q'], {
      during: (child) =>
        child.stdout?.once('data', () => {
          child.stdout?.pause()
          child.kill('SIGTERM')
          child.once('exit', () => child.stdout?.resume())
        }),
    })
    assertThreeParts({ ...ran, out: '' }, 'ABORTED', 130)
  })

  it('removes its part file when the terminal is lost and when it is interrupted twice', async () => {
    for (const signals of [['SIGHUP'], ['SIGINT', 'SIGTERM']] as const) {
      master?.stop()
      master = await FakeMaster.start({ PSYNC: `${FULL}$1000\r\nREDIS0011` })
      const ran = await cli(['dump-rdb', master.target, '-o', join(folder, 'x.rdb')], {
        during: (child) =>
          child.stderr?.on('data', (text) => {
            if (String(text).includes('receiving')) for (const signal of signals) child.kill(signal)
          }),
      })
      assert.equal(ran.status, 130)
      assert.deepEqual(await readdir(folder), [])
    }
  })

  it('refuses an existing file before it contacts anybody, and keeps it', async () => {
    await writeFile(join(folder, 'x.rdb'), 'precious')
    const ran = await dump({})
    assertThreeParts(ran, 'OUTPUT_EXISTS', 8)
    assert.equal(master?.connections, 0)
    assert.deepEqual(await readdir(folder), ['x.rdb'])
  })

  it('keeps the existing file when a forced dump fails', async () => {
    await writeFile(join(folder, 'x.rdb'), 'precious')
    assert.equal((await dump({ PSYNC: { bytes: `${FULL}$1000\r\nREDIS0011`, close: true } }, ['--force'])).status, 7)
    assert.deepEqual(await readdir(folder), ['x.rdb'])
  })

  it('explains a folder that does not exist and exits 8', async () => {
    master = await FakeMaster.start()
    assertThreeParts(await cli(['dump-rdb', master.target, '-o', join(folder, 'no', 'x.rdb')]), 'OUTPUT_FAILED', 8)
  })

  it('explains a target that is no file and exits 8', async () => {
    master = await FakeMaster.start()
    assertThreeParts(await cli(['dump-rdb', master.target, '-o', folder]), 'OUTPUT_FAILED', 8)
  })

  it('exits 8 when the reader of its pipe leaves', async () => {
    const big = Buffer.concat([Buffer.from(`${FULL}$50000000\r\nREDIS0011`), Buffer.alloc(49_999_991)])
    master = await FakeMaster.start({ PSYNC: big })
    const ran = await cli(['dump-rdb', master.target, '-q'], {
      during: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
    })
    assertThreeParts({ ...ran, out: '' }, 'OUTPUT_FAILED', 8) // stdout holds the binary beginning
  })

  it('removes its part file at Ctrl-C and exits 130', async () => {
    master = await FakeMaster.start({ PSYNC: `${FULL}$1000\r\nREDIS0011` })
    const ran = await cli(['dump-rdb', master.target, '-o', join(folder, 'x.rdb')], {
      during: (child) => child.stderr?.on('data', (text) => String(text).includes('receiving') && child.kill('SIGINT')),
    })
    assertThreeParts(ran, 'ABORTED', 130)
    assert.deepEqual(await readdir(folder), [])
  })
})
