/** Flags over variables over profiles over defaults, and where each value came from. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'

const CONFIG = `
[defaults]
connect-timeout = 3
name = "from-defaults"

[profiles.prod]
target = "redis://repl:s3cret@db1.example:7000"
step-timeout = 9
name = "from-profile"
max-seconds = 2
map = ["10.0.0.1=a", "10.0.0.2=b"]

[profiles.parts]
host = "db2.example"
port = 7002
pass = "s3cret"
quiet = true
`

describe('settings', () => {
  let home: string
  let env: NodeJS.ProcessEnv
  let master: FakeMaster | undefined
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'redis-repl-config-'))
    await mkdir(join(home, 'redis-repl'))
    await writeFile(join(home, 'redis-repl', 'config.toml'), CONFIG)
    env = { XDG_CONFIG_HOME: home }
  })
  after(() => rm(home, { recursive: true }))
  afterEach(() => master?.stop())

  /** name → [value, from] */
  async function inForce(args: string[], more: NodeJS.ProcessEnv = {}) {
    const ran = await cli([...args, '--print-config', '--json'], { env: { ...env, ...more } })
    assert.equal(ran.status, 0, ran.out + ran.err)
    assert.doesNotMatch(ran.out, /s3cret/)
    const { settings } = assertSchema(ran.out, 'config') as { settings: { name: string; value: unknown; from: string }[] }
    return (name: string) => settings.filter((one) => one.name === name).map(({ value, from }) => [value, from.replace(home, '~')])[0]
  }
  const FILE = '~/redis-repl/config.toml'

  it('that are lists leave the TARGET alone, on the command line and in a variable', async () => {
    const onCommandLine = await inForce(['handshake', '--map', 'db1=a', 'db1:7000'])
    assert.deepEqual([onCommandLine('map'), onCommandLine('target')?.[0]], [[['db1=a'], 'command line'], 'db1:7000'])
    const inVariable = await inForce(['handshake', 'db1:7000'], { REDIS_REPL_MAP: 'db1=a,db2=b' })
    assert.deepEqual([inVariable('map'), inVariable('target')?.[0]], [[['db1=a', 'db2=b'], 'REDIS_REPL_MAP'], 'db1:7000'])
  })

  it('come from the command line, a variable, the profile, the defaults and the program, in this order', async () => {
    const found = await inForce(['handshake', '@prod', '--silence-timeout', '7'], { REDIS_REPL_STEP_TIMEOUT: '8' })
    assert.deepEqual(found('silence-timeout'), ['7s', 'command line'])
    assert.deepEqual(found('step-timeout'), ['8s', 'REDIS_REPL_STEP_TIMEOUT'])
    assert.deepEqual(found('name'), ['from-profile', `profile prod in ${FILE}`])
    assert.deepEqual(found('connect-timeout'), ['3s', `defaults in ${FILE}`])
    assert.deepEqual((await inForce(['handshake', '@parts']))('step-timeout'), ['5s', 'built in'])
    assert.deepEqual(found('target'), ['redis://********@db1.example:7000', `profile prod in ${FILE}`])
    assert.deepEqual(found('map'), [['10.0.0.1=a', '10.0.0.2=b'], `profile prod in ${FILE}`])
    assert.equal(found('max-seconds'), undefined)
    assert.deepEqual((await inForce(['lag', '@prod']))('max-seconds'), ['2s', `profile prod in ${FILE}`])
  })

  it('name the server as a whole: half of it from elsewhere would be another', async () => {
    const byFlag = await inForce(['handshake', '-h', 'other'], { REDIS_REPL_PROFILE: 'parts' })
    assert.deepEqual([byFlag('host'), byFlag('port')], [['other', 'command line'], undefined])
    const byTarget = await inForce(['handshake', 'other:1'], { REDIS_REPL_PROFILE: 'prod', REDIS_REPL_HOST: 'x' })
    assert.deepEqual([byTarget('target'), byTarget('host')], [['other:1', 'command line'], undefined])
    const byProfile = await inForce(['handshake', '@parts'], { REDIS_REPL_HOST: 'x' })
    assert.deepEqual(byProfile('host'), ['db2.example', `profile parts in ${FILE}`])
  })

  it('give way to what they cannot stand beside', async () => {
    const found = await inForce(['handshake', '@parts'])
    assert.deepEqual([found('json'), found('quiet')], [[true, 'command line'], undefined])
    const login = await inForce(['handshake', 'redis://u:p@host'], { REDIS_REPL_PASS: 's3cret', REDIS_REPL_USER: 'x' })
    assert.deepEqual([login('pass'), login('user')], [undefined, undefined])
  })

  it('log in as the URI of a stronger or the same place says, and a socket with an @ is no login', async () => {
    const file = join(home, 'login.toml')
    await writeFile(file, '[defaults]\nuser = "nobody"\npass = "s3cret"\n[profiles.p]\ntarget = "redis://repl:s3cret@h"\npass = "s3cret"\n')
    const logins: [args: string[], more: NodeJS.ProcessEnv, from: (string | undefined)[]][] = [
      [[], { REDIS_REPL_TARGET: 'redis://repl:s3cret@h' }, []],
      [[], { REDIS_REPL_URI: 'redis-sentinel://repl:s3cret@h/m', REDIS_REPL_PASS: 's3cret' }, []],
      [['@p'], {}, []],
      [['@p'], { REDIS_REPL_PASS: 's3cret' }, ['REDIS_REPL_PASS']],
      [['redis://repl:s3cret@h'], { REDIS_REPL_PASS: 's3cret' }, []],
      [['unix:///tmp/a@b.sock'], { REDIS_REPL_PASS: 's3cret' }, ['REDIS_REPL_PASS', 'defaults']],
      [['other', '-a', 's3cret'], {}, ['command line', 'defaults']],
    ]
    for (const [args, more, from] of logins) {
      const found = await inForce(['handshake', ...args, '--config', file], more)
      const origins = ['pass', 'user'].flatMap((name) => found(name)?.[1] ?? []).map((origin) => String(origin).replace(/ in .*/, ''))
      assert.deepEqual(origins, from, args.join(' '))
    }
  })

  it('of a file are found from the folder of the file, and are refused where they are of the wrong kind', async () => {
    const file = join(home, 'kinds.toml')
    const wrong: [content: string, expected: RegExp][] = [
      ['host = true', /defaults\.host needs a value/],
      ['target = ["a", "b"]', /defaults\.target takes one value/],
      ['tls = [1]', /defaults\.tls takes true or false/],
      ['config = "x"', /defaults\.config is allowed on the command line only/],
      ['pass-file = "nowhere/pass"', new RegExp(`${home}/nowhere/pass cannot be used: no such file or directory`)],
    ]
    for (const [content, expected] of wrong) {
      await writeFile(file, `[defaults]\n${content}\n`)
      const ran = await cli(['handshake', '--config', file, '-q', ...(content.startsWith('pass') ? ['127.0.0.1:1'] : [])], { env })
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), expected)
    }
    assertThreeParts(await cli(['handshake', '@constructor', '--config', file], { env }), 'USAGE', 2)
  })

  it('with an empty REDIS_REPL_CONFIG are as without it, and a default that was written was written', async () => {
    const found = await inForce(['handshake', '--step-timeout', '5'], { REDIS_REPL_CONFIG: '' })
    assert.deepEqual(found('step-timeout'), ['5s', 'command line'])
    assert.deepEqual(found('connect-timeout'), ['3s', `defaults in ${FILE}`])
  })

  it('that a server has no use for contradict only where they were written on the command line', async () => {
    master = await FakeMaster.start()
    const more = { REDIS_REPL_CACERT: '/nowhere.pem', REDIS_REPL_INSECURE: '1', REDIS_REPL_SENTINEL_PASS: 's3cret' }
    const ran = await cli(['handshake', master.target, '-q'], { env: { ...env, ...more } })
    assert.deepEqual([ran.status, ran.err], [0, ''])
    const socket = ['handshake', '-s', join(home, 'no.sock')]
    assertThreeParts(await cli(socket, { env: { ...env, REDIS_REPL_TLS: '1' } }), 'MASTER_UNREACHABLE', 3)
    for (const args of [
      [...socket, '--tls'],
      ['handshake', 'h', '--cacert', 'x'],
      ['handshake', 'h', '--sentinel-pass', 's3cret'],
      ['handshake', 'h', '--sentinel-tls', '--cacert', 'x'],
    ]) {
      assertThreeParts(await cli(args, { env }), 'USAGE', 2)
    }
  })

  it('that ask for TLS get it also with redis://', async () => {
    const file = join(home, 'tls.toml')
    await writeFile(file, '[defaults]\ntls = true\n')
    master = await FakeMaster.start()
    const target = `redis://:s3cret@${master.target}`
    const quick = ['--connect-timeout', '1']
    for (const ran of [
      await cli(['handshake', '--tls', target, ...quick]),
      await cli(['handshake', target, ...quick], { env: { REDIS_REPL_TLS: '1' } }),
      await cli(['handshake', target.replace('redis', 'valkey'), '--config', file, ...quick]),
    ]) {
      assertThreeParts(ran, 'TLS_FAILED', 3)
    }
    assert.deepEqual(master.received, [])
  })

  it('with a secret warn where others can see it, and only there', async () => {
    const file = join(home, 'warn.toml')
    await writeFile(file, '[defaults]\npass = "s3cret"\n')
    const sentinel = ['redis-sentinel://127.0.0.1:1/m']
    const cases: [args: string[], more: NodeJS.ProcessEnv, warns: RegExp | undefined][] = [
      [['127.0.0.1:1', '-a', 's3cret'], {}, /^! others can see a password .*--pass-file/],
      [[...sentinel, '--sentinel-pass', 's3cret'], {}, /^! others can see a password .*--sentinel-pass-file/],
      [[...sentinel, '--sentinel-pass', 's3cret', '--no-auth-warning'], {}, undefined],
      [['127.0.0.1:1'], { REDIS_REPL_PASS: 's3cret' }, undefined],
      [['127.0.0.1:1', '--config', file], {}, undefined],
    ]
    for (const [args, more, warns] of cases) {
      const { err } = await cli(['handshake', ...args], { env: { ...env, ...more } })
      if (warns) assert.match(err, warns)
      else assert.doesNotMatch(err, /^!/m)
    }
  })

  it('take the target from REDIS_URL where nothing else names a server, and say so', async () => {
    const url = { REDIS_URL: 'redis://u:s3cret@from-url:7000' }
    assert.deepEqual((await inForce(['handshake'], url))('target'), ['redis://********@from-url:7000', 'REDIS_URL'])
    const explicit: [args: string[], more: NodeJS.ProcessEnv, name: string, value: unknown][] = [
      [['other:1'], {}, 'target', 'other:1'],
      [['-h', 'other'], {}, 'host', 'other'],
      [['@parts'], {}, 'host', 'db2.example'],
      [[], { REDIS_REPL_HOST: 'other' }, 'host', 'other'],
      [[], { REDIS_REPL_PROFILE: 'parts' }, 'host', 'db2.example'],
    ]
    for (const [args, more, name, value] of explicit) {
      const found = await inForce(['handshake', ...args], { ...url, ...more })
      assert.equal(found(name)?.[0], value)
      assert.ok(name === 'target' || found('target') === undefined, args.join(' '))
    }
    const ran = await cli(['handshake'], { env: { ...env, REDIS_URL: 'redis://127.0.0.1:1' } })
    assertThreeParts(ran, 'MASTER_UNREACHABLE', 3)
    assert.match(ran.err, /127\.0\.0\.1:1 refused/)
  })

  it('are suggested where a profile or a key of the file is mistyped', async () => {
    const profile = await cli(['handshake', '@prdo'], { env })
    assertThreeParts(profile, 'USAGE', 2)
    assert.match(profile.err, /no profile "prdo"; did you mean @prod\?/)
    const file = join(home, 'mistyped.toml')
    await writeFile(file, '[defaults]\nconect-timeout = "s3cret"\n')
    const key = await cli(['handshake', '--config', file], { env })
    assertThreeParts(key, 'USAGE', 2)
    assert.match(key.err.replaceAll(/\s+/g, ' '), /unknown setting defaults\.conect-timeout; did you mean connect-timeout\?/)
    assert.doesNotMatch(key.err, /s3cret/)
  })

  it('are shown as a table, without secrets', async () => {
    const ran = await cli(['handshake', '@parts', '--print-config'], { env })
    assert.match(ran.out, /pass +│ \*{8} +│ profile parts/)
    assert.doesNotMatch(ran.out + ran.err, /s3cret/)
  })

  it('reach the server that is named', async () => {
    const ran = await cli(['handshake'], { env: { ...env, REDIS_REPL_TARGET: '127.0.0.1:1', REDIS_REPL_QUIET: 'yes' } })
    assertThreeParts(ran, 'MASTER_UNREACHABLE', 3)
    assert.match(ran.err, /127\.0\.0\.1:1 refused/)
  })

  it('are not taken from the variables that Kubernetes and docker --link make for a service with our name', async () => {
    const kubernetes = {
      REDIS_REPL_PORT: 'tcp://10.96.14.2:6379',
      REDIS_REPL_SERVICE_HOST: '10.96.14.2',
      REDIS_REPL_SERVICE_PORT: '6379',
      REDIS_REPL_SERVICE_PORT_TCP_REDIS: '6379',
      REDIS_REPL_PORT_6379_TCP: 'tcp://10.96.14.2:6379',
      REDIS_REPL_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_REPL_PORT_6379_TCP_PORT: '6379',
      REDIS_REPL_PORT_6379_TCP_ADDR: '10.96.14.2',
    }
    const longerNames = { REDIS_REPL_MASTER_SERVICE_HOST: '10.96.14.3', REDIS_REPL_MASTER_PORT: 'tcp://[fd00::3]:6379' }
    const docker = {
      REDIS_REPL_1_ENV_REDIS_VERSION: '8.6.3',
      REDIS_REPL_PORT: 'tcp://172.17.0.5:6379',
      REDIS_REPL_NAME: '/app/redis-repl',
      REDIS_REPL_MASTER_NAME: '/app/redis-repl-master',
      REDIS_REPL_ENV_REDIS_VERSION: '7.0.15',
    }
    for (const links of [kubernetes, longerNames, docker]) {
      const ran = await cli(['handshake', '--print-config', '--json'], { env: { ...env, ...links } })
      assert.equal(ran.status, 0, ran.err)
      assert.equal(ran.err, '')
      assert.doesNotMatch(ran.out, /REDIS_REPL_/)
    }
    const beside = await inForce(['handshake'], { ...kubernetes, REDIS_REPL_HOST: 'db1' })
    assert.deepEqual([beside('host'), beside('port')], [['db1', 'REDIS_REPL_HOST'], undefined])
  })

  it('come with one warning for each variable that is misspelt, and none with -q', async () => {
    const misspelt = { REDIS_REPL_HSOT: 'a', REDIS_REPL_CONECT_TIMEOUT: '3', REDIS_REPL_MAX_BYTE: '1', REDIS_REPL_COLOUR_SCHEME: 'x' }
    const all = { ...env, ...misspelt, REDIS_REPL_STEP_TIMEOUT: '4', REDIS_REPL_EMPTI: '', REDIS_REPL_PROFILE: 'prod' }
    const ran = await cli(['handshake', '--print-config'], { env: all })
    assert.equal(ran.status, 0, ran.err)
    assert.deepEqual(ran.err.trimEnd().split('\n'), [
      '! REDIS_REPL_COLOUR_SCHEME is not a setting and has no effect',
      '! REDIS_REPL_CONECT_TIMEOUT is not a setting and has no effect; did you mean REDIS_REPL_CONNECT_TIMEOUT?',
      '! REDIS_REPL_HSOT is not a setting and has no effect; did you mean REDIS_REPL_HOST?',
      '! REDIS_REPL_MAX_BYTE is not a setting and has no effect; did you mean REDIS_REPL_MAX_BYTES?',
    ])
    const run = await cli(['lag', '127.0.0.1:1', '--sample', '0'], { env: { ...env, REDIS_REPL_HSOT: 'a' } })
    assert.equal(run.err.match(/did you mean/g)?.length, 1)
    assert.equal((await cli(['handshake', '--print-config', '-q'], { env: all })).err, '')
  })

  it('that are wrong are named with their place, and without what they hold', async () => {
    const cases: [content: string | undefined, args: string[], env: NodeJS.ProcessEnv, expected: RegExp][] = [
      [undefined, ['@staging'], {}, /no profile "staging"; .* has @prod, @parts/],
      [undefined, [], { REDIS_REPL_PORT: 'many' }, /REDIS_REPL_PORT: .*integer/],
      [undefined, [], { REDIS_REPL_TLS: 'maybe' }, /REDIS_REPL_TLS: tls takes 1 or 0|^error USAGE: tls takes 1 or 0/],
      ['pass = "s3cret', [], {}, /line 1, column \d+ is not TOML/],
      ['port = 1', [], {}, /"port" is outside of/],
      ['[defaults]\nprot = 1', [], {}, /unknown setting defaults\.prot; did you mean port\?/],
      ['[profiles]\nx = 1', [], {}, /profiles\.x is not a table/],
      ['[defaults]\nname = { s3cret = 1 }', [], {}, /defaults\.name is not text/],
    ]
    for (const [content, args, more, expected] of cases) {
      const file = join(home, 'case.toml')
      if (content !== undefined) await writeFile(file, content)
      const ran = await cli(['handshake', ...args, ...(content === undefined ? [] : ['--config', file])], { env: { ...env, ...more } })
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(ran.err.replaceAll(/\s+/g, ' '), expected)
      assert.doesNotMatch(ran.err, /s3cret/)
    }
    assertThreeParts(await cli(['handshake', '--config', join(home, 'none.toml')], { env }), 'USAGE', 2)
  })
})
