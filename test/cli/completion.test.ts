/** The completion scripts, sourced and asked in the real shells. A shell that is missing fails its tests. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { cli } from '../helpers/run.ts'

const run = promisify(execFile)

/** Asks a shell what a command line may go on with. */
type Ask = (script: string, line: string) => Promise<string[]>

let home = ''
const env = () => ({ ...process.env, HOME: home, XDG_CONFIG_HOME: home, LC_ALL: 'C.UTF-8', TERM: 'xterm' })

/** Splits the line as readline does, at blanks and at the characters of COMP_WORDBREAKS. */
const askBash: Ask = async (script, line) => {
  const words = line.split(/(?<=[ =@])|(?=[ =@])/).filter((word) => word !== ' ')
  if (line.endsWith(' ')) words.push('')
  const program = [`source ${script}`, 'COMP_WORDS=("$@")', 'COMP_CWORD=$(($# - 1))', '_redis_repl', `printf '%s\\n' "\${COMPREPLY[@]}"`]
  const { stdout } = await run('bash', ['--norc', '-c', program.join('\n'), 'bash', ...words], { env: env() })
  return stdout.split('\n').filter(Boolean)
}

/** Types the line and Tab into an interactive zsh, and reads its edit buffer. */
const askZsh: Ask = async (script, line) => {
  const result = join(home, 'buffer')
  const startUp = [
    'unsetopt beep',
    'autoload -Uz compinit; compinit -u -D',
    `source ${script}`,
    `report() { print -r -- "$BUFFER" >${result}; exit }`,
    'zle -N report; bindkey "^X" report',
    'print ready',
  ]
  await writeFile(join(home, '.zshrc'), startUp.join('\n'))
  const driver = `
    zmodload zsh/zpty
    zpty shell zsh -d -i
    zpty -r shell output "*ready*"
    zpty -w -n shell ${JSON.stringify(line)}$'\\t\\x18'
    while zpty -r shell output; do :; done
  `
  await run('zsh', ['-f', '-c', driver], { env: { ...env(), ZDOTDIR: home }, timeout: 60_000 })
  return [(await readFile(result, 'utf8')).trim()]
}

const askFish: Ask = async (script, line) => {
  const { stdout } = await run('fish', ['--no-config', '-c', `source ${script}; complete -C ${JSON.stringify(line)}`], { env: env() })
  return stdout.split('\n').flatMap((one) => one.split('\t')[0] || [])
}

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'redis-repl-completion-'))
  await mkdir(join(home, 'redis-repl'))
  await writeFile(
    join(home, 'redis-repl', 'config.toml'),
    '[defaults]\nport = 1\n[profiles.prod]\nhost = "a"\n[profiles."stage-1"]\nhost = "b"\n',
  )
  await writeFile(join(home, 'snapshot.rdb'), '')
})
after(() => rm(home, { recursive: true }))

async function scriptOf(shell: string): Promise<string> {
  const ran = await cli(['completion', shell])
  assert.equal(ran.status, 0, ran.err)
  const path = join(home, `script.${shell}`)
  await writeFile(path, ran.stdout)
  return path
}

for (const [shell, ask] of [
  ['bash', askBash],
  ['fish', askFish],
] as const) {
  describe(`the script for ${shell}`, () => {
    it('completes commands, flags, and what a flag takes', async () => {
      const script = await scriptOf(shell)
      assert.deepEqual(await ask(script, 'redis-repl ha'), ['handshake'])
      assert.deepEqual(await ask(script, 'redis-repl tail --templ'), ['--template'])
      assert.deepEqual((await ask(script, 'redis-repl psync --expect ')).sort(), ['continue', 'full', 'partial'])
      assert.deepEqual(await ask(script, 'redis-repl tail --no-r'), ['--no-retry'])
      assert.deepEqual(await ask(script, 'redis-repl completion z'), ['zsh'])
      assert.deepEqual(await ask(script, 'redis-repl help conn'), ['connection'])
      assert.deepEqual(await ask(script, 'redis-repl schema psync-'), ['psync-full'])
    })

    it('offers no flag of another command, and files where a flag takes one', async () => {
      const script = await scriptOf(shell)
      assert.deepEqual(await ask(script, 'redis-repl psync --templ'), [])
      assert.deepEqual(await ask(script, `redis-repl dump-rdb --output ${home}/snap`), [join(home, 'snapshot.rdb')])
    })

    it('completes the profiles of the config file', async () => {
      const script = await scriptOf(shell)
      // Bash replaces only what stands after the @.
      const replies = (await ask(script, 'redis-repl lag @')).map((word) => `@${word.replace(/^@/, '')}`)
      assert.deepEqual(replies.sort(), ['@prod', '@stage-1'])
      assert.deepEqual(
        (await ask(script, 'redis-repl lag @st')).map((word) => word.replace(/^@/, '')),
        ['stage-1'],
      )
    })
  })
}

describe('the script for bash', () => {
  it('completes the value after a = as well', async () => {
    assert.deepEqual(await askBash(await scriptOf('bash'), 'redis-repl tail --format=re'), ['resp'])
    assert.deepEqual((await askBash(await scriptOf('bash'), 'redis-repl tail --ack=')).sort(), ['honest', 'safe', 'zero'])
  })
})

describe('the script for zsh', () => {
  it('completes commands, flags, what a flag takes, and profiles', async () => {
    const script = await scriptOf('zsh')
    for (const [typed, completed] of [
      ['redis-repl ha', 'redis-repl handshake'],
      ['redis-repl tail --templ', 'redis-repl tail --template='],
      ['redis-repl psync --expect pa', 'redis-repl psync --expect partial'],
      ['redis-repl tail --no-r', 'redis-repl tail --no-retry'],
      ['redis-repl lag @st', 'redis-repl lag @stage-1'],
      ['redis-repl schema psync-f', 'redis-repl schema psync-full'],
      ['redis-repl psync --templ', 'redis-repl psync --templ'],
      [`redis-repl dump-rdb --output ${home}/snap`, `redis-repl dump-rdb --output ${home}/snapshot.rdb`],
    ] as const) {
      assert.deepEqual(await askZsh(script, typed), [completed])
    }
  })
})

describe('completion', () => {
  it('names the shells that it has scripts for', async () => {
    for (const args of [[], ['tcsh']]) {
      const ran = await cli(['completion', ...args])
      assert.equal(ran.status, 2)
      assert.match(ran.err, args.length > 0 ? /one of: bash, zsh, fish/ : /missing: shell/)
    }
  })
})
