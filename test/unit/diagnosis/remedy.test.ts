import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remedySentences, remedyWords, settingRemedy } from '../../../src/diagnosis/remedy.ts'
import { largerBacklog } from '../../../src/diagnosis/resync/backlog-size.ts'
import { largerLimit } from '../../../src/diagnosis/resync/buffer-limit.ts'

const MIB = 1024 * 1024
const redis = (version: string) => ({ flavour: 'redis', version, mode: 'standalone' })
const valkey = (version: string) => ({ flavour: 'valkey', version, mode: 'standalone' })

test('a remedy names the server, how to keep the change, and what it costs', () => {
  const remedy = settingRemedy('10.0.0.1:6379', ['CONFIG SET repl-timeout 60'], 'A dead link is noticed after 60 s.')
  assert.deepEqual(remedyWords(remedy), {
    before: 'On 10.0.0.1:6379:',
    after: 'A dead link is noticed after 60 s. To keep it after a restart: CONFIG REWRITE, or redis.conf.',
  })
  assert.equal(
    remedySentences({ server: 'db:1', commands: ['A', 'B'] }),
    'On db:1: A, then B',
    'a command that changes no setting needs no redis.conf',
  )
})

test('an advised backlog is never less than the default of the server, or than its present size', () => {
  const size = (identity: ReturnType<typeof redis>, needed: number, present?: number) =>
    largerBacklog('m:1', identity, needed, present).commands.join()
  assert.equal(size(redis('8.6.3'), 10), 'CONFIG SET repl-backlog-size 1mb')
  assert.equal(size(valkey('7.2.4'), 10), 'CONFIG SET repl-backlog-size 1mb')
  assert.equal(size(valkey('8.1.0'), 10), 'CONFIG SET repl-backlog-size 10mb')
  assert.equal(size(redis('8.6.3'), 10, 64 * MIB), 'CONFIG SET repl-backlog-size 64mb')
  assert.equal(size(redis('8.6.3'), 4 * MIB), 'CONFIG SET repl-backlog-size 6mb', 'half as much again')
})

test('only up to Redis 6.2 a new backlog size empties the backlog', () => {
  assert.match(largerBacklog('m:1', redis('6.2.16'), 10).cost ?? '', /empties the backlog/)
  assert.doesNotMatch(largerBacklog('m:1', redis('7.0.0'), 10).cost ?? '', /empties/)
})

test('a larger output buffer says how much memory it may take', () => {
  const { server, commands, cost } = largerLimit('m:1', 200 * MIB, undefined)
  assert.deepEqual([server, commands], ['m:1', ['CONFIG SET client-output-buffer-limit "replica 512mb 512mb 60"']])
  assert.match(cost ?? '', /512mb of memory/)
})
