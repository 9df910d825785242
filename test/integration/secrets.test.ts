/** A secret is in nothing that the tool writes, in no mode and on no way through it, and not in what others see of the process. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { cli, type RunOptions } from '../helpers/run.ts'
import { freePort, pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

/** Each would be changed by some escape: of URIs, of JSON, of shells. */
const SECRETS = ['s3cret-plain', 'p@ss:w/rd%25"', "qu'ote secret"] as const

describe('a secret', () => {
  let home: string
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'redis-repl-secret-'))
  })
  after(() => rm(home, { recursive: true }))

  /** Everything that was written by a run, in every form in which the secret could stand there. */
  function assertHidden(secret: string, where: string, ...texts: string[]): void {
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')]
    for (const text of texts) for (const form of forms) assert.ok(!text.includes(form), `${where}: ${text.slice(0, 2000)}`)
  }

  for (const secret of SECRETS) {
    it(`like ${secret} is in no output, whether it is right, wrong or not wanted`, async (context) => {
      const installed = pick('redis-8.6', 'redis-7.0')
      const server = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      const open = await RunningServer.start(installed, {})
      context.after(() => Promise.all([server.stop(), open.stop()]))
      await server.cli('CONFIG', 'SET', 'requirepass', secret)
      const closed = await freePort()
      const passFile = join(home, 'pass')
      await writeFile(passFile, `${secret}\n`)
      const config = join(home, 'config.toml')
      await writeFile(config, `[profiles.p]\ntarget = ${JSON.stringify(`redis://:${encodeURIComponent(secret)}@${server.target}`)}\n`)
      const uri = (target: string) => `redis://default:${encodeURIComponent(secret)}@${target}`
      const ways: readonly (readonly [name: string, args: string[], options?: RunOptions])[] = [
        ['-a', [server.target, '-a', secret]],
        ['--pass-file', [server.target, '--pass-file', passFile]],
        ['REDISCLI_AUTH', [server.target], { env: { REDISCLI_AUTH: secret } }],
        ['REDIS_REPL_PASS', [server.target], { env: { REDIS_REPL_PASS: secret } }],
        ['the target', [uri(server.target)]],
        ['-u', ['-u', uri(server.target)]],
        ['a profile', ['@p', '--config', config]],
        ['a server without a password', [uri(open.target)]],
        ['the wrong user', [server.target, '--user', 'nobody', '-a', secret]],
        ['nobody there', [uri(`127.0.0.1:${closed}`)]],
        ['a bad target', [`${uri(server.target)}:x`]],
        ['a flag too many', [uri(server.target), `--pass-fiel=${secret}`]],
        ['print-config', [uri(server.target), '-a', secret, '--print-config']],
      ]
      const modes = [
        ['handshake', '-vv'],
        ['handshake', '--json'],
        ['psync', '--sample', '0', '-vv'],
        ['lag', '--sample', '0', '-vv'],
        ['lag', '--sample', '0', '--json'],
      ]
      for (const [name, args, options] of ways) {
        const checked = (secret === SECRETS[0] ? modes : modes.slice(0, 2)).map(async (mode) => {
          const ran = await cli([...mode, ...args], { ...options, env: { ...options?.env, DEBUG: '*' } })
          assertHidden(secret, `${mode.join(' ')} with ${name}`, ran.out, ran.err)
        })
        await Promise.all(checked)
      }
    })
  }

  it('is not in the files of a dump and a tail, nor in the title of their process', async (context) => {
    const [secret] = SECRETS
    const server = await RunningServer.start(pick('redis-8.6', 'redis-7.0'), { 'repl-diskless-sync-delay': '0', requirepass: secret })
    context.after(() => server.stop())
    const target = `redis://:${secret}@${server.target}`
    const folder = await mkdtemp(join(home, 'left-'))
    const dumped = await cli(['dump-rdb', target, '-o', join(folder, 'x.rdb'), '-vv'])
    assert.equal(dumped.status, 0, dumped.err)
    const tail = new Tailing([server.target, '-a', secret, '--no-auth-warning', '--state', join(folder, 'state'), '--all', '-vv']).read()
    context.after(() => tail.end('SIGKILL'))
    await tail.following()
    const title = await readFile(`/proc/${tail.child.pid}/cmdline`, 'utf8')
    await server.cli('-a', secret, '--no-auth-warning', 'SET', 'k', 'v')
    await tail.says(/"k" "v"/)
    await tail.end('SIGINT')
    const left = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')))
    assert.equal(left.length, 2)
    assertHidden(secret, 'dump and tail', dumped.out, dumped.err, tail.out, tail.err, title, ...left)
    assert.match(tail.err, /^To resume: /m)
  })
})
