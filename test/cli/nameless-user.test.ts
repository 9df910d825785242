/** Users without an entry in /etc/passwd and without a home, as containers have them. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { FakeMaster } from '../helpers/fake-master.ts'

const run = promisify(execFile)
const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const PATH = process.env.PATH ?? ''

const AS_NAMELESS = ['setpriv', '--reuid', '1000680000', '--regid', '1000680000', '--clear-groups'] as const
/** Only root becomes another user, and only where that user can read this checkout. */
const isRoot = spawnSync(AS_NAMELESS[0], [...AS_NAMELESS.slice(1), 'test', '-r', RUN]).status === 0
/** What the system answers about such a user, for those who cannot become one. */
const NO_SUCH_USER = `
  import os from 'node:os'
  import { syncBuiltinESMExports } from 'node:module'
  const fail = () => { throw new Error('uv_os_get_passwd returned ENOENT') }
  os.userInfo = fail
  os.homedir = () => process.env.HOME ?? fail()
  syncBuiltinESMExports()`
const PRETENDED = ['--import', `data:text/javascript,${encodeURIComponent(NO_SUCH_USER)}`]

/** @throws what execFile does, for any status but 0 */
async function asNameless(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const words = [...(isRoot ? AS_NAMELESS : []), process.execPath, ...(isRoot ? [] : PRETENDED), RUN, ...args]
  return (await run(words[0] as string, words.slice(1), { env: { PATH, ...env }, cwd: '/' })).stdout
}

const { HOME: _, SHELL: __, REDISCLI_AUTH: ___, ...WITHOUT_HOME } = process.env
const ENVIRONMENTS: readonly (readonly [name: string, env: NodeJS.ProcessEnv])[] = [
  ['an empty environment', {}],
  ['HOME unset', WITHOUT_HOME],
  ['HOME empty', { HOME: '' }],
  ['HOME that does not exist', { HOME: '/nonexistent' }],
]

describe('a user without a name', () => {
  let master: FakeMaster | undefined
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redis-repl-nameless-'))
    await chmod(folder, 0o777)
  })
  after(() => rm(folder, { recursive: true }))
  afterEach(() => master?.stop())

  for (const [name, env] of ENVIRONMENTS) {
    it(`runs every command with ${name}`, async () => {
      master = await FakeMaster.start({ 'REPLCONF ACK': {} })
      assert.match(await asNameless(['--help'], env), /^EXIT STATUS/m)
      for (const name of ['handshake', 'psync', 'dump-rdb', 'tail', 'lag'])
        assert.match(await asNameless([name, '--help'], env), /^Usage: redis-repl /m)
      assert.match(await asNameless(['handshake', master.target, '-q'], env), /^OK: /)
      assert.match(await asNameless(['lag', master.target, '--sample', '0', '--json'], env), /^\{"schema":"redis-repl\/lag\/1"/)
      assert.match(await asNameless(['psync', master.target, '--json'], env), /^\{"schema":"redis-repl\/psync\/1"/)
      assert.match(await asNameless(['tail', master.target, '--duration', '1', '--stats', '--json'], env), /^\{"schema":/)
      await asNameless(['tail', master.target, '--duration', '1', '--state', join(folder, 'state.json')], env)
    })
  }
})

describe('the data folder', () => {
  it('brings no plugin of oclif into this program', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'redis-repl-data-'))
    try {
      const data = join(folder, 'redis-repl')
      await mkdir(data)
      await writeFile(join(data, 'package.json'), JSON.stringify({ oclif: { plugins: [{ type: 'link', name: 'planted', root: folder }] } }))
      await writeFile(
        join(folder, 'package.json'),
        JSON.stringify({ name: 'planted', version: '1.0.0', oclif: { hooks: { init: './hook' } } }),
      )
      await writeFile(join(folder, 'hook.js'), "module.exports = () => console.log('a plugin ran')")
      const { stdout } = await run(process.execPath, [RUN, '--help'], { env: { PATH, XDG_DATA_HOME: folder } })
      assert.doesNotMatch(stdout, /a plugin ran/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('the config file', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redis-repl-home-'))
    await chmod(folder, 0o755)
    const config = join(folder, '.config', 'redis-repl', 'config.toml')
    await mkdir(dirname(config), { recursive: true })
    await writeFile(config, '[defaults]\nname = "planted"\n')
  })
  after(() => rm(folder, { recursive: true }))

  const nameIn = async (env: NodeJS.ProcessEnv) => {
    const { settings } = JSON.parse(await asNameless(['handshake', '--print-config', '--json'], env))
    return (settings as { name: string; value: string }[]).find(({ name }) => name === 'name')?.value
  }

  it('is read from the home', async () => {
    assert.equal(await nameIn({ HOME: folder }), 'planted')
  })

  it('is not looked for among temporary files, where any user may leave one, when there is no home', async () => {
    assert.equal(await nameIn({ HOME: '', TMPDIR: folder }), 'redis-repl')
    assert.equal(await nameIn({ TMPDIR: folder }), 'redis-repl')
  })

  it('is missing in a home that is closed to this user', async () => {
    await chmod(folder, 0)
    try {
      assert.equal(await nameIn({ HOME: folder }), 'redis-repl')
    } finally {
      await chmod(folder, 0o755)
    }
  })
})
