/** The screens of handshake, psync, dump-rdb and the cluster forms, as text. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PsyncFacts } from '../../../src/diagnosis/psync/answer.ts'
import { forecastPsync } from '../../../src/diagnosis/psync/forecast.ts'
import { judgeResync } from '../../../src/diagnosis/psync/resync.ts'
import type { CountersEvent, ExchangeEvent, ReplEvent, ServerEvent, StoredEvent } from '../../../src/engine/events.ts'
import { ReplError } from '../../../src/errors.ts'
import { type Screen, screenOf } from '../../../src/render/base/screen.ts'
import { clusterText, type ShardRow } from '../../../src/render/cluster/shards.ts'
import { configText } from '../../../src/render/config/settings.ts'
import { clusterDumpText, type DumpedShard } from '../../../src/render/dump-rdb/cluster.ts'
import { DumpText } from '../../../src/render/dump-rdb/text.ts'
import { HandshakeText } from '../../../src/render/handshake/text.ts'
import { ResyncText } from '../../../src/render/psync/full-text.ts'
import { PsyncText } from '../../../src/render/psync/text.ts'
import { resyncFigures } from '../../helpers/resync-figures.ts'
import { OTHER_REPLID, REPLID } from '../../helpers/wire.ts'

const UTF8 = { LANG: 'C.UTF-8' }
const terminal = (columns: number, env: Record<string, string> = UTF8) => screenOf({ isTTY: true, columns }, 'never', env)
/** What a view writes. */
function written(show: (write: (piece: string) => void) => void): string {
  const pieces: string[] = []
  show((piece) => void pieces.push(piece))
  return pieces.join('')
}

const NO_PROGRESS = { update: () => {}, note: () => {}, end: () => {} }

const NORMAL = { quiet: false, verbosity: 0 }
const QUIET = { quiet: true, verbosity: 0 }
const VERBOSE = { quiet: false, verbosity: 2 }

const CONNECTED: ReplEvent = { type: 'connected', at: 0, rttMs: 0.3, local: '10.0.0.9:41234', remote: '10.0.0.1:6379' }
const SERVER: ServerEvent = {
  type: 'server',
  at: 1,
  identity: { flavour: 'redis', version: '8.6.3', mode: 'standalone' },
  history: { replid: REPLID, offset: 4711, backlog: { firstByteOffset: 1, histlen: 4711, size: 1_048_576 } },
}

function exchange(state: ExchangeEvent['state'], finding: ExchangeEvent['finding'], reply: string, ...sent: string[]): ExchangeEvent {
  return { type: 'exchange', at: 2, state, sent, reply, outcome: 'ok', finding, rttMs: 0.24 }
}

const PING = exchange('RECEIVE_PONG', 'PONG', '+PONG', 'PING')
const CAPA = exchange('RECEIVE_CAPA', 'CAPA_OK', '+OK', 'REPLCONF', 'capa', 'eof', 'capa', 'psync2', 'capa', 'rdb-channel-repl')
const PSYNC = exchange('RECEIVE_PSYNC', 'PSYNC_CONTINUE', `+CONTINUE ${REPLID}`, 'PSYNC', REPLID, '4712')
const COUNTERS: CountersEvent = {
  type: 'counters',
  at: 3,
  rows: [
    { field: 'master_replid', before: REPLID, after: REPLID },
    { field: 'total_forks', before: '2', after: '2' },
    { field: 'sync_full', before: '1', after: '1' },
    { field: 'sync_partial_ok', before: '6', after: '7' },
  ],
}
const GRANTED: ReplEvent = { type: 'verdict', at: 3, verdict: { kind: 'continue', replid: REPLID, offset: 4711 } }

function handshake(screen: Screen, detail = NORMAL): string {
  return written((write) => {
    const text = new HandshakeText(write, detail, screen)
    for (const event of [CONNECTED, PING, SERVER, CAPA, PSYNC, GRANTED, COUNTERS]) text.show(event)
    text.end()
  })
}

const HISTORY = { replid: REPLID, offset: 4_194_304, backlog: { firstByteOffset: 3_145_729, histlen: 1_048_576, size: 1_048_576 } }
const REPLICA = { kind: 'replica', name: '10.0.0.2:6379', role: 'replica', follows: '10.0.0.1:6379', downSeconds: 90 } as const

function factsAt(offset: number, more: Partial<PsyncFacts> = {}): PsyncFacts {
  const position = { replid: REPLID, offset }
  const identity = { flavour: 'redis', version: '8.6.3', mode: 'standalone' }
  return { server: '10.0.0.1:6379', identity, history: HISTORY, position, ...forecastPsync(HISTORY, position), ...more }
}

function psync(screen: Screen, facts: PsyncFacts, detail = NORMAL): string {
  return written((write) => {
    const text = new PsyncText(write, detail, screen)
    for (const event of [CONNECTED, PING, SERVER, PSYNC, COUNTERS]) text.show(event)
    text.conclude(facts, REPLICA)
  })
}

const FIGURES = resyncFigures()

function resync(screen: Screen, detail = NORMAL): string {
  return written((write) => {
    const text = new ResyncText(write, NO_PROGRESS, detail, screen)
    text.show(COUNTERS)
    text.conclude({ figures: FIGURES, judgement: judgeResync(FIGURES, '10.0.0.1:6379'), shard: undefined })
  })
}

const STORED: StoredEvent = {
  type: 'stored',
  at: 4,
  path: '/backup/x.rdb',
  bytes: 1_048_576,
  checksum: 'verified',
  header: { magic: 'REDIS0012', version: 12, aux: { 'redis-ver': '8.6.3', ctime: '0' }, firstDatabase: { db: 0, keys: 1000, expires: 0 } },
  keys: { before: { 0: 1000, 1: 5 } },
  framing: 'eof-mark',
  verdict: { kind: 'full', replid: REPLID, offset: 4711 },
  elapsedMs: 2300,
  written: {},
}

function dump(screen: Screen, detail = NORMAL): string {
  return written((write) => {
    const text = new DumpText(write, NO_PROGRESS, detail, screen)
    text.show(STORED)
    text.show(COUNTERS)
  })
}

const SHARDS: readonly ShardRow[] = [
  ['10.0.0.1:6379', 'PARTIAL', 'good', 'A replica at the live end (offset 4711) would get a partial resync: it has everything.'],
  ['10.0.0.2:6379', 'FULL', 'bad', 'A replica at the live end (offset 0) would get a full resync: this server has no backlog.'],
].map(([endpoint, mark, tone, result], index) => ({
  slots: [[index * 8192, index * 8192 + 8191]],
  node: OTHER_REPLID,
  endpoint,
  from: endpoint,
  looked: { mark, tone, result, isWell: true, report: {} },
})) as unknown as readonly ShardRow[]
const FAILED: ShardRow = { slots: [[8192, 16383]], node: OTHER_REPLID, endpoint: 'm:2', from: 'm:2', failure: new ReplError('LATE') }

const DUMPED: DumpedShard = {
  file: '0.rdb',
  slots: [[0, 16383]],
  node: OTHER_REPLID,
  master: '10.0.0.1:6379',
  from: '10.0.0.1:6379',
  stored: STORED,
}

const SCREENS: Readonly<Record<string, (screen: Screen) => string>> = {
  handshake: (screen) => handshake(screen),
  'handshake -vv': (screen) => handshake(screen, VERBOSE),
  'psync that would be full': (screen) => psync(screen, factsAt(1_048_576)),
  'psync -vv': (screen) => psync(screen, factsAt(4_194_304), VERBOSE),
  'psync --full': (screen) => resync(screen),
  'dump-rdb': (screen) => dump(screen),
  'psync --cluster': (screen) => clusterText(screen, SHARDS, false),
  'dump-rdb --cluster': (screen) => clusterDumpText(screen, '/backup/monday', [DUMPED], 2500, false),
  '--print-config': (screen) => configText(screen, [{ name: 'name', value: 'redis-repl', from: 'built in' }]),
}

/** Of a terminal of 80 columns. */
const EXPECTED: Readonly<Record<string, string>> = {
  handshake: `
OK: A replica could attach here: partial resync accepted at offset 4711, without
  a fork.

CONNECT    10.0.0.1:6379 from 10.0.0.9:41234  0.3 ms
PING       → PONG  0.2 ms
SERVER     redis 8.6.3 standalone
           replid ${REPLID}, offset 4711, with a
           backlog
CAPA       eof psync2 rdb-channel-repl  → OK  0.2 ms
PSYNC      ${REPLID} 4712  → CONTINUE  0.2 ms

Server counters: sync_partial_ok 6 → 7; no fork
`,
  'psync that would be full': `
FULL: Replica 10.0.0.2:6379, reconnecting now (offset 1048576), would get a full
  resync: it is 2,097,152 bytes older than the backlog.
  It requests byte 1048577. The backlog begins at byte 3145729 and holds
  1,048,576 bytes (repl-backlog-size 1,048,576).
  It replicates from 10.0.0.1:6379, and its link has been down for 1 min 30 s.
  Predicted from INFO. No PSYNC was sent.
  A backlog of 3,145,728 bytes would still have it.
  On 10.0.0.1:6379:
    CONFIG SET repl-backlog-size 5mb
  It takes up to 5mb of memory there. To keep it after a restart: CONFIG
  REWRITE, or redis.conf.

A partial resync needs, in the order of the server’s checks:
┌────────────────────────────────┬────────────────────┬─────────────┐
│ the server serves replicas now │                    │ yes         │
│ the replica sends an offset    │ byte 1048577       │ yes         │
│ the server knows its replid    │ replid             │ yes         │
│ not past the fork point        │ the current replid │ yes         │
│ the server has a backlog       │ 1,048,576 bytes    │ yes         │
│ not older than the backlog     │ 1048577 ≥ 3145729  │ NO: decides │
│ not ahead of the server        │                    │ -           │
└────────────────────────────────┴────────────────────┴─────────────┘

Server counters: sync_partial_ok 6 → 7; no fork
`,
  'psync --full': `
LOOP: A replica would never finish a full resync: the master would disconnect it
  each time (a resync loop).
  A replica would be unavailable for 7.5 s, plus the time to load 52.4 MB.
  The output buffer of this replica peaked at 268,435,456 bytes of 268,435,456
  (100.0 %), above the soft limit of 67,108,864 (60 s).
  Each attempt forks the master again. More room for its output buffer ends the
  loop.
  On 10.0.0.1:6379:
    CONFIG SET client-output-buffer-limit "replica 1024mb 1024mb 60"
  Each slow replica may then use up to 1024mb of memory there. To keep it after
  a restart: CONFIG REWRITE, or redis.conf.

┌─────────────────┬───────────┬─────────────────────────────────────────┐
│ wait for BGSAVE │ 5.0 s     │ diskless, repl-diskless-sync-delay 5 s  │
│ transfer        │ 2.0 s     │ 52,428,800 bytes, CRC64 verified        │
│ catch-up        │ 500.0 ms  │ 300,000,000 bytes of stream             │
│ offset          │           │ 100 → 300000100                         │
│ fork            │ 0.4 ms    │ latest_fork_usec                        │
│ output buffer   │           │ peak 268,435,456 bytes (ours)           │
│ its limit       │ 1 min 0 s │ hard 268,435,456, soft 67,108,864 bytes │
└─────────────────┴───────────┴─────────────────────────────────────────┘

Server counters: sync_partial_ok 6 → 7; no fork
`,
  'dump-rdb': `
OK: /backup/x.rdb: 1,048,576 bytes in 2.3 s, REDIS0012, CRC64 verified
┌────────────┬────────────────────────────────────────────────────────────┐
│ keys       │ 1,000 in database 0 (the first in the RDB; others are not  │
│            │ counted); INFO counts 1,000 in database 0, 5 in database 1 │
│ server     │ 8.6.3                                                      │
│ written at │ 1970-01-01T00:00:00.000Z                                   │
│ replid     │ ${REPLID}                   │
│ offset     │ 4711                                                       │
└────────────┴────────────────────────────────────────────────────────────┘
Server counters: sync_partial_ok 6 → 7; no fork
`,
  'psync --cluster': `
FULL: 1 of 2 shards
┌────────────┬───────────────┬─────────┬──────────────────────────────────────┐
│ slots      │ server        │ answer  │ why                                  │
├────────────┼───────────────┼─────────┼──────────────────────────────────────┤
│ 0-8191     │ 10.0.0.1:6379 │ PARTIAL │ A replica at the live end (offset    │
│            │               │         │ 4711) would get a partial resync: it │
│            │               │         │ has everything.                      │
│ 8192-16383 │ 10.0.0.2:6379 │ FULL    │ A replica at the live end (offset 0) │
│            │               │         │ would get a full resync: this server │
│            │               │         │ has no backlog.                      │
└────────────┴───────────────┴─────────┴──────────────────────────────────────┘
2 of 2 shards: 1 PARTIAL, 1 FULL
`,
  'dump-rdb --cluster': `
OK: /backup/monday: 1 shard, 1,048,576 bytes in 2.5 s, CRC64 verified
  0-16383 from 10.0.0.1:6379: 1,048,576 bytes, CRC64 verified; keys: 1,000 in
    database 0 (the first in the RDB; others are not counted); INFO counts 1,000
    in database 0, 5 in database 1
`,
}

describe('a terminal of 80 columns shows', () => {
  for (const [name, text] of Object.entries(EXPECTED)) {
    test(name, () => assert.equal(SCREENS[name]?.(terminal(80)), text.slice(1)))
  }
})

describe('-q shows the verdict alone:', () => {
  const screen = terminal(120)
  const quiet: readonly (readonly [text: string, verdict: string])[] = [
    [handshake(screen, QUIET), 'OK: A replica could attach here: partial resync accepted at offset 4711, without a fork.'],
    [
      psync(screen, factsAt(1_048_576), QUIET),
      'FULL: Replica 10.0.0.2:6379, reconnecting now (offset 1048576), would get a full resync: it is 2,097,152 bytes older than the backlog.',
    ],
    [resync(screen, QUIET), 'LOOP: A replica would never finish a full resync: the master would disconnect it each time (a resync loop).'],
    [dump(screen, QUIET), 'OK: /backup/x.rdb: 1,048,576 bytes in 2.3 s, REDIS0012, CRC64 verified'],
    [clusterText(screen, SHARDS, true), 'FULL: 1 of 2 shards'],
  ]
  for (const [text, verdict] of quiet) test(verdict, () => assert.equal(text.replaceAll('\n  ', ' '), `${verdict}\n`))
})

test('a shard that fails makes the cluster a NO, with the class of the failure in its row', () => {
  const [first] = SHARDS as readonly [ShardRow]
  const text = clusterText(terminal(80), [first, FAILED], false)
  assert.match(text, /^NO: 1 of 2 shards\n/)
  assert.match(text, /│ 8192-16383 +│ m:2 +│ TIMEOUT │/)
  assert.match(text, /\n1 of 2 shards: 1 PARTIAL, 1 TIMEOUT\n$/)
})

test('without an answer of any shard nothing is claimed for a cluster', () => {
  assert.match(clusterText(terminal(80), [], true), /^NO: 0 of 0 shards\n$/)
})

test('green is what was verified: PSYNC’s own grant, and no prediction', () => {
  const screen = screenOf({ isTTY: true, columns: 80 }, 'always', UTF8)
  const green = (text: string) => text.split('\u001b[32m').length - 1
  const granted = factsAt(4_194_304, { verdict: { kind: 'continue', replid: REPLID, offset: 4_194_304 } })
  assert.deepEqual([green(psync(screen, granted)), green(psync(screen, factsAt(4_194_304)))], [1, 0])
  assert.equal(green(clusterText(screen, SHARDS, false)), 1) // the cell of the PARTIAL one
})

describe('no line is wider than the terminal', () => {
  for (const [name, render] of Object.entries(SCREENS)) {
    for (const columns of [80, 120]) {
      for (const env of [UTF8, { LC_ALL: 'C' }]) {
        test(`${name} at ${columns} columns, ${Object.entries(env).flat().join('=')}`, () => {
          const text = render(terminal(columns, env))
          for (const line of text.split('\n')) assert.ok(line.length <= columns, `${line.length}: ${line}`)
          if (env !== UTF8) assert.match(text, /^[\x20-\x7e\n]*$/)
        })
      }
    }
  }
})
