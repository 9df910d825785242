/** The public surface: version, help, manifest, JSON shapes, and that start-up loads nothing it does not need. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EXIT_STATUS_HELP } from '../../src/exit-status.ts'
import { FakeMaster, REPLID } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const RDB = Buffer.from('REDIS0011\xff\0\0\0\0\0\0\0\0', 'latin1')

describe('the command line', () => {
  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'))
    assert.match((await cli(['--version'])).out, new RegExp(`^redis-repl/${version} `))
  })

  it('lists its commands and every exit status in --help', async () => {
    const { out } = await cli(['--help'])
    for (const word of ['handshake', 'psync', 'dump-rdb', 'tail', 'lag', 'schema', 'completion'])
      assert.match(out, new RegExp(`^  ${word} +\\S`, 'm'))
    for (const [status] of EXIT_STATUS_HELP) assert.match(out, new RegExp(`^  ${status} +\\S`, 'm'))
  })

  it('names an unknown command with exit status 2, as JSON too', async () => {
    const ran = await cli(['no-such-command'])
    assert.equal(ran.status, 2)
    assert.match(ran.err.replaceAll(/\s+/g, ' '), /^error USAGE: .* dump-rdb, handshake, lag, psync, schema, tail /)
    const json = await cli(['no-such-command', '--json'])
    assert.equal(json.status, 2)
    assert.equal((assertSchema(json.out, 'error').error as { code: string }).code, 'USAGE')
  })

  it('runs from the sources too, by bin/dev.js', async () => {
    const { stdout } = await run(process.execPath, ['--import', 'tsx', `${root}bin/dev.js`, 'handshake', '--help'], { cwd: root })
    assert.match(stdout, /--allow-fork/)
  })

  it('loads no presentation library for JSON', async (context) => {
    const master = await FakeMaster.start({ 'REPLCONF ACK': {} })
    context.after(() => master.stop())
    for (const command of [
      ['handshake'],
      ['tail', '--duration', '1'],
      ['tail', '--stats', '--duration', '1'],
      ['lag', '--sample', '300ms'],
    ]) {
      const { stderr } = await run(process.execPath, [`${root}bin/run.js`, ...command, master.target, '--json'], {
        env: { ...process.env, NODE_DEBUG: 'esm,module' },
        maxBuffer: 1 << 26,
      })
      assert.ok(stderr.includes(`dist/commands/${command[0]}.js`), 'the trace shows what is loaded')
      assert.doesNotMatch(stderr, /node_modules\/(ora|chalk|cli-table3)\//)
    }
  })
})

describe('JSON output', () => {
  it('of handshake follows its schema', async (context) => {
    const master = await FakeMaster.start()
    context.after(() => master.stop())
    const ran = await cli(['handshake', master.target, '--json'])
    const report = assertSchema(ran.out, 'handshake')
    assert.deepEqual((report.reply as { kind: string }).kind, 'continue')
  })

  it('of dump-rdb follows its schema, on stdout for a file and on stderr beside the RDB', async (context) => {
    const master = await FakeMaster.start({ PSYNC: Buffer.concat([Buffer.from(`+FULLRESYNC ${REPLID} 107\r\n$18\r\n`), RDB]) })
    context.after(() => master.stop())
    const ran = await cli(['dump-rdb', master.target, '--json'])
    assert.ok(ran.stdout.equals(RDB))
    assert.deepEqual(assertSchema(ran.err, 'dump-rdb').history, { replid: REPLID, offset: 107 })
  })

  it('of a failure follows its schema, with the exchanges up to it', async (context) => {
    const master = await FakeMaster.start({ 'REPLCONF capa': { close: true } })
    context.after(() => master.stop())
    const ran = await cli(['handshake', master.target, '--json'])
    const report = assertSchema(ran.out, 'error')
    assert.deepEqual(
      (report.exchanges as { state: string }[]).map(({ state }) => state),
      ['RECEIVE_PONG', 'RECEIVE_NAME', 'RECEIVE_PORT', 'RECEIVE_IP'],
    )
  })
})

describe('JSON output on a terminal', () => {
  it('holds no control character in any encoding, and still says what was received', async (context) => {
    const words = 'ERR \u009b2J \u202e \u007f'
    const master = await FakeMaster.start({ PSYNC: Buffer.from(`-${words}\r\n`) })
    context.after(() => master.stop())
    const ran = await cli(['handshake', master.target, '--json'])
    assert.doesNotMatch(ran.out, /[\u007f-\u009f\u202e]/)
    assert.equal((JSON.parse(ran.out).error.details as { reply: string }).reply, words)
  })
})

describe('text output', () => {
  const steps = [
    ['-q', /^OK: .*\n( {2}.*\n)*$/],
    ['-v', /^ASK \(2nd\) +> INFO/m],
    ['-vv', /> \*1\\r\\n\$4\\r\\nPING\\r\\n/],
  ] as const
  for (const [flag, expected] of steps) {
    it(`of handshake ${flag} shows its level of detail`, async (context) => {
      const master = await FakeMaster.start()
      context.after(() => master.stop())
      const ran = await cli(['handshake', master.target, flag])
      assert.match(ran.out, expected)
    })
  }

  it('of dump-rdb names its phases on stderr off a terminal, and -q leaves only the verdict', async (context) => {
    const master = await FakeMaster.start({ PSYNC: Buffer.concat([Buffer.from(`\n+FULLRESYNC ${REPLID} 107\r\n\n$18\r\n`), RDB]) })
    context.after(() => master.stop())
    const ran = await cli(['dump-rdb', master.target])
    const quiet = await cli(['dump-rdb', master.target, '-q'])
    for (const phase of ['shaking hands', 'waiting for BGSAVE', 'receiving and verifying', 'no checksum in it']) {
      assert.ok(ran.err.includes(phase), phase)
    }
    // -q leaves the verdict, which says that the RDB has no checksum; -qq leaves nothing.
    assert.match(quiet.err, /^UNSIGNED: stdout: 18 bytes in [^\n]+\n( {2}[^\n]+\n)?$/)
    assert.equal((await cli(['dump-rdb', master.target, '-qq'])).err, '')
  })
})
