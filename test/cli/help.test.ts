/** Help: short pages that name every flag once, and the way to them from any mistake. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { CONNECTION_GROUPS } from '../../src/cli/flags.ts'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly flags: Readonly<Record<string, { readonly helpGroup?: string }>> }>>
}

/** About two screens: a page beyond that is not read. */
const MAX_LINES = 66
/** Of output that is no terminal. */
const WIDTH = 80
const SECRET = 'tr0ub4dor'

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'))
}

async function page(...args: string[]): Promise<string> {
  const { status, out, err } = await cli(args)
  assert.deepEqual([status, err], [0, ''], args.join(' '))
  return out
}

/** The flags that have a line of their own. */
function flagsOn(text: string): string[] {
  return [...text.matchAll(/^ {2}--(?:\[no-\])?([\w-]+)/gm)].map(([, name = '']) => name)
}

describe('the help of a command', () => {
  it('has one usage line, commented examples and its own flags, within two screens of 80 columns', async () => {
    const { commands } = await manifest()
    for (const [id, { flags }] of Object.entries(commands).filter(([name]) => name !== 'help')) {
      const out = await page(id, '--help')
      const lines = out.split('\n')
      assert.ok(lines.length <= MAX_LINES, `${id}: ${lines.length} lines`)
      assert.equal(out.match(/^Usage: /gm)?.length, 1)
      assert.match(out, new RegExp(`^Usage: redis-repl ${id}( \\[?[A-Z]+\\]?)?( \\[flags\\])?$`, 'm'))
      const isExample = (line: string) => /^ {2}(redis-repl|eval) /.test(line)
      for (const line of lines) assert.ok(line.length <= WIDTH || isExample(line), `${id}: ${line}`)
      const own = Object.keys(flags).filter((name) => !CONNECTION_GROUPS.includes(flags[name]?.helpGroup ?? ''))
      assert.deepEqual(flagsOn(out).sort(), own.sort(), id)
      assert.ok((out.match(/^ {2}# \S/gm)?.length ?? 0) >= 3, `${id}: examples`)
    }
  })

  it('leaves the other flags to help connection, and --all names each one with its variable', async () => {
    const { commands } = await manifest()
    const flags = commands.tail?.flags ?? {}
    const shared = Object.keys(flags).filter((name) => CONNECTION_GROUPS.includes(flags[name]?.helpGroup ?? ''))
    assert.match(await page('tail', '--help'), /redis-repl help connection/)
    const connection = await page('help', 'connection')
    assert.deepEqual(flagsOn(connection).sort(), shared.sort())
    assert.ok(connection.split('\n').length <= MAX_LINES)
    for (const word of ['REDIS_URL', 'REDISCLI_AUTH', 'redis-sentinel://', 'unix://', '@NAME']) assert.ok(connection.includes(word), word)
    const all = (await page('tail', '--help', '--all')).replaceAll(/\s+/g, ' ')
    for (const name of Object.keys(flags)) assert.ok(all.includes(`[REDIS_REPL_${name.toUpperCase().replaceAll('-', '_')}]`), name)
  })

  it('names every default with its unit', async () => {
    const tail = await page('tail', '--help')
    for (const text of ['(default: now)', '(default: fail)', '(default: 1gb)', '(default: safe)']) assert.ok(tail.includes(text), text)
    assert.match(await page('lag', '--help'), /--sample TIME .*\(default: 2s\)/)
    assert.match(await page('help', 'connection'), /--silence-timeout TIME .*\(default: 1m\)/)
  })

  it('is what -h shows where it has no value', async () => {
    const help = await page('psync', '--help')
    assert.equal(await page('psync', '-h'), help)
    assert.equal(await page('psync', '127.0.0.1:1', '-h', '--json'), help)
    assert.equal(await page('help', 'psync'), help)
    assert.equal(await page('-h', 'psync'), help)
  })
})

describe('redis-repl alone', () => {
  it('says in five lines what to try first', async () => {
    const out = await page()
    assert.equal(out.trimEnd().split('\n').length, 5)
    for (const command of ['handshake', 'psync', 'lag', '--help']) assert.ok(out.includes(`redis-repl ${command}`), command)
  })

  it('followed by -h or help lists the commands', async () => {
    const help = await page('--help')
    assert.equal(await page('-h'), help)
    assert.equal(await page('help'), help)
  })
})

describe('a mistake', () => {
  it('in the name of a command or flag is answered with the nearest one, without repeating a value', async () => {
    const cases: [args: string[], what: RegExp][] = [
      [['handshak', 'db1'], /not a command; did you mean handshake\?/],
      [['handshak', '24001'], /not a command; did you mean handshake\?/],
      [['handshak', 'db1:24001'], /not a command; did you mean handshake\?/],
      [['help', 'psnyc'], /not a command; did you mean psync\?/],
      [['psync', '--smaple', '3'], /Unknown flag --smaple; did you mean --sample\?/],
      [['tail', `--form=${SECRET}`], /Unknown flag --form\b/],
      [['tail', `-x${SECRET}`], /Unknown flag\n/],
      [['schema', 'lga'], /did you mean lag\?/],
    ]
    for (const [args, what] of cases) {
      const ran = await cli(args)
      assertThreeParts(ran, 'USAGE', 2)
      assert.match(ran.err, what)
      assert.doesNotMatch(ran.err, new RegExp(SECRET))
    }
  })

  it('such as a target without a command is answered with the whole command, unless it could hold a password', async () => {
    for (const target of ['127.0.0.1:7000', 'db1.example:6379', '[::1]:6379', ':7000', '24001']) {
      const ran = await cli([target])
      assertThreeParts(ran, 'USAGE', 2)
      assert.ok(ran.err.replaceAll(/\s+/g, ' ').includes(`did you mean redis-repl handshake ${target}?`), ran.err)
    }
    for (const target of [SECRET, `redis://:${SECRET}@h:1`, `${SECRET}@h:1`]) {
      const ran = await cli([target])
      assertThreeParts(ran, 'USAGE', 2)
      assert.doesNotMatch(ran.err, new RegExp(SECRET))
    }
  })

  it('ends with the help of the command in which it is', async () => {
    for (const [args, help] of [
      [['psync', '--bogus'], 'redis-repl psync --help'],
      [['lag', 'redis://user@host'], 'redis-repl lag --help'],
      [['lag', '--sample', 'soon'], 'redis-repl lag --help'],
      [['schema', 'nosuch'], 'redis-repl schema --help'],
      [['nosuch'], 'redis-repl --help'],
    ] as const) {
      const lines = (await cli(args)).err.trimEnd().split('\n')
      assert.ok(lines.at(-1)?.endsWith(help), lines.join('\n'))
    }
  })

  it('in a contradiction of --json and --format is refused', async () => {
    for (const command of ['lag', 'tail']) {
      const ran = await cli([command, '--json', '--format', 'text'])
      assert.equal(ran.status, 2)
      assert.match(ran.out + ran.err, /--json and --format text contradict each other/)
    }
  })
})

describe('redis-repl schema', () => {
  it('prints a schema as it is published, and lists all of them', async () => {
    assert.equal(await page('schema', 'lag'), await readFile(new URL('../../docs/schemas/lag-1.json', import.meta.url), 'utf8'))
    const names = (await page('schema')).trimEnd().split('\n')
    for (const name of ['dump-rdb', 'error', 'handshake', 'lag', 'psync', 'tail']) assert.ok(names.includes(name), name)
  })
})
