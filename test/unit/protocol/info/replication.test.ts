import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseInfo, withoutSection } from '../../../../src/protocol/info/info.ts'
import { masterLink } from '../../../../src/protocol/info/master-link.ts'
import { listedReplicas } from '../../../../src/protocol/info/replicas.ts'
import { infoFromRole } from '../../../../src/protocol/info/role.ts'

const replica = (fields: string) => masterLink(parseInfo(`role:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n${fields}`))

describe('the replicas that a server lists', () => {
  test('are read by name, whatever else newer servers print', () => {
    const info = parseInfo(
      'connected_slaves:2\r\nslave0:ip=10.0.0.2,port=6380,state=online,offset=123,lag=1,io-thread=0,type=replica\r\nslave1:ip=fe80::1,port=6381,state=wait_bgsave,offset=0,lag=0\r\n',
    )
    assert.deepEqual(listedReplicas(info), [
      { host: '10.0.0.2', port: 6380, state: 'online', ackOffset: 123, ackAgeSeconds: 1 },
      { host: 'fe80::1', port: 6381, state: 'wait_bgsave', ackOffset: 0, ackAgeSeconds: 0 },
    ])
  })

  test('are listed once where a full resync takes two connections', () => {
    const info = parseInfo(
      'slave0:ip=a,port=1,state=bg_transfer,offset=0,lag=0,type=main-channel\r\nslave1:ip=a,port=1,state=online,offset=0,lag=0,type=rdb-channel\r\n',
    )
    assert.deepEqual(
      listedReplicas(info).map(({ state }) => state),
      ['bg_transfer'],
    )
  })

  test('of the format before 2.8, or of no format at all, are none', () => {
    assert.deepEqual(listedReplicas(parseInfo('slave0:10.0.0.2,6380,online\r\nslave1:\r\nslave_repl_offset:1\r\n')), [])
  })
})

describe('a replica’s link to its master', () => {
  test('is none of a master', () => {
    assert.equal(masterLink(parseInfo('role:master\r\nmaster_host:x\r\n')), undefined)
  })

  test('tells what was applied and received', () => {
    const link = replica(
      'master_link_status:up\r\nmaster_last_io_seconds_ago:0\r\nslave_read_repl_offset:12\r\nslave_repl_offset:10\r\nslave_read_only:1\r\n',
    )
    assert.deepEqual(link, {
      host: '10.0.0.1',
      port: 6379,
      isUp: true,
      appliedOffset: 10,
      receivedOffset: 12,
      lastIoSeconds: 0,
      isReadOnly: true,
    })
  })

  test('tells no offset of a replica that has never been synced, which INFO prints as 1', () => {
    const link = replica(
      'master_link_status:down\r\nmaster_last_io_seconds_ago:-1\r\nslave_repl_offset:1\r\nmaster_repl_offset:0\r\nmaster_link_down_since_seconds:1700000000\r\nuptime_in_seconds:5\r\n',
    )
    assert.deepEqual([link?.appliedOffset, link?.lastIoSeconds, link?.downSeconds], [undefined, undefined, -1])
  })

  test('tells how far a full resync is, where its length is announced', () => {
    const sync = (fields: string) => replica(`master_link_status:down\r\nmaster_sync_in_progress:1\r\n${fields}`)?.sync
    assert.deepEqual(sync('master_sync_total_bytes:100\r\nmaster_sync_read_bytes:40\r\nmaster_sync_left_bytes:60\r\n'), {
      readBytes: 40,
      totalBytes: 100,
      leftBytes: 60,
    })
    assert.deepEqual(sync('master_sync_total_bytes:0\r\nmaster_sync_read_bytes:40\r\nmaster_sync_left_bytes:-1\r\n'), { readBytes: 40 })
  })
})

test('a section is left out with its heading and all its lines', () => {
  const text = '# Server\r\nrun_id:a\r\n\r\n# Replication\r\nrole:slave\r\nslave0:ip=#,port=1\r\n\r\n# CPU\r\nused:1\r\n'
  assert.deepEqual([...parseInfo(withoutSection(text, 'Replication')).keys()], ['run_id', 'used'])
})

describe('ROLE', () => {
  test('of a master tells its offset and its replicas, and no age of their ACKs', () => {
    const info = infoFromRole(['master', '123', [['10.0.0.2', '6380', '100']]])
    assert.equal(info?.get('master_repl_offset'), '123')
    assert.deepEqual(listedReplicas(info ?? new Map()), [{ host: '10.0.0.2', port: 6380, state: 'online', ackOffset: 100 }])
  })

  test('of a replica tells its link, and no offset of one that has none', () => {
    const link = (state: string, offset: string) => masterLink(infoFromRole(['slave', '10.0.0.1', '6379', state, offset]) ?? new Map())
    assert.deepEqual(link('connected', '42'), { host: '10.0.0.1', port: 6379, isUp: true, appliedOffset: 42, isReadOnly: true })
    assert.deepEqual(link('connect', '-1'), { host: '10.0.0.1', port: 6379, isUp: false, isReadOnly: true })
    assert.deepEqual(link('sync', '-1')?.sync, {})
  })

  test('of a Sentinel, and anything else, is none', () => {
    for (const reply of [['sentinel', ['mymaster']], null, 'OK', []]) assert.equal(infoFromRole(reply), undefined)
  })
})
