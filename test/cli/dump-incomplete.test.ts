/** An RDB whose bytes are right and whose data is not all there gets no name. Scripted: no real server sends one on demand. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { FakeMaster, infoReply, REPLID, type Script } from '../helpers/fake-master.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { auxField, framedByLength, line, OTHER_REPLID, rdb } from '../helpers/wire.ts'

const home = await mkdtemp(join(tmpdir(), 'redis-repl-incomplete-'))
after(() => rm(home, { recursive: true, force: true }))

const KEY = Buffer.from([0, 1, 0x6b, 1, 0x76])

/** An RDB whose first database says that it holds so many keys. */
function holding(keys: number, db = 0): Buffer {
  return rdb({ body: Buffer.concat([Buffer.from([0xfe, db, 0xfb, 0x40 | (keys >> 8), keys & 0xff, 0]), KEY]) })
}

const EMPTY = rdb()

function fullResync(payload: Buffer, { replid = REPLID, offset = 100 } = {}): Buffer {
  return Buffer.concat([line(`+FULLRESYNC ${replid} ${offset}`), framedByLength(payload)])
}

/** INFO with these keys, on the first, second, … query; the last one stays. */
function counting(psync: Buffer, ...looks: Record<string, string>[]): Script {
  let asked = 0
  return {
    PSYNC: psync,
    get INFO() {
      return infoReply(looks[Math.min(asked++, looks.length - 1)])
    },
  }
}

const keys = (count: number) => `keys=${count},expires=0,avg_ttl=0`

async function dump(script: Script, ...flags: string[]): Promise<{ ran: Ran; files: string[] }> {
  const master = await FakeMaster.start(script)
  const folder = await mkdtemp(join(home, 'x-'))
  try {
    return { ran: await cli(['dump-rdb', master.target, '-o', join(folder, 'x.rdb'), ...flags]), files: await readdir(folder) }
  } finally {
    master.stop()
  }
}

const INCOMPLETE: readonly (readonly [name: string, script: Script, says: RegExp])[] = [
  ['an empty RDB of a full server', counting(fullResync(EMPTY), { db0: keys(1000) }), /holds no keys, but INFO counted 1,000 keys\./],
  [
    'an empty RDB of a server with keys in other databases',
    counting(fullResync(EMPTY), { db3: keys(2), db9: keys(1) }),
    /no keys, but INFO counted 3/,
  ],
  [
    'a count that no key follows',
    counting(fullResync(rdb({ body: Buffer.from([0xfe, 0, 0xfb, 0x43, 0xe8, 0]) })), { db0: keys(1000) }),
    /no keys/,
  ],
  [
    'an RDB with far fewer keys',
    counting(fullResync(holding(7)), { db0: keys(1000) }),
    /holds 7 keys, but INFO counted 1,000 keys in database 0/,
  ],
  ['an RDB without the first database', counting(fullResync(holding(7, 2)), { db0: keys(1000), db2: keys(7) }), /0 keys|no keys/],
  [
    'an empty RDB where keys came and went, and stayed',
    counting(fullResync(EMPTY), { db0: keys(1000) }, { db0: keys(900) }),
    /counted 900 keys/,
  ],
  [
    'an empty RDB that comes by SYNC',
    { ...counting(framedByLength(EMPTY), { db0: keys(1000) }), PSYNC: "-ERR unknown command 'PSYNC'\r\n", SYNC: framedByLength(EMPTY) },
    /no keys/,
  ],
  [
    'an offset that goes back',
    counting(fullResync(holding(7), { offset: 99 }), { db0: keys(7) }),
    /answered PSYNC with offset 99, but its INFO had shown 100/,
  ],
  [
    'an offset that goes back in a new history',
    counting(fullResync(holding(7), { replid: OTHER_REPLID, offset: 99 }), { db0: keys(7) }),
    /answered PSYNC with offset 99, but its INFO had shown 100/,
  ],
  [
    'a new history from offset 0 of a server that prints no keys',
    counting(fullResync(holding(7), { replid: OTHER_REPLID, offset: 0 }), {}),
    /answered PSYNC with offset 0, but its INFO had shown 100/,
  ],
]

for (const [name, script, says] of INCOMPLETE) {
  test(`${name} is no snapshot`, async () => {
    // The getter of the script counts queries, so it is not copied.
    const { ran, files } = await dump(script)
    assertThreeParts(ran, 'PAYLOAD_INCOMPLETE', 7)
    assert.match(ran.err.replaceAll(/\s+/g, ' '), says)
    assert.match(ran.err.replaceAll(/\s+/g, ' '), /The received data was removed/)
    assert.doesNotMatch(ran.err, /verified/)
    assert.deepEqual(files, [])
  })
}

const WHOLE: readonly (readonly [name: string, script: Script, says: RegExp])[] = [
  ['an empty RDB of an empty server', counting(fullResync(EMPTY)), /keys none; not compared with INFO server/],
  [
    'a database that was flushed meanwhile',
    counting(fullResync(EMPTY), { db0: keys(1000) }, {}),
    /none; INFO counts 1,000 in database 0 before, none after/,
  ],
  [
    'a database that shrank meanwhile',
    counting(fullResync(holding(10)), { db0: keys(1000) }, { db0: keys(12) }),
    /10 in database 0; INFO counts 1,000 in database 0 before, 12 in database 0 after/,
  ],
  [
    'an RDB with as many keys as INFO counts',
    counting(fullResync(holding(1000)), { db0: keys(1000), db1: keys(5) }),
    /keys 1,000 in database 0 \(the first in the RDB; others are not counted\); INFO counts 1,000 in database 0, 5 in database 1/,
  ],
  [
    'an older BGSAVE that is shared with us',
    counting(fullResync(holding(7), { offset: 50 }), { db0: keys(1000), rdb_bgsave_in_progress: '1' }),
    /7 in database 0/,
  ],
  ['an RDB of a new history', counting(fullResync(holding(7), { replid: OTHER_REPLID }), { db0: keys(7) }), /7 in database 0/],
  [
    'an RDB without a count, where INFO is not permitted',
    {
      PSYNC: fullResync(rdb({ body: Buffer.concat([Buffer.from([0xfe, 0]), KEY]) })),
      INFO: '-NOPERM no right to info\r\n',
      HELLO: '-ERR\r\n',
    },
    /keys not counted in this RDB; not compared with INFO: not permitted/,
  ],
]

for (const [name, script, says] of WHOLE) {
  test(`${name} is a snapshot, and its keys are reported`, async () => {
    const { ran, files } = await dump(script)
    assert.equal(ran.status, 0, ran.err)
    // A table cell is wrapped at the width of the screen.
    assert.match(ran.err.replaceAll(/[\s│]+/g, ' '), says)
    assert.deepEqual(files, ['x.rdb'])
  })
}

test('the keys of both counts are in the JSON', async () => {
  const { ran } = await dump(counting(fullResync(holding(10)), { db0: keys(1000) }, { db0: keys(12) }), '--json')
  const report = assertSchema(ran.out, 'dump-rdb') as unknown as { keys: object; rdb: object; shard: unknown }
  assert.deepEqual(report.keys, { infoBefore: { 0: 1000 }, infoAfter: { 0: 12 } })
  assert.deepEqual(report.rdb, {
    magic: 'REDIS0012',
    version: 12,
    aux: { 'redis-ver': '7.4.1' },
    isEmpty: false,
    firstDatabase: { db: 0, keys: 10, expires: 0 },
  })
  assert.equal(report.shard, null)
})

for (const [name, script, code, status] of [
  ['an empty RDB of a full server', () => counting(fullResync(EMPTY), { db0: keys(1000) }), 'PAYLOAD_INCOMPLETE', 7],
  [
    'an RDB with slots that move',
    () => ({ PSYNC: fullResync(rdb({ aux: { 'cluster-asm-task': 'a:b:c:import:connecting:7' } })) }),
    'TRY_LATER',
    6,
  ],
] as const) {
  test(`tail keeps no snapshot either that is ${name}, and asks for no second one`, async () => {
    const master = await FakeMaster.start(script())
    const folder = await mkdtemp(join(home, 'tail-'))
    try {
      const ran = await cli(['tail', master.target, '--from', 'snapshot', '--rdb', join(folder, 'x.rdb'), '--duration', '20'])
      assertThreeParts(ran, code, status)
      assert.deepEqual(await readdir(folder), [])
      assert.equal(master.received.filter(([command]) => command === 'PSYNC').length, 1)
    } finally {
      master.stop()
    }
  })
}

const MOVING: readonly (readonly [name: string, payload: Buffer, slots: RegExp])[] = [
  [
    'a slot that a Valkey imports',
    rdb({ magic: 'VALKEY080', body: Buffer.concat([Buffer.from([0xf3, 1, 0x6d, 1, 5, 7]), Buffer.from([0xfe, 0, 0xfb, 1, 0]), KEY]) }),
    /another: 5-7\./,
  ],
  [
    'the task of a Redis that imports',
    rdb({
      body: Buffer.concat([auxField('cluster-asm-task', 'a:b:c:import:accumulate-buffer:0-100'), Buffer.from([0xfe, 0, 0xfb, 1, 0]), KEY]),
    }),
    /another: 0-100\./,
  ],
  ['a task of a form to come', rdb({ body: auxField('cluster-asm-task', 'new form') }), /another: the server does not say which\./],
]

for (const [name, payload, slots] of MOVING) {
  test(`an RDB with ${name} is not verified, also from a server that is in no cluster`, async () => {
    const { ran, files } = await dump({ PSYNC: fullResync(payload) })
    assertThreeParts(ran, 'TRY_LATER', 6)
    assert.match(ran.err.replaceAll(/\s+/g, ' '), slots)
    assert.deepEqual(files, [])
  })
}
