import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInfo } from '../../src/protocol/info.ts'
import { ServerError } from '../../src/protocol/reply.ts'
import { atLeast, identityFromHello, identityFromInfo, positionFromInfo, type ServerIdentity } from '../../src/protocol/server-facts.ts'
import { OTHER_REPLID, REPLID } from '../helpers/wire.ts'

const IDENTITIES: readonly { rule: string; info: string; identity: ServerIdentity }[] = [
  {
    rule: 'Redis is what names itself nothing else',
    info: 'redis_version:7.4.1\nredis_mode:standalone',
    identity: { flavour: 'redis', version: '7.4.1', mode: 'standalone' },
  },
  {
    rule: 'Valkey has its own version beside the compatible one',
    info: 'redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.1.1\nredis_mode:cluster',
    identity: { flavour: 'valkey', version: '8.1.1', mode: 'cluster' },
  },
  {
    rule: 'Valkey 9.1 names its mode server_mode',
    info: 'redis_version:7.2.4\nserver_name:valkey\nvalkey_version:9.1.2\nserver_mode:sentinel',
    identity: { flavour: 'valkey', version: '9.1.2', mode: 'sentinel' },
  },
  {
    rule: 'Redict goes by its own version',
    info: 'redict_version:7.3.0\nredis_version:7.2.4\nredis_mode:standalone',
    identity: { flavour: 'redict', version: '7.3.0', mode: 'standalone' },
  },
  {
    rule: 'a server name without a version of its own keeps the compatible one',
    info: 'server_name:other\nredis_version:7.2.0\nredis_mode:standalone',
    identity: { flavour: 'other', version: '7.2.0', mode: 'standalone' },
  },
  { rule: 'an INFO without these fields leaves them empty', info: 'role:master', identity: { flavour: 'redis', version: '', mode: '' } },
]

for (const { rule, info, identity } of IDENTITIES) {
  test(`identityFromInfo: ${rule}`, () => assert.deepEqual(identityFromInfo(parseInfo(info)), identity))
}

const HELLO = ['server', 'redis', 'version', '7.4.1', 'proto', '2', 'id', '5', 'mode', 'standalone', 'role', 'master', 'modules', []]

test('identityFromHello: the fields are found by their names', () => {
  assert.deepEqual(identityFromHello(HELLO), { flavour: 'redis', version: '7.4.1', mode: 'standalone' })
})

test('identityFromHello: an error tells nothing (6.0 and older ask for a version)', () => {
  assert.equal(identityFromHello(new ServerError("ERR wrong number of arguments for 'hello' command")), undefined)
})

test('identityFromHello: a field that is missing is empty', () => {
  assert.deepEqual(identityFromHello(['server', 'redis', 'version', '7.4.1']), { flavour: 'redis', version: '7.4.1', mode: '' })
})

test('positionFromInfo: the live end is the replid and the last byte produced', () => {
  const info = parseInfo(`master_replid:${REPLID}\nmaster_replid2:${OTHER_REPLID}\nmaster_repl_offset:1000\nrepl_backlog_active:1`)
  assert.deepEqual(positionFromInfo(info), { replid: REPLID, offset: 1000, backlogActive: true })
})

test('positionFromInfo: up to 3.2 the history is named by run_id, later by master_replid', () => {
  const old = `run_id:${OTHER_REPLID}\nmaster_repl_offset:1\nrepl_backlog_active:0`
  assert.deepEqual(positionFromInfo(parseInfo(old)), { replid: OTHER_REPLID, offset: 1, backlogActive: false })
  assert.equal(positionFromInfo(parseInfo(`${old}\nmaster_replid:${REPLID}`))?.replid, REPLID)
})

for (const [missing, info] of [
  ['replid', 'master_repl_offset:1'],
  ['offset', `master_replid:${REPLID}`],
  ['exact offset', `master_replid:${REPLID}\nmaster_repl_offset:9007199254740993`],
] as const) {
  test(`positionFromInfo: without an ${missing} there is no position`, () => assert.equal(positionFromInfo(parseInfo(info)), undefined))
}

const VERSIONS: readonly (readonly [version: string, wanted: number[], expected: boolean])[] = [
  ['6.2.16', [6, 2, 7], true],
  ['6.2.7', [6, 2, 7], true],
  ['6.2.6', [6, 2, 7], false],
  ['7.0.0', [6, 2, 7], true],
  ['10.0.0', [9], true],
  ['8', [8], true],
  ['7', [7, 2], false],
  ['255.255.255', [8], true],
  ['', [1], false],
  ['unstable', [1], false],
]

for (const [version, wanted, expected] of VERSIONS) {
  test(`atLeast: "${version}" is ${expected ? '' : 'not '}at least ${wanted.join('.')}`, () =>
    assert.equal(atLeast(version, ...wanted), expected))
}
