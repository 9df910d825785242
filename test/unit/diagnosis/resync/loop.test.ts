import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findLoop, watchMs } from '../../../../src/diagnosis/resync/loop.ts'
import { loopHeadline, loopRemedy, loopText } from '../../../../src/diagnosis/resync/loop-words.ts'
import { SyncHistory } from '../../../../src/diagnosis/resync/sync-history.ts'
import { parseServerInfo } from '../../../../src/protocol/info/server-info.ts'

type Seen = readonly [at: number, states: Readonly<Record<string, string>>, fields?: Readonly<Record<string, string | number>>]

/** INFO of a master at one moment: the state of each replica by its port, and other fields. */
function saw(history: SyncHistory, ...looks: readonly Seen[]): SyncHistory {
  for (const [at, states, fields = {}] of looks) {
    const replicas = Object.entries(states).map(([port, state], index) => {
      const ip = port === '-1' ? 'redis_repl' : '10.0.0.2'
      return `slave${index}:ip=${ip},port=${port},state=${state},offset=0,lag=0`
    })
    const all = { role: 'master', redis_version: '7.0.15', master_replid: 'a'.repeat(40), master_repl_offset: at, ...fields }
    const info = [...Object.entries(all).map(([name, value]) => `${name}:${value}`), ...replicas].join('\r\n')
    history.saw(parseServerInfo(info), { askedAt: at, answeredAt: at })
  }
  return history
}

const LIMIT = new Map([
  ['client-output-buffer-limit', 'slave 1048576 0 0'],
  ['repl-timeout', '60'],
])
const loopOf = (...looks: readonly Seen[]) => findLoop(saw(new SyncHistory(), ...looks), 'm:1', LIMIT)

describe('no resync loop is', () => {
  const cases: readonly (readonly [rule: string, looks: readonly Seen[]])[] = [
    [
      'a replica that joins',
      [
        [0, {}, { sync_full: 0 }],
        [100, { 7: 'wait_bgsave' }],
        [200, { 7: 'send_bulk' }, { sync_full: 1 }],
        [300, { 7: 'online' }],
      ],
    ],
    [
      'three replicas that join together',
      [
        [0, {}, { sync_full: 4 }],
        [100, { 7: 'wait_bgsave', 8: 'wait_bgsave', 9: 'wait_bgsave' }, { sync_full: 7 }],
        [200, { 7: 'online', 8: 'online', 9: 'online' }],
      ],
    ],
    [
      'one that was online and resyncs once',
      [
        [0, { 7: 'online' }],
        [100, {}],
        [200, { 7: 'wait_bgsave' }],
        [300, { 7: 'online' }],
      ],
    ],
    [
      'one that is replaced by its successor at another port',
      [
        [0, { 7: 'send_bulk' }],
        [100, {}],
        [200, { 8: 'wait_bgsave' }],
        [300, { 8: 'online' }],
      ],
    ],
    [
      'a tool that dumps again and again',
      [
        [0, {}, { sync_full: 0 }],
        [100, { '-1': 'wait_bgsave' }],
        [200, {}],
        [300, { '-1': 'send_bulk' }, { sync_full: 2 }],
        [400, {}],
      ],
    ],
    [
      'a state that this tool does not know',
      [
        [0, { 7: 'stable_sync' }],
        [100, {}],
        [200, { 7: 'stable_sync' }],
        [300, {}],
        [400, { 7: 'stable_sync' }],
      ],
    ],
    [
      'a master that was restarted, and counts from zero',
      [
        [0, {}, { sync_full: 9 }],
        [100, {}, { sync_full: 0 }],
        [200, { 7: 'wait_bgsave' }, { sync_full: 1 }],
      ],
    ],
  ]
  for (const [rule, looks] of cases) test(rule, () => assert.equal(loopOf(...looks), undefined))
})

describe('a resync loop is', () => {
  const cases: readonly (readonly [rule: string, looks: readonly Seen[], fullResyncs: number, replicas: readonly string[]])[] = [
    [
      'a replica that leaves and begins again',
      [
        [0, { 7: 'wait_bgsave' }],
        [100, {}],
        [200, { 7: 'wait_bgsave' }],
      ],
      2,
      ['10.0.0.2:7'],
    ],
    [
      'one whose state goes back between two looks',
      [
        [0, {}],
        [100, { 7: 'send_bulk' }],
        [200, { 7: 'wait_bgsave' }],
      ],
      2,
      ['10.0.0.2:7'],
    ],
    [
      'one that is online for a moment each time',
      [
        [0, {}],
        [100, { 7: 'send_bulk' }],
        [200, { 7: 'online' }],
        [300, { 7: 'wait_bgsave' }],
        [400, { 7: 'online' }],
      ],
      2,
      ['10.0.0.2:7'],
    ],
    [
      'a count that grows by more than there are replicas',
      [
        [0, {}, { sync_full: 5 }],
        [100, {}, { sync_full: 7 }],
      ],
      2,
      [],
    ],
    [
      'one of two replicas, and not the other',
      [
        [0, { 7: 'online', 8: 'send_bulk' }],
        [100, { 7: 'online' }],
        [200, { 7: 'online', 8: 'wait_bgsave' }],
      ],
      2,
      ['10.0.0.2:8'],
    ],
  ]
  for (const [rule, looks, fullResyncs, replicas] of cases) {
    test(rule, () => {
      const loop = loopOf(...looks)
      assert.deepEqual([loop?.fullResyncs, loop?.replicas], [fullResyncs, replicas])
      assert.match(loop ? loopHeadline(loop) : '', /^RESYNC LOOP: /)
    })
  }

  test('over a minute after the last one began, if nothing syncs any more', () => {
    const again: readonly Seen[] = [
      [0, { 7: 'wait_bgsave' }],
      [100, {}],
      [200, { 7: 'wait_bgsave' }],
      [300, { 7: 'online' }],
    ]
    assert.ok(loopOf(...again, [60_100, { 7: 'online' }]))
    assert.equal(loopOf(...again, [60_300, { 7: 'online' }]), undefined)
  })

  test('not told of an answer that may be older than the one before', () => {
    const history = saw(new SyncHistory(), [0, {}], [100, { 7: 'send_bulk' }], [200, { 7: 'online' }])
    const late = parseServerInfo('role:master\r\nslave0:ip=10.0.0.2,port=7,state=wait_bgsave,offset=0,lag=0')
    history.saw(late, { askedAt: 150, answeredAt: 250 })
    assert.equal(findLoop(history, 'm:1', LIMIT), undefined)
  })
})

describe('the cause of a loop', () => {
  const again: readonly Seen[] = [
    [0, {}],
    [100, { 7: 'send_bulk' }],
    [3100, {}],
    [3200, { 7: 'wait_bgsave' }],
  ]
  const causeOf = (
    settings: ReadonlyMap<string, string> | undefined,
    buffers: readonly (readonly [at: number, bytes: number])[],
    timeouts: number[] = [],
  ) => {
    const history = new SyncHistory()
    saw(history, ...again)
    for (const [at, bytes] of buffers) history.sawBuffers([{ id: '5', bytes }], 1000, at)
    history.sawBuffers([], 1000, 3150)
    const loop = findLoop(history, 'm:1', settings, timeouts)
    assert.ok(loop)
    return loop
  }
  const settings = (limit: string, timeout = 60) =>
    new Map([
      ['client-output-buffer-limit', limit],
      ['repl-timeout', String(timeout)],
    ])

  test('is the hard limit where the buffer was near it and is gone', () => {
    assert.equal(
      causeOf(settings('slave 8000 0 0'), [
        [200, 100],
        [300, 5000],
      ]).cause,
      'hard-limit',
    )
  })

  test('is the soft limit where the buffer was above it for its time', () => {
    const loop = causeOf(settings('slave 0 1000 2'), [
      [200, 1100],
      [1300, 5000],
      [2500, 9000],
    ])
    assert.equal(loop.cause, 'soft-limit')
    assert.match(loopText(loop), /soft limit 1,000 bytes for 2 s/)
  })

  test('is repl-timeout where the buffer was small and each attempt took as long, of the master or of the replica', () => {
    assert.equal(causeOf(settings('slave 800000 0 0', 3), [[200, 100]]).cause, 'timeout')
    const byReplica = causeOf(settings('slave 800000 0 0'), [[200, 100]], [3])
    assert.deepEqual([byReplica.cause, byReplica.isReplicaTimeout, byReplica.timeoutSeconds], ['timeout', true, 3])
    assert.equal(loopRemedy(byReplica)?.command, 'CONFIG SET repl-timeout 60')
  })

  test('is not claimed where nothing showed it', () => {
    assert.equal(causeOf(settings('slave 800000 0 0'), [[200, 100]]).cause, 'unseen')
    assert.equal(causeOf(undefined, []).cause, 'unseen')
  })

  test('has a remedy that is never less than the default of Redis, and sized by what was written meanwhile', () => {
    assert.equal(
      loopRemedy(causeOf(settings('slave 8000 0 0'), [[300, 5000]]))?.command,
      'CONFIG SET client-output-buffer-limit "replica 256mb 256mb 60"',
    )
    const busy = { ...causeOf(settings('slave 8000 0 0'), [[300, 5000]]), neededBytes: 400 * 1024 * 1024 }
    assert.equal(loopRemedy(busy)?.command, 'CONFIG SET client-output-buffer-limit "replica 1024mb 1024mb 60"')
  })

  test('is a BGSAVE that fails where INFO says so: no setting ends that', () => {
    const looks: readonly Seen[] = [
      [0, { 7: 'wait_bgsave' }],
      [100, {}],
      [200, { 7: 'wait_bgsave' }, { rdb_last_bgsave_status: 'err' }],
    ]
    const loop = loopOf(...looks)
    assert.equal(loop?.cause, 'bgsave-failed')
    assert.equal(loop && loopRemedy(loop), undefined)
  })
})

test('a sample becomes longer only while a full resync goes on, or a replica was cut, on a master that resyncs often', () => {
  const often = { sync_full: 12, uptime_in_seconds: 60 }
  const after = (...looks: readonly Seen[]) => watchMs(saw(new SyncHistory(), ...looks))
  assert.equal(after([0, { 7: 'online' }, often]), 0)
  assert.equal(after([0, { 7: 'wait_bgsave' }, often]), 12_500)
  assert.equal(after([0, { 7: 'wait_bgsave' }, { sync_full: 1, uptime_in_seconds: 60 }]), 0)
  assert.equal(after([0, { 7: 'wait_bgsave' }, { sync_full: 12, uptime_in_seconds: 1e6 }]), 0)
  assert.equal(after([0, { 7: 'wait_bgsave' }, { sync_full: 1, uptime_in_seconds: 1e6 }], [100, {}]), 15_000)
  assert.equal(after([0, {}, often]), 0)
  assert.equal(after([0, {}, { ...often, rdb_bgsave_in_progress: 1 }]), 12_500)
})
