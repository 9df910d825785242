/** Flags over variables over profiles over defaults, and where each value came from. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
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
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'redis-repl-config-'))
    await mkdir(join(home, 'redis-repl'))
    await writeFile(join(home, 'redis-repl', 'config.toml'), CONFIG)
    env = { XDG_CONFIG_HOME: home }
  })
  after(() => rm(home, { recursive: true }))

  /** name → [value, from] */
  async function inForce(args: string[], more: NodeJS.ProcessEnv = {}) {
    const ran = await cli([...args, '--print-config', '--json'], { env: { ...env, ...more } })
    assert.equal(ran.status, 0, ran.out + ran.err)
    assert.doesNotMatch(ran.out, /s3cret/)
    const { settings } = assertSchema(ran.out, 'config') as { settings: { name: string; value: unknown; from: string }[] }
    return (name: string) => settings.filter((one) => one.name === name).map(({ value, from }) => [value, from.replace(home, '~')])[0]
  }
  const FILE = '~/redis-repl/config.toml'

  it('come from the command line, a variable, the profile, the defaults and the program, in this order', async () => {
    const found = await inForce(['handshake', '@prod', '--silence-timeout', '7'], { REDIS_REPL_STEP_TIMEOUT: '8' })
    assert.deepEqual(found('silence-timeout'), [7, 'command line'])
    assert.deepEqual(found('step-timeout'), [8, 'REDIS_REPL_STEP_TIMEOUT'])
    assert.deepEqual(found('name'), ['from-profile', `profile prod in ${FILE}`])
    assert.deepEqual(found('connect-timeout'), [3, `defaults in ${FILE}`])
    assert.deepEqual((await inForce(['handshake', '@parts']))('step-timeout'), [5, 'built in'])
    assert.deepEqual(found('target'), ['redis://********@db1.example:7000', `profile prod in ${FILE}`])
    assert.deepEqual(found('map'), [['10.0.0.1=a', '10.0.0.2=b'], `profile prod in ${FILE}`])
    assert.equal(found('max-seconds'), undefined)
    assert.deepEqual((await inForce(['lag', '@prod']))('max-seconds'), ['2', `profile prod in ${FILE}`])
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

  it('that are wrong are named with their place, and without what they hold', async () => {
    const cases: [content: string | undefined, args: string[], env: NodeJS.ProcessEnv, expected: RegExp][] = [
      [undefined, ['@staging'], {}, /no profile "staging": .* has @prod, @parts/],
      [undefined, [], { REDIS_REPL_PORT: 'many' }, /REDIS_REPL_PORT: .*integer/],
      [undefined, [], { REDIS_REPL_TLS: 'maybe' }, /REDIS_REPL_TLS is a switch/],
      ['pass = "s3cret', [], {}, /line 1, column \d+ is no TOML/],
      ['port = 1', [], {}, /"port" stands outside/],
      ['[defaults]\nprot = 1', [], {}, /defaults\.prot is no setting/],
      ['[profiles]\nx = 1', [], {}, /profiles\.x is no table/],
      ['[defaults]\nname = { s3cret = 1 }', [], {}, /defaults\.name is neither/],
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
