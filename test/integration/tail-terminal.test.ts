/** `tail` on a terminal: the question before a fork, aligned columns, and what it waits for. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { syncCounters } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { pick, RunningServer } from '../helpers/server.ts'
import { Terminal } from '../helpers/terminal.ts'

describe('tail on a terminal', () => {
  let server: RunningServer
  let terminal: Terminal | undefined
  beforeEach(async () => {
    server = await RunningServer.start(pick('valkey-9.1'), { 'repl-diskless-sync-delay': '4', 'repl-ping-replica-period': '3600' })
  })
  afterEach(async () => {
    terminal?.stop()
    await server.stop()
  })

  function open(args: readonly string[], env: NodeJS.ProcessEnv = {}): Terminal {
    terminal = new Terminal(['tail', ...args], env)
    return terminal
  }

  const QUESTION =
    /no replication backlog, so tail needs\s+one fork \([\d.]+ k?M?B in\s+use, no fork since its start, RDB left empty\)\.[\s\S]*Continue\? \[y\/N\] $/

  it('asks before it forks a server without a backlog, says what it then waits for, and follows', async () => {
    const screen = open([server.target, '--count', '2'])
    await screen.says(QUESTION)
    assert.equal((await syncCounters(server)).forks, '0')
    screen.type('y\n')
    await screen.says(/waiting for the BGSAVE of 127\.0\.0\.1:\d+: repl-diskless-sync-delay 4 s, \d s so far/)
    await screen.says(/\nfollowing 127\.0\.0\.1:\d+, starting after offset \d+ \(replid [0-9a-f]{8}…\)\n/)
    await server.cli('SET', 'grüße', 'a\u001b[2Jb')
    await server.cli('-n', '12', 'SET', 'k', 'x'.repeat(200))
    assert.equal(await screen.end(), 0, screen.text)
    assert.equal((await syncCounters(server)).forks, '1')
    const rows = screen.text.split('\n').filter((line) => line.includes('"SET"'))
    assert.match(rows[0] ?? '', /^ *\d+ 0 "SET" "grüße" "a\\x1b\[2Jb"$/)
    assert.match(rows[1] ?? '', /^ *\d+ 12 "SET" "k" "x+"$/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colour is what is tested
    assert.match(screen.raw, /\u001b\[90m *\d+\u001b\[39m 0 "SET"/, 'the offset is grey')
    assert.match(screen.text, /\nTo resume: redis-repl tail 127\.0\.0\.1:\d+ --from [0-9a-f]{40}:\d+\n/)
  })

  it('takes Enter, the end of the input, and Ctrl-C for no: nothing is done to the server', async () => {
    const answers: readonly (readonly [string, number, RegExp])[] = [
      ['\n', 10, /To attach anyway[\s\S]*\n {4}redis-repl tail 127\.0\.0\.1:\d+ --match 'a b\*' --allow-fork\n/],
      ['\u0004', 10, /error FORK_NEEDED/],
      ['\u0003', 130, /error ABORTED/],
    ]
    for (const [keys, status, words] of answers) {
      const screen = open([server.target, '--match', 'a b*'])
      await screen.says(QUESTION)
      screen.type(keys)
      assert.equal(await screen.end(), status, screen.text)
      assert.match(screen.text, words)
    }
    assert.equal((await syncCounters(server)).full, 0)
  })

  it('asks nothing in a pipe, with -q, or with --json: status 10, and in a pipe the whole line to paste', async () => {
    const piped = await cli(['tail', server.target, '--match', "it's", '--count', '3', '--pass', 's3cret', '--user', 'default'])
    assert.equal(piped.status, 10, piped.err)
    assert.ok(
      piped.err.includes(`\n    redis-repl tail ${server.target} --user default --match 'it'\\''s' --count 3 --allow-fork\n`),
      piped.err,
    )
    assert.doesNotMatch(piped.err, /s3cret/)
    for (const flag of ['-q', '--json']) {
      const screen = open([server.target, flag])
      assert.equal(await screen.end(), 10, screen.text)
      assert.doesNotMatch(screen.text, /\[y\/N\]/)
    }
    assert.equal((await syncCounters(server)).full, 0)
  })

  it('shows ASCII only where the locale has no UTF-8, or with --no-utf8', async () => {
    await server.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
    const shown = [
      { args: [], env: { LANG: 'C' } },
      { args: ['--no-utf8'], env: { NO_COLOR: '1' } },
    ]
    for (const { args, env } of shown) {
      const screen = open([server.target, '--allow-fork', '--count', '1', ...args], env)
      await screen.says(/following/)
      await server.cli('SET', 'grüße', '1')
      assert.equal(await screen.end(), 0, screen.text)
      assert.match(screen.text, /"SET" "gr\\xc3\\xbc\\xc3\\x9fe" "1"/)
    }
  })
})

describe('a server that hangs', () => {
  it('is named on a terminal with what is awaited and until when, and the line vanishes', async () => {
    const server = await RunningServer.start(pick('valkey-9.1'))
    const folder = await mkdtemp(join(tmpdir(), 'redis-repl-terminal-'))
    try {
      server.signal('SIGSTOP')
      for (const command of ['handshake', 'psync', 'lag', 'dump-rdb']) {
        const terminal = new Terminal([
          command,
          server.target,
          '--step-timeout',
          '3',
          ...(command === 'dump-rdb' ? ['-o', join(folder, 'dump.rdb')] : []),
        ])
        await terminal.says(/waiting for 127\.0\.0\.1:\d+ to answer: \d s so far, at most 3 s/)
        assert.equal(await terminal.end(), 3, terminal.text)
        assert.match(terminal.text, /error TIMEOUT/)
        assert.doesNotMatch(terminal.text, /waiting for/, command)
      }
      const piped = await cli(['handshake', server.target, '--step-timeout', '3'])
      assert.doesNotMatch(piped.err + piped.out, /waiting for/)
      const quiet = new Terminal(['handshake', server.target, '--step-timeout', '3', '-q'])
      assert.equal(await quiet.end(), 3)
      assert.doesNotMatch(quiet.text, /waiting for/)
    } finally {
      server.signal('SIGCONT')
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
