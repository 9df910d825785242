import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findLoop } from '../../../../src/diagnosis/resync/loop.ts'
import { loopCause, loopHeadline, loopRemedy, loopText, suspicionText } from '../../../../src/diagnosis/resync/loop-words.ts'
import { resyncReport, watchMs } from '../../../../src/diagnosis/resync/report.ts'
import { SyncHistory } from '../../../../src/diagnosis/resync/sync-history.ts'
import { parseServerInfo } from '../../../../src/protocol/info/server-info.ts'

type Seen = readonly [at: number, states: Readonly<Record<string, string>>, fields?: Readonly<Record<string, string | number>>]

/** INFO of a master at one moment: the state and the ACK of each replica by its port (7a and 7b share port 7), and other fields. */
function saw(history: SyncHistory, ...looks: readonly Seen[]): SyncHistory {
  for (const [at, states, fields = {}] of looks) {
    const replicas = Object.entries(states).map(([port, state], index) => {
      const ip = port === '-1' ? 'redis_repl' : '10.0.0.2'
      const [name, ack = 0] = state.split(' ')
      return `slave${index}:ip=${ip},port=${Number.parseInt(port, 10)},state=${name},offset=${ack},lag=0`
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
const loopOf = (...looks: readonly Seen[]) => findLoop(saw(new SyncHistory(), ...looks), 'm:1', { settings: LIMIT })

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
      'three replicas behind one address that join one after the other',
      [
        [0, {}, { sync_full: 0 }],
        [100, { '7a': 'wait_bgsave' }, { sync_full: 1 }],
        [200, { '7a': 'online', '7b': 'wait_bgsave' }, { sync_full: 2 }],
        [300, { '7a': 'online', '7b': 'online', '7c': 'send_bulk' }, { sync_full: 3 }],
        [400, { '7a': 'online', '7b': 'online', '7c': 'online' }],
      ],
    ],
    [
      'one of them that is cut once, while another begins',
      [
        [0, { '7a': 'online', '7b': 'send_bulk' }, { sync_full: 2 }],
        [100, { '7a': 'online' }],
        [200, { '7a': 'online', '7b': 'wait_bgsave' }, { sync_full: 3 }],
      ],
    ],
    [
      'dumps that are too short to be listed, beside a healthy replica',
      [
        [0, { 7: 'online' }, { sync_full: 1 }],
        [100, { 7: 'online' }, { sync_full: 3 }],
        [200, { 7: 'online' }, { sync_full: 6 }],
      ],
    ],
    [
      'dumps of which one was listed, while a replica joins',
      [
        [0, {}, { sync_full: 1 }],
        [100, { '-1': 'send_bulk' }, { sync_full: 2 }],
        [200, { 7: 'wait_bgsave' }, { sync_full: 6 }],
      ],
    ],
    [
      'a count without any replica',
      [
        [0, {}, { sync_full: 5 }],
        [100, {}, { sync_full: 7 }],
      ],
    ],
    [
      'a join that is cut once and then succeeds',
      [
        [0, {}],
        [100, { 7: 'send_bulk' }],
        [200, {}],
        [300, { 7: 'wait_bgsave' }],
        [400, { 7: 'online 400' }],
      ],
    ],
    [
      'one that caught up, and is restarted without its data',
      [
        [0, {}],
        [100, { 7: 'send_bulk' }],
        [200, { 7: 'online' }],
        [6000, { 7: 'online 5900' }],
        [6100, {}],
        [7000, { 7: 'wait_bgsave' }],
      ],
    ],
    [
      'a join that is cut once, on a master without writes, whose replica acknowledges offset 0',
      [
        [0, {}, { master_repl_offset: 0 }],
        [100, { 7: 'send_bulk' }, { master_repl_offset: 0 }],
        [200, {}, { master_repl_offset: 0 }],
        [300, { 7: 'wait_bgsave' }, { master_repl_offset: 0 }],
        [400, { 7: 'online' }, { master_repl_offset: 0 }],
        [1500, { 7: 'online' }, { master_repl_offset: 0 }],
      ],
    ],
    [
      'one that is promoted by an operator and attached again, twice',
      [
        [0, { 7: 'online 0' }],
        [1000, { 7: 'wait_bgsave' }],
        [1100, { 7: 'online 1100' }],
        [2500, { 7: 'wait_bgsave' }],
        [2600, { 7: 'online 2600' }],
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
      'one that catches up and leaves each time, from the third time on',
      [
        [0, {}],
        [100, { 7: 'wait_bgsave' }],
        [200, { 7: 'online 200' }],
        [300, { 7: 'wait_bgsave' }],
        [400, { 7: 'online 400' }],
        [500, { 7: 'wait_bgsave' }],
        [600, { 7: 'online 600' }],
      ],
      3,
      ['10.0.0.2:7'],
    ],
    [
      'a count that grows by more than there are replicas, while one of them is missing',
      [
        [0, { 8: 'online', 7: 'online' }, { sync_full: 5 }],
        [100, { 8: 'online' }, { sync_full: 8 }],
      ],
      3,
      [],
    ],
    [
      'two that share an address and are cut again and again',
      [
        [0, {}],
        [100, { '7a': 'send_bulk', '7b': 'send_bulk' }],
        [200, {}],
        [300, { '7a': 'wait_bgsave', '7b': 'wait_bgsave' }],
      ],
      4,
      ['10.0.0.2:7'],
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
      assert.match(loop ? loopText(loop) : '', /^RESYNC LOOP: /)
    })
  }

  test('over when the last attempt has been online for two rounds, and no less than 10 s', () => {
    const again: readonly Seen[] = [
      [0, { 7: 'wait_bgsave' }],
      [100, {}],
      [200, { 7: 'wait_bgsave' }],
      [300, {}],
      [400, { 7: 'wait_bgsave' }],
      [500, { 7: 'online 500' }],
    ]
    const loop = loopOf(...again, [10_400, { 7: 'online 900' }])
    assert.match(loop ? loopHeadline(loop) : '', /began 3 full resyncs .*; the last one has lasted 9\.9 s so far\.$/)
    assert.equal(loopOf(...again, [10_600, { 7: 'online 900' }]), undefined)
  })

  test('over a minute after the last one began, if the replica stays away', () => {
    const again: readonly Seen[] = [
      [0, { 7: 'wait_bgsave' }],
      [100, {}],
      [200, { 7: 'wait_bgsave' }],
      [300, {}],
    ]
    assert.ok(loopOf(...again, [60_100, {}]))
    assert.equal(loopOf(...again, [60_300, {}]), undefined)
  })

  test('one that had caught up, where its buffer was seen at the limit', () => {
    const history = new SyncHistory()
    saw(history, [0, {}], [100, { 7: 'wait_bgsave' }], [200, { 7: 'online' }], [1000, { 7: 'online 900' }])
    history.sawBuffers([{ id: '5', bytes: 900_000 }], 0, 1000)
    history.sawBuffers([], 0, 1050)
    saw(history, [1100, { 7: 'wait_bgsave' }])
    assert.equal(findLoop(history, 'm:1', { settings: LIMIT })?.cause, 'hard-limit')
    assert.equal(findLoop(history, 'm:1', {}), undefined)
  })

  test('not told of an answer that may be older than the one before', () => {
    const history = saw(new SyncHistory(), [0, {}], [100, { 7: 'send_bulk' }], [200, { 7: 'online' }])
    const late = parseServerInfo('role:master\r\nslave0:ip=10.0.0.2,port=7,state=wait_bgsave,offset=0,lag=0')
    history.saw(late, { askedAt: 150, answeredAt: 250 })
    assert.equal(findLoop(history, 'm:1', { settings: LIMIT }), undefined)
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
    const loop = findLoop(history, 'm:1', { settings, replicas: timeouts.map((timeoutSeconds) => ({ name: 'r:1', timeoutSeconds })) })
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
    assert.deepEqual(loopRemedy(byReplica)?.remedy.commands, ['CONFIG SET repl-timeout 60'])
  })

  test('is not claimed where nothing showed it', () => {
    assert.equal(causeOf(undefined, []).cause, 'unseen')
  })

  test('is the replica itself where CLIENT LIST showed no limit reached: no setting is advised', () => {
    const loop = causeOf(settings('slave 800000 0 0'), [[200, 100]])
    assert.equal(loop.cause, 'left')
    assert.match(
      loopText(loop),
      /up to 100 bytes, and the limit is 800,000\. The replica disconnects by itself, or the network breaks the link\. The replica’s log/,
    )
    assert.equal(loopRemedy(loop), undefined)
  })

  test('is the replica itself with both versions, where they differ', () => {
    const history = saw(new SyncHistory(), ...again)
    history.sawBuffers([], 0, 50)
    history.sawBuffers([], 0, 3150)
    saw(history, [3300, {}])
    const older = { name: 'r:1', identity: { flavour: 'redis', version: '6.0.16', mode: 'standalone' } }
    const loop = findLoop(history, 'm:1', { settings: LIMIT, replicas: [older] })
    assert.equal(loop?.cause, 'left')
    const text = loop ? loopCause(loop).join(' ') : ''
    assert.match(text, /The master wrote too little to fill its output buffer\./)
    assert.match(text, /m:1 runs redis 7\.0\.15, and r:1 runs redis 6\.0\.16: a replica that is older/)
  })

  test('is followed by the replica’s repl-timeout where that is shorter than its full resync', () => {
    const history = saw(new SyncHistory(), [0, {}], [100, { 7: 'send_bulk' }], [9000, {}], [9100, { 7: 'wait_bgsave' }])
    history.sawBuffers([], 0, 50)
    const remedy = (timeoutSeconds: number) => {
      const loop = findLoop(history, 'm:1', {
        settings: new Map([...LIMIT, ['client-output-buffer-limit', 'slave 0 0 0']]),
        replicas: [{ name: 'r:1', timeoutSeconds }],
      })
      assert.equal(loop?.cause, 'left')
      return loop && loopRemedy(loop)
    }
    assert.deepEqual(remedy(2)?.remedy.commands, ['CONFIG SET repl-timeout 60'])
    assert.match(remedy(2)?.text ?? '', /^repl-timeout of r:1 is 2 s, and a full resync takes about 8\.9 s/)
    assert.equal(remedy(30), undefined)
  })

  test('names the rights that are missing, and only those', () => {
    const history = saw(new SyncHistory(), ...again)
    const told = (missingRights: readonly string[]) => {
      const loop = findLoop(history, 'm:1', { missingRights })
      return loop ? loopText(loop) : ''
    }
    assert.match(told(['+config|get']), /because this user lacks \+config\|get\./)
    assert.doesNotMatch(told([]), /\+config|\+client/)
  })

  test('is the backlog only where the master refused a partial resync', () => {
    const rounds = (refused: number): readonly Seen[] => [
      [0, {}, { sync_partial_err: 0 }],
      [100, { 7: 'wait_bgsave' }, { sync_partial_err: 0 }],
      [200, { 7: 'online 200' }, { sync_partial_err: 0 }],
      [300, { 7: 'wait_bgsave' }, { sync_partial_err: refused }],
      [400, { 7: 'online 400' }, { sync_partial_err: refused }],
      [500, { 7: 'wait_bgsave' }, { sync_partial_err: 2 * refused }],
    ]
    assert.deepEqual(
      [1, 0].map((refused) => loopOf(...rounds(refused))?.cause),
      ['backlog', 'unseen'],
    )
  })

  test('has a remedy that is never less than the default of Redis, and sized by what was written meanwhile', () => {
    assert.deepEqual(loopRemedy(causeOf(settings('slave 8000 0 0'), [[300, 5000]]))?.remedy.commands, [
      'CONFIG SET client-output-buffer-limit "replica 256mb 256mb 60"',
    ])
    const busy = { ...causeOf(settings('slave 8000 0 0'), [[300, 5000]]), neededBytes: 400 * 1024 * 1024 }
    assert.deepEqual(loopRemedy(busy)?.remedy.commands, ['CONFIG SET client-output-buffer-limit "replica 1024mb 1024mb 60"'])
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

describe('a sample becomes longer', () => {
  const often = { sync_full: 12, uptime_in_seconds: 60 }
  const after = (...looks: readonly Seen[]) => watchMs(saw(new SyncHistory(), ...looks))

  test('while a master resyncs often and a resync is under way; a replica that is online is not waited for', () => {
    assert.equal(after([0, { 7: 'wait_bgsave' }, often]), 12_500)
    assert.equal(after([0, { 7: 'online' }, often]), 0)
    assert.equal(after([0, {}, { ...often, rdb_bgsave_in_progress: 1 }]), 12_500)
    assert.equal(after([0, {}, often]), 0)
    assert.equal(after([0, { 7: 'wait_bgsave' }, { sync_full: 1, uptime_in_seconds: 60 }]), 0)
    assert.equal(after([0, { 7: 'wait_bgsave' }, { sync_full: 12, uptime_in_seconds: 1e6 }]), 0)
  })

  test('after a replica was cut', () => {
    assert.equal(after([0, { 7: 'wait_bgsave' }, { sync_full: 1, uptime_in_seconds: 1e6 }], [100, {}]), 15_000)
  })

  test('not at all, and nothing is suspected, where the links of all replicas have outlasted a usual round', () => {
    const history = saw(new SyncHistory(), [0, { 7: 'online' }, often])
    history.sawBuffers([{ id: '5', bytes: 0, ageSeconds: 7 }], 0, 10)
    assert.notEqual(resyncReport(history, 'm:1', {})?.suspicion, undefined)
    history.sawBuffers([{ id: '5', bytes: 0, ageSeconds: 8 }], 0, 20)
    assert.equal(resyncReport(history, 'm:1', {}), undefined)
    assert.equal(watchMs(history), 0)
  })
})

describe('a report without a loop', () => {
  test('names the counters that look like one, until it was watched for long enough', () => {
    const rare = { sync_full: 3, uptime_in_seconds: 180 }
    const history = saw(new SyncHistory(), [0, { 7: 'wait_bgsave' }, rare], [30_000, { 7: 'wait_bgsave' }, rare])
    const suspicion = resyncReport(history, 'm:1', {})?.suspicion
    assert.equal(
      suspicion && suspicionText(suspicion),
      'm:1 began 3 full resyncs in its uptime of 3 min 0 s, and lists 1 replica now. This may be a resync loop; use lag --sample 150s to see it.',
    )
    saw(history, [160_000, { 7: 'wait_bgsave' }, { ...rare, uptime_in_seconds: 180 }])
    assert.equal(resyncReport(history, 'm:1', {})?.suspicion, undefined)
  })

  test('counts links that break and come back, without the tools that attach', () => {
    const report = (...looks: readonly Seen[]) => resyncReport(saw(new SyncHistory(), ...looks), 'm:1', {})
    const breaking = report([0, { 7: 'online' }, { sync_partial_ok: 4 }], [5000, {}, { sync_partial_ok: 9 }])
    assert.deepEqual(breaking?.reconnects, { master: 'm:1', partialResyncs: 5, overMs: 5000 })
    assert.equal(report([0, { 7: 'online' }, { sync_partial_ok: 4 }], [5000, { 7: 'online' }, { sync_partial_ok: 5 }]), undefined)
    const tools = report(
      [0, {}, { sync_partial_ok: 0 }],
      [10, { '-1': 'online' }, { sync_partial_ok: 1 }],
      [20, {}, {}],
      [30, { '-1': 'online' }, { sync_partial_ok: 2 }],
    )
    assert.equal(tools, undefined)
  })
})
