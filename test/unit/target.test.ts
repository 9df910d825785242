import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../src/errors.ts'
import { parseTarget, type Target, withoutSecret } from '../../src/topology/target.ts'

const tcp = (host: string, port = 6379): Target => ({ endpoint: { kind: 'tcp', host, port } })

const TARGETS: readonly (readonly [text: string, target: Target])[] = [
  ['db.example.org', tcp('db.example.org')],
  ['db.example.org:6380', tcp('db.example.org', 6380)],
  ['192.0.2.1:1', tcp('192.0.2.1', 1)],
  ['localhost:65535', tcp('localhost', 65535)],
  ['::1', tcp('::1')],
  ['2001:db8::7', tcp('2001:db8::7')],
  ['[::1]', tcp('::1')],
  ['[::1]:6380', tcp('::1', 6380)],
  ['redis://', tcp('127.0.0.1')],
  ['redis://host', tcp('host')],
  ['valkey://host:6380', tcp('host', 6380)],
  ['REDIS://host', tcp('host')],
  ['redis://[::1]:6380', tcp('::1', 6380)],
  ['redis://host:6380/0', tcp('host', 6380)],
  ['redis://host?timeout=1', tcp('host')],
  ['redis://user:secret@host', { ...tcp('host'), credentials: { username: 'user', password: 'secret' } }],
  ['redis://:secret@host:6380', { ...tcp('host', 6380), credentials: { password: 'secret' } }],
  ['redis://u%40x:p%3A%2F%40%25@host', { ...tcp('host'), credentials: { username: 'u@x', password: 'p:/@%' } }],
  ['redis://user:a:b@host', { ...tcp('host'), credentials: { username: 'user', password: 'a:b' } }],
  ['redis://:secret@', { ...tcp('127.0.0.1'), credentials: { password: 'secret' } }],
  ['unix:///run/redis/redis.sock', { endpoint: { kind: 'unix', path: '/run/redis/redis.sock' } }],
  ['unix:///run/my%20redis.sock', { endpoint: { kind: 'unix', path: '/run/my redis.sock' } }],
]

for (const [text, target] of TARGETS) {
  test(`parseTarget: ${text} is understood`, () => assert.deepEqual(parseTarget(text), target))
}

const BAD: readonly string[] = [
  '',
  ' ',
  'host:',
  'host:0',
  'host:65536',
  'host:port',
  'ho st',
  '[::1',
  'host/0',
  ':6379',
  'http://host',
  'redis://user@host',
  'redis://:%zz@host',
  'unix://',
]

for (const text of BAD) {
  test(`parseTarget: ${JSON.stringify(text)} names no server`, () => {
    assert.throws(
      () => parseTarget(text),
      (error: ReplError) => error.code === 'USAGE' && error.details.reason === 'BAD_TARGET',
    )
  })
}

for (const scheme of ['rediss', 'valkeys', 'redis-sentinel']) {
  test(`parseTarget: ${scheme}:// is refused as not supported, not as unknown`, () => {
    assert.throws(() => parseTarget(`${scheme}://:secret@host`), {
      code: 'NOT_SUPPORTED',
      details: { reason: 'SCHEME', given: `${scheme}://********@host` },
    })
  })
}

/** What a hurried user pastes: every way to write a password where parsing fails. */
const SECRETS: readonly (readonly [rule: string, text: string])[] = [
  ['behind a bad port', 'redis://user:s3cret@host:99999'],
  ['under an unknown scheme', 'http://user:s3cret@host'],
  ['under a scheme that is not built yet', 'rediss://user:s3cret@host'],
  ['badly percent-encoded', 'redis://user:s3cret%zz@host'],
  ['without a colon, as a user name', 'redis://s3cret@host'],
  ['with an @ that should have been encoded', 'redis://user:x@s3cret@host'],
  ['without a scheme', 'user:s3cret@host:6379'],
]

for (const [rule, text] of SECRETS) {
  test(`parseTarget: a password ${rule} does not get into the error`, () => {
    assert.throws(
      () => parseTarget(text),
      (error) => error instanceof ReplError && !JSON.stringify([error.message, error.details, String(error.cause)]).includes('s3cret'),
    )
  })
}

test('withoutSecret: what holds no password is repeated as it is', () => {
  for (const text of ['host:6379', 'redis://host', 'unix:///run/redis.sock', '--no-such-flag']) assert.equal(withoutSecret(text), text)
})
