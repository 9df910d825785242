/** The command that resumes where a run has ended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resumeCommand } from '../../../src/cli/resume-command.ts'
import { REPLID } from '../../helpers/wire.ts'

test('the resume command has what shapes the output, and no secret, limit or start', () => {
  const definitions = {
    format: {},
    from: { default: 'now' },
    pass: {},
    count: {},
    match: {},
    retry: { default: true, allowNo: true },
    all: {},
    ack: { default: 'safe' },
    tls: {},
    cacert: {},
    'sentinel-tls': { allowNo: true },
    'sentinel-pass': {},
    prefer: {},
  }
  const flags = {
    ...{ format: 'csv', from: 'backlog', pass: 'secret', count: 5, match: ["it's *"], retry: false, all: true, ack: 'safe' },
    ...{ tls: true, cacert: 'ca.pem', 'sentinel-tls': false, 'sentinel-pass': 'secret', prefer: 'replica' },
  }
  assert.equal(
    resumeCommand(['rediss://h:1'], `${REPLID}:5`, flags, definitions),
    `redis-repl tail rediss://h:1 --from ${REPLID}:5 --format csv --match 'it'\\''s *' --no-retry --all --cacert ca.pem --no-sentinel-tls --prefer replica`,
  )
})

test('the resume command keeps the file of an RDB only where a gap may bring another, and may then replace it', () => {
  const definitions = { rdb: {}, force: {}, 'max-rate': { show: () => '1mb' }, 'on-gap': { default: 'fail' } }
  const flags = { rdb: 'f.rdb', force: false, 'max-rate': 1024 ** 2 }
  const resumed = (onGap: string) => resumeCommand(['h:1'], `${REPLID}:5`, { ...flags, 'on-gap': onGap }, definitions)
  assert.equal(resumed('fail'), `redis-repl tail h:1 --from ${REPLID}:5`)
  assert.equal(resumed('resync'), `redis-repl tail h:1 --from ${REPLID}:5 --rdb f.rdb --force --max-rate 1mb --on-gap resync`)
})
