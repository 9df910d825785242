import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Access } from '../../../src/engine/ask/access.ts'
import { ReplError } from '../../../src/errors.ts'
import { certificateName, type TlsSettings } from '../../../src/io/endpoint.ts'
import { AddressMap, addressName } from '../../../src/topology/address-map.ts'

const ENTRY: Access = {
  endpoint: { kind: 'tcp', host: 'db', port: 6379 },
  credentials: { password: 'ours' },
  clientName: 'redis-repl',
  limits: { connectMs: 1, stepMs: 1, silenceMs: 1 },
}

const reached = (pairs: string[], host: string, port: number) => {
  const { endpoint, credentials } = new AddressMap(pairs).access({ host, port }, ENTRY)
  return [endpoint.kind === 'tcp' ? addressName(endpoint) : endpoint.path, credentials?.password]
}

describe('the way to an announced address', () => {
  test('is the address itself, with the credentials of the target', () => {
    assert.deepEqual(reached([], '10.0.0.5', 6380), ['10.0.0.5:6380', 'ours'])
    assert.deepEqual(reached([], 'fe80::1', 6380), ['[fe80::1]:6380', 'ours'])
  })

  test('is another one where the user knows it, for one port or for a whole host', () => {
    const pairs = ['10.0.0.5:6380=localhost:16380', '10.0.0.5=gateway', '[fe80::1]:1=localhost:2']
    assert.deepEqual(reached(pairs, '10.0.0.5', 6380), ['localhost:16380', 'ours'])
    assert.deepEqual(reached(pairs, '10.0.0.5', 6381), ['gateway:6381', 'ours'])
    assert.deepEqual(reached(pairs, 'fe80::1', 1), ['localhost:2', 'ours'])
    assert.deepEqual(reached(['[fe80::1]=fe80::2'], 'fe80::1', 1), ['[fe80::2]:1', 'ours'])
    assert.deepEqual(reached(pairs, '10.0.0.6', 6380), ['10.0.0.6:6380', 'ours'])
  })

  test('is found whatever the case of a name, its last dot and the spelling of an IPv6 address', () => {
    const pairs = ['N2.Redis.svc:6380=localhost:1', '2001:DB8:0:0::5=gateway', '[2001:db8::6]:1=localhost:2']
    for (const name of ['n2.redis.SVC', 'n2.redis.svc.']) assert.deepEqual(reached(pairs, name, 6380), ['localhost:1', 'ours'])
    assert.deepEqual(reached(['n3.redis.svc.=gateway'], 'n3.redis.svc', 1), ['gateway:1', 'ours'])
    assert.deepEqual(reached(pairs, '2001:db8::5', 7), ['gateway:7', 'ours'])
    assert.deepEqual(reached(pairs, '2001:db8:0::6', 1), ['localhost:2', 'ours'])
  })

  test('is the same for a server that the user named, but this machine is itself', () => {
    const pairs = ['n1.redis.svc=gateway', 'n1.redis.svc:6380=localhost:1', '10.0.0.5=gateway', '127.0.0.1=gateway', 'localhost=gateway']
    const named = (host: string, port: number) => {
      const { endpoint } = new AddressMap(pairs).named({ ...ENTRY, endpoint: { kind: 'tcp', host, port } })
      return endpoint.kind === 'tcp' ? [addressName(endpoint), certificateName(endpoint)] : undefined
    }
    assert.deepEqual(named('n1.redis.svc', 6379), ['gateway:6379', 'n1.redis.svc'])
    assert.deepEqual(named('n1.redis.svc', 6380), ['localhost:1', 'n1.redis.svc'])
    assert.deepEqual(named('10.0.0.5', 1), ['gateway:1', '10.0.0.5'])
    for (const here of ['127.0.0.1', 'localhost', 'other.example']) assert.deepEqual(named(here, 1), [`${here}:1`, here])
  })

  test('keeps the announced name for the certificate, unless --sni names another', () => {
    const name = (host: string, serverName?: string) => {
      const tls = { isVerified: true, ...(serverName !== undefined && { serverName }) } as TlsSettings
      const entry: Access = { ...ENTRY, endpoint: { kind: 'tcp', host: 'db', port: 6379, tls } }
      const { endpoint } = new AddressMap(['n2.redis.svc=127.0.0.1', '10.0.0.5:6380=127.0.0.1:1']).access({ host, port: 6380 }, entry)
      return endpoint.kind === 'tcp' ? certificateName(endpoint) : undefined
    }
    assert.equal(name('n2.redis.svc'), 'n2.redis.svc')
    assert.equal(name('10.0.0.5'), '10.0.0.5')
    assert.equal(name('n3.redis.svc'), 'n3.redis.svc')
    assert.equal(name('n2.redis.svc', 'all.redis.svc'), 'all.redis.svc')
  })

  test('may bring its own credentials', () => {
    assert.deepEqual(reached(['10.0.0.5:6380=redis://u:theirs@localhost:1'], '10.0.0.5', 6380), ['localhost:1', 'theirs'])
  })

  test('is refused if it is not a pair of addresses', () => {
    for (const pair of ['10.0.0.5', '=x', 'x=', 'x=:0', '10.0.0.5=h:1', '10.0.0.5=unix:///x', '10.0.0.5=redis://h:1']) {
      assert.throws(
        () => new AddressMap([pair]),
        (error: unknown) => error instanceof ReplError && error.code === 'USAGE',
      )
    }
  })
})
