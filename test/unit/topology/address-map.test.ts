import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Access } from '../../../src/engine/ask/access.ts'
import { ReplError } from '../../../src/errors.ts'
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

  test('may bring its own credentials', () => {
    assert.deepEqual(reached(['10.0.0.5:6380=redis://u:theirs@localhost:1'], '10.0.0.5', 6380), ['localhost:1', 'theirs'])
  })

  test('is refused where it is no pair of addresses', () => {
    for (const pair of ['10.0.0.5', '=x', 'x=', 'x=:0', '10.0.0.5=h:1', '10.0.0.5=unix:///x', '10.0.0.5=redis://h:1']) {
      assert.throws(
        () => new AddressMap([pair]),
        (error: unknown) => error instanceof ReplError && error.code === 'USAGE',
      )
    }
  })
})
