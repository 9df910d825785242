import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from '../../../src/diagnosis/errors/explain.ts'
import { ReplError } from '../../../src/errors.ts'
import { parseSentinelTarget, type SentinelTarget, sentinelAddress } from '../../../src/topology/sentinel-target.ts'
import { parseTarget, socketName, type Target, withoutSecret } from '../../../src/topology/target.ts'

const tcp = (host: string, port = 6379): Target => ({ endpoint: { kind: 'tcp', host, port } })

const plain = (host: string, port = 6379): Target => ({ ...tcp(host, port), isTls: false })
const secure = (host: string, port = 6379): Target => ({ ...tcp(host, port), isTls: true })

const TARGETS: readonly (readonly [text: string, target: Target])[] = [
  ['db.example.org', tcp('db.example.org')],
  ['db.example.org:6380', tcp('db.example.org', 6380)],
  ['192.0.2.1:1', tcp('192.0.2.1', 1)],
  ['localhost:65535', tcp('localhost', 65535)],
  ['24001', tcp('127.0.0.1', 24001)],
  [':24001', tcp('127.0.0.1', 24001)],
  ['::1', tcp('::1')],
  ['2001:db8::7', tcp('2001:db8::7')],
  ['[::1]', tcp('::1')],
  ['[::1]:6380', tcp('::1', 6380)],
  ['redis://', plain('127.0.0.1')],
  ['redis://host', plain('host')],
  ['valkey://host:6380', plain('host', 6380)],
  ['REDIS://host', plain('host')],
  ['redis://[::1]:6380', plain('::1', 6380)],
  ['redis://host:6380/0', { ...plain('host', 6380), db: 0 }],
  ['redis://host/3', { ...plain('host'), db: 3 }],
  ['rediss://host:6380/15/', { ...secure('host', 6380), db: 15 }],
  ['redis://host/', plain('host')],
  ['redis://host/?db=2', { ...plain('host'), db: 2 }],
  ['redis://host/3?db=2', { ...plain('host'), db: 3 }],
  ['redis://host?timeout=1', plain('host')],
  ['redis://user:secret@host', { ...plain('host'), credentials: { username: 'user', password: 'secret' } }],
  ['redis://:secret@host:6380', { ...plain('host', 6380), credentials: { password: 'secret' } }],
  ['redis://u%40x:p%3A%2F%40%25@host', { ...plain('host'), credentials: { username: 'u@x', password: 'p:/@%' } }],
  ['redis://user:a:b@host', { ...plain('host'), credentials: { username: 'user', password: 'a:b' } }],
  ['redis://:secret@', { ...plain('127.0.0.1'), credentials: { password: 'secret' } }],
  ['rediss://host', secure('host')],
  ['valkeys://user:secret@host:6380', { ...secure('host', 6380), credentials: { username: 'user', password: 'secret' } }],
  ['unix:///run/redis/redis.sock', { endpoint: { kind: 'unix', path: '/run/redis/redis.sock' } }],
  ['unix:///run/my%20redis.sock', { endpoint: { kind: 'unix', path: '/run/my redis.sock' } }],
  ['unix:///run/a@b.sock', { endpoint: { kind: 'unix', path: '/run/a@b.sock' } }],
  ['unix://:p%40ss@/run/x.sock', { endpoint: { kind: 'unix', path: '/run/x.sock' }, credentials: { password: 'p@ss' } }],
  ['unix://u:p%2Fw@/x', { endpoint: { kind: 'unix', path: '/x' }, credentials: { username: 'u', password: 'p/w' } }],
  ['2001:db8:0:0:0:0:0:1234', tcp('2001:db8:0:0:0:0:0:1234')],
  ['2001:db8::1234', tcp('2001:db8::1234')],
  ['::ffff:192.0.2.1', tcp('::ffff:192.0.2.1')],
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
  '0',
  ':65536',
  'host:port',
  'ho st',
  '[::1',
  'host/0',
  'http://host',
  'redis://user@host',
  'redis://:%zz@host',
  'unix://',
  'unix://u:p@',
  'unix://u:p@relative',
  'unix://user@/x',
  'unix:///x?db=0',
  '::12345',
  '::1::2',
  'redis://h?x=a@b',
  'redis://h/abc',
  'redis://h/3x',
  'redis://h/-1',
  'redis://h/1/2',
  'redis://h?db=abc',
]

for (const text of BAD) {
  test(`parseTarget: ${JSON.stringify(text)} is not the address of a server`, () => {
    assert.throws(
      () => parseTarget(text),
      (error: ReplError) => error.code === 'USAGE' && error.details.reason === 'BAD_TARGET',
    )
  })
}

test('parseTarget: for an IPv6 address that may end with a port, the error shows both spellings', () => {
  for (const text of ['::1:38225', '::1:6379', 'fe80::2:6379']) {
    assert.throws(
      () => parseTarget(text),
      (error: ReplError) => explain(error).next.includes(`[${text.slice(0, text.lastIndexOf(':'))}]:`),
    )
  }
})

test('socketName: a path is named so that it is understood again', () => {
  for (const path of ['/run/x.sock', '/a@b?c/100% d', 'relative/x:y']) {
    assert.deepEqual(parseTarget(socketName(path)), { endpoint: { kind: 'unix', path } })
  }
})

const SENTINELS: readonly (readonly [text: string, target: SentinelTarget])[] = [
  ['redis-sentinel://h1:1,h2/mymaster', { sentinels: ['h1:1', 'h2'], masterName: 'mymaster', isTls: false }],
  ['redis-sentinel://h1/mymaster/0', { sentinels: ['h1'], masterName: 'mymaster', isTls: false, db: 0 }],
  ['redis-sentinel://h1/0#my-master', { sentinels: ['h1'], masterName: 'my-master', isTls: false }],
  ['valkeys-sentinel://[::1]:7/a%2Fb', { sentinels: ['[::1]:7'], masterName: 'a/b', isTls: true }],
  ['redis-sentinel://u:p%40@h/m', { sentinels: ['h'], masterName: 'm', isTls: false, credentials: { username: 'u', password: 'p@' } }],
]

for (const [text, target] of SENTINELS) {
  test(`parseSentinelTarget: ${text} is understood`, () => assert.deepEqual(parseSentinelTarget(text), target))
}

test('parseSentinelTarget: what names no Sentinel or no master is refused without its password', () => {
  for (const text of [
    'redis-sentinel://u:s3cret@/m',
    'redis-sentinel://u:s3cret@h',
    'redis-sentinel://s3cret@h/m',
    'redis-sentinel://h/%zz',
    'redis-sentinel://:x@s3cret@h/m',
    'redis-sentinel://:x/s3cret@h/m',
  ]) {
    assert.throws(
      () => parseSentinelTarget(text),
      (error: ReplError) => error.details.reason === 'BAD_TARGET' && !JSON.stringify(error.details).includes('s3cret'),
    )
  }
  assert.equal(parseSentinelTarget('redis://h/m'), undefined)
  for (const text of ['redis-sentinel://h1', 'redis-sentinel://h1/']) {
    assert.throws(
      () => parseSentinelTarget(text),
      (error: ReplError) => explain(error).next.includes('redis-sentinel://h1/NAME'),
    )
  }
})

test('sentinelAddress: the port of Sentinels where none is given', () => {
  assert.deepEqual(['h', 'h:1', '::1', '[::1]', '[::1]:2', '10.0.0.1'].map(sentinelAddress), [
    'h:26379',
    'h:1',
    '[::1]:26379',
    '[::1]:26379',
    '[::1]:2',
    '10.0.0.1:26379',
  ])
})

/** What a hurried user pastes: every way to write a password where parsing fails. */
const SECRETS: readonly (readonly [rule: string, text: string])[] = [
  ['behind a bad port', 'redis://user:s3cret@host:99999'],
  ['under an unknown scheme', 'http://user:s3cret@host'],
  ['with TLS', 'rediss://user:s3cret@host:x'],
  ['badly percent-encoded', 'redis://user:s3cret%zz@host'],
  ['without a colon, as a user name', 'redis://s3cret@host'],
  ['with an @ that should have been encoded', 'redis://user:x@s3cret@host'],
  ['without a scheme', 'user:s3cret@host:6379'],
  ['with an @ and a slash that should have been encoded', 'redis://:p@s3cret/z@127.0.0.1:6379'],
  ['with a slash that should have been encoded', 'redis://:s3cret/z@127.0.0.1:6379'],
  ['with a question mark that should have been encoded', 'redis://:p?s3cret@127.0.0.1:6379'],
  ['behind the last @ of several', 'redis://:a@b@s3cret'],
  ['behind a port', 'redis://h:6379:s3cret'],
  ['behind a port, without a scheme', 'h:6379:s3cret'],
  ['for a port', 'redis://u:x@host:s3cret'],
  ['for a socket, in a query', 'unix:///x.sock?password=s3cret'],
  ['for a socket, without an @', 'unix://:s3cret/x.sock'],
  ['for a socket, badly encoded', 'unix://:s3cret%zz@/x.sock'],
  ['for a socket, with a slash that should have been encoded', 'unix://:s3c/s3cret@/x.sock'],
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
  const harmless = ['host:6379', 'redis://host', 'redis://h:1/0', 'unix:///run/a@b.sock', '--no-such-flag', '::1:38225', '[::1]:1']
  for (const text of [...harmless, 'redis-sentinel://h1:1,[::1]:2/mymaster']) assert.equal(withoutSecret(text), text)
})

test('withoutSecret: a query is hidden, and everything after the host of a bad address', () => {
  assert.deepEqual(['redis://u:p@h?password=x', 'h:6379:x', 'unix:///a?x'].map(withoutSecret), [
    'redis://********@h?********',
    'h:********',
    'unix:///a?********',
  ])
})
