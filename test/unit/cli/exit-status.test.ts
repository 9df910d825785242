/** The table of exit statuses in the README is that of --help, and has a row for every failure. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type ErrorCode, REASONS, ReplError } from '../../../src/errors.ts'
import { EXIT_STATUS_HELP, exitStatus } from '../../../src/exit-status.ts'

test('the README lists the exit statuses in the words of --help', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const [, table = ''] = /^\| status \| when \|\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(readme) ?? []
  const rows = [...table.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, status, text]) => [status, text])
  assert.deepEqual(rows, EXIT_STATUS_HELP)
})

test('every failure has an exit status that is listed, and none has 0', () => {
  const listed = new Set(EXIT_STATUS_HELP.map(([status]) => Number(status)))
  for (const code of Object.keys(REASONS) as ErrorCode[]) {
    const status = exitStatus(code)
    assert.ok(status !== 0 && listed.has(status), `${code} ends with ${status}`)
  }
})

test('status 5 is for what a server cannot do, and not for a mistake of the user or a fork that was not allowed', () => {
  const statusOf = (error: ReplError) => exitStatus(error.code)
  assert.equal(statusOf(new ReplError('NO_CLUSTER', { reply: 'ERR This instance has cluster support disabled' })), 5)
  assert.equal(statusOf(new ReplError('SENTINEL_NAME', { masterName: 'mistyped' })), 2)
  assert.equal(statusOf(new ReplError('NO_ZSTD', { nodeVersion: 'v20.19.0' })), 2)
  assert.equal(statusOf(new ReplError('NO_BACKLOG')), 10)
  assert.equal(statusOf(new ReplError('RENAMED', { command: 'its-psync' })), 10)
})
