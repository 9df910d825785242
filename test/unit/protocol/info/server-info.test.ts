import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { History } from '../../../../src/protocol/history.ts'
import { atLeast, identityFromHello, identityFromInfo, type ServerIdentity } from '../../../../src/protocol/info/identity.ts'
import { parseInfo } from '../../../../src/protocol/info/info.ts'
import { serverInfo } from '../../../../src/protocol/info/server-info.ts'
import { ServerError } from '../../../../src/protocol/wire/reply.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

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
    rule: 'KeyDB is told by its program',
    info: 'redis_version:6.3.4\nredis_mode:standalone\nexecutable:/usr/bin/keydb-server',
    identity: { flavour: 'keydb', version: '6.3.4', mode: 'standalone' },
  },
  {
    rule: 'KeyDB is told by its fields, whatever its program is called',
    info: 'redis_version:6.3.4\nredis_mode:standalone\nexecutable:/data/server\nmvcc_depth:0',
    identity: { flavour: 'keydb', version: '6.3.4', mode: 'standalone' },
  },
  {
    rule: 'a Redis in a folder of KeyDB is a Redis',
    info: 'redis_version:7.4.1\nredis_mode:standalone\nexecutable:/opt/keydb-server/redis-server',
    identity: { flavour: 'redis', version: '7.4.1', mode: 'standalone' },
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

const MASTER = `role:master\nmaster_replid:${REPLID}\nmaster_repl_offset:1000`
const NO_SECOND = `master_replid2:${'0'.repeat(40)}\nsecond_repl_offset:-1`
const BACKLOG = 'repl_backlog_active:1\nrepl_backlog_size:800\nrepl_backlog_first_byte_offset:201\nrepl_backlog_histlen:800'
const LIVE_END = { replid: REPLID, offset: 1000 }

const HISTORIES: readonly { rule: string; info: string; history: History }[] = [
  { rule: 'the live end is the replid and the last byte produced', info: MASTER, history: LIVE_END },
  { rule: 'forty zeros and -1 are no second history', info: `${MASTER}\n${NO_SECOND}`, history: LIVE_END },
  {
    rule: 'a second history reaches up to its offset',
    info: `${MASTER}\nmaster_replid2:${OTHER_REPLID}\nsecond_repl_offset:501`,
    history: { ...LIVE_END, replid2: OTHER_REPLID, secondOffset: 501 },
  },
  {
    rule: 'an active backlog has its first byte, its length and its size',
    info: `${MASTER}\n${BACKLOG}`,
    history: { ...LIVE_END, backlog: { firstByteOffset: 201, histlen: 800, size: 800 } },
  },
  { rule: 'an inactive backlog is none', info: `${MASTER}\n${BACKLOG.replace('active:1', 'active:0')}`, history: LIVE_END },
  { rule: 'a server that loads its data serves nobody', info: `${MASTER}\nloading:1`, history: { ...LIVE_END, obstacle: 'LOADING' } },
  { rule: 'a server that has loaded its data does', info: `${MASTER}\nloading:0`, history: LIVE_END },
  {
    rule: 'a server that hands over by FAILOVER serves nobody',
    info: `${MASTER}\nmaster_failover_state:waiting-for-sync`,
    history: { ...LIVE_END, obstacle: 'FAILOVER' },
  },
  {
    rule: 'a server that hands over to nobody does',
    info: `${MASTER}\nmaster_failover_state:no-failover`,
    history: LIVE_END,
  },
  {
    rule: 'a replica without its master serves no replicas',
    info: `${MASTER.replace('role:master', 'role:slave')}\nmaster_link_status:down`,
    history: { ...LIVE_END, obstacle: 'NOMASTERLINK' },
  },
  {
    rule: 'a replica with its master does',
    info: `${MASTER.replace('role:master', 'role:slave')}\nmaster_link_status:up`,
    history: LIVE_END,
  },
]

for (const { rule, info, history } of HISTORIES) {
  test(`history in INFO: ${rule}`, () => assert.deepEqual(serverInfo(parseInfo(info)).history, history))
}

test('history in INFO: up to 3.2 the history is named by run_id, later by master_replid', () => {
  const old = `run_id:${OTHER_REPLID}\nmaster_repl_offset:1\nrepl_backlog_active:0`
  assert.deepEqual(serverInfo(parseInfo(old)).history, { replid: OTHER_REPLID, offset: 1 })
  assert.equal(serverInfo(parseInfo(`${old}\nmaster_replid:${REPLID}`)).history?.replid, REPLID)
})

for (const [missing, info] of [
  ['replid', 'master_repl_offset:1'],
  ['offset', `master_replid:${REPLID}`],
  ['exact offset', `master_replid:${REPLID}\nmaster_repl_offset:9007199254740993`],
] as const) {
  test(`history in INFO: without an ${missing} there is no history`, () => assert.equal(serverInfo(parseInfo(info)).history, undefined))
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
