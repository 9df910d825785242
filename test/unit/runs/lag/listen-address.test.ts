import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../../../src/errors.ts'
import { parseListenAddress } from '../../../../src/runs/lag/listen-address.ts'

test('an address to listen on is this machine only, unless the user names another one', () => {
  for (const text of ['9121', ':9121', '127.0.0.1:9121'])
    assert.deepEqual(parseListenAddress(text), { host: '127.0.0.1', port: 9121 }, text)
  assert.deepEqual(parseListenAddress('0.0.0.0:9121'), { host: '0.0.0.0', port: 9121 })
  assert.deepEqual(parseListenAddress('[::1]:0'), { host: '::1', port: 0 })
  assert.deepEqual(parseListenAddress('[fe80::1%eth0]:80'), { host: 'fe80::1%eth0', port: 80 })
  assert.deepEqual(parseListenAddress('metrics.example:65535'), { host: 'metrics.example', port: 65_535 })
})

test('what is no address with a port is refused, and so is an IPv6 address whose port nothing separates', () => {
  for (const text of ['', 'host', 'host:', ':', '65536', '-1', '1.5', '::1:9121', '[::1]', '[]:9121', 'http://x:1', 'a b:1', '9121 ']) {
    assert.throws(
      () => parseListenAddress(text),
      (error) => error instanceof ReplError && error.code === 'USAGE',
      text,
    )
  }
})
