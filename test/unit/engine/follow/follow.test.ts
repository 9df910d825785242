/** The small decisions of whoever follows: where to begin, when to try again, what silence means, what to claim. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { goOnCommand } from '../../../../src/cli/resume-command.ts'
import { describeSilence, isShuttingDown, judgeSilence } from '../../../../src/diagnosis/psync/silence.ts'
import { Backoff } from '../../../../src/engine/follow/backoff.ts'
import { ForkLeave } from '../../../../src/engine/follow/fork-permit.ts'
import { aimAt } from '../../../../src/engine/follow/start.ts'
import { type AckMode, Heartbeat } from '../../../../src/engine/link/heartbeat.ts'
import { ReplError } from '../../../../src/errors.ts'
import type { Transport } from '../../../../src/io/socket-link.ts'
import { parseInfo } from '../../../../src/protocol/info/info.ts'
import type { History } from '../../../../src/protocol/info/server-facts.ts'
import { parseSize } from '../../../../src/runs/size.ts'
import { firstStart, followOptions, parseLimit, placeOf } from '../../../../src/runs/tail/flags.ts'
import { multibulk, OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const MIB = 1024 * 1024

function history(backlog?: History['backlog'], offset = 10 * MIB): History {
  return { replid: REPLID, offset, ...(backlog && { backlog }) }
}

test('now: the live end is shown, and what is read before it is only to learn the database', () => {
  const roomy = history({ firstByteOffset: 1, histlen: 10 * MIB, size: 64 * MIB })
  const aim = aimAt({ kind: 'now' }, roomy, 0)
  assert.deepEqual(aim, { position: { replid: REPLID, offset: 9 * MIB }, shownBehind: 10 * MIB, mayCut: true })
  // The whole history, when it is short.
  const short = aimAt({ kind: 'now' }, history({ firstByteOffset: 1, histlen: 500, size: 64 * MIB }, 500), 0)
  assert.deepEqual(short?.position, { replid: REPLID, offset: 0 })
  assert.deepEqual(aimAt({ kind: 'now' }, history(), 0), { position: undefined, shownBehind: 10 * MIB, mayCut: false })
})

test('now: no position is asked for that a few writes would push out of a full backlog', () => {
  const full = history({ firstByteOffset: 9 * MIB + 1, histlen: MIB, size: MIB })
  assert.deepEqual(aimAt({ kind: 'now' }, full, 0)?.position, { replid: REPLID, offset: 9 * MIB + 256 * 1024 })
})

test('backlog: its first byte, or a younger one when that was lost a moment ago', () => {
  const full = history({ firstByteOffset: 9 * MIB + 1, histlen: MIB, size: MIB })
  assert.deepEqual(aimAt({ kind: 'backlog' }, full, 0)?.position, { replid: REPLID, offset: 9 * MIB })
  assert.deepEqual(aimAt({ kind: 'backlog' }, full, 1000)?.position, { replid: REPLID, offset: 9 * MIB + 1000 })
  assert.deepEqual(aimAt({ kind: 'backlog' }, full, 5 * MIB)?.position, { replid: REPLID, offset: 10 * MIB })
})

test('a place of an earlier run is asked for as it is', () => {
  const place = { offset: 77, db: 3, transaction: undefined }
  const aim = aimAt({ kind: 'place', replid: OTHER_REPLID, place }, history(), 0)
  assert.deepEqual(aim, { position: { replid: OTHER_REPLID, offset: 77 }, shownBehind: 77, mayCut: false })
})

test('tries come soon at first, then less and less often, and end when it is time', () => {
  const backoff = new Backoff({ isOn: true, maxMs: 60_000 })
  for (const ceiling of [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
    const wait = backoff.next(1000) as number
    assert.ok(wait >= ceiling / 2 && wait <= ceiling, `${wait} of ${ceiling}`)
  }
  assert.equal(backoff.next(61_000), undefined)
  backoff.reset()
  assert.ok((backoff.next(62_000) as number) <= 200)
  assert.equal(new Backoff({ isOn: false }).next(0), undefined)
})

function info(fields: Record<string, string>) {
  return parseInfo(
    Object.entries({ role: 'master', master_replid: REPLID, master_repl_offset: '100', ...fields })
      .map(([name, value]) => `${name}:${value}`)
      .join('\r\n'),
  )
}

test('silence of a server that is where we are is idleness; else something is wrong, and what is told', () => {
  assert.equal(judgeSilence(info({}), REPLID, 100), 'idle')
  assert.equal(judgeSilence(info({}), REPLID, 99), 'broken')
  assert.equal(judgeSilence(info({}), OTHER_REPLID, 100), 'broken')
  assert.equal(judgeSilence(info({ role: 'slave', master_link_status: 'down' }), REPLID, 100), 'NOMASTERLINK')
  assert.equal(judgeSilence(info({ loading: '1' }), REPLID, 100), 'LOADING')
  assert.match(describeSilence('NOMASTERLINK'), /lost its own master/)
  assert.equal(isShuttingDown(info({ shutdown_in_milliseconds: '900' })), true)
  assert.equal(isShuttingDown(info({})), false)
})

const GETACK = multibulk('REPLCONF', 'GETACK', '*')

/** What is acknowledged while a stream comes in. */
function acks(mode: AckMode, isCluster: boolean, act: (heartbeat: Heartbeat) => void): string[] {
  mock.timers.enable({ apis: ['setInterval'] })
  const sent: string[] = []
  const link = { write: (bytes: Buffer) => sent.push(/ACK\r\n\$\d+\r\n(\d+)/.exec(bytes.toString())?.[1] ?? '') } as unknown as Transport
  const heartbeat = new Heartbeat(link, mode, 1000, isCluster)
  try {
    act(heartbeat)
    return sent
  } finally {
    heartbeat.stop()
    mock.timers.reset()
  }
}

test('each second there is a sign of life, which claims nothing unless it is honest', () => {
  const life = (mode: AckMode) =>
    acks(mode, false, (heartbeat) => {
      heartbeat.delivered(1500)
      mock.timers.tick(2000)
    })
  assert.deepEqual(life('safe'), ['0', '0', '0'])
  assert.deepEqual(life('zero'), ['0', '0', '0'])
  assert.deepEqual(life('honest'), ['0', '1500', '1500'])
})

test('GETACK is answered at once by an honest one when all before it is delivered, however it is cut; by the others never', () => {
  for (let at = 1; at < GETACK.length; at++) {
    const ask = (heartbeat: Heartbeat) => {
      heartbeat.received(Buffer.concat([Buffer.from('x'.repeat(50)), GETACK.subarray(0, at)]))
      heartbeat.received(GETACK.subarray(at))
      heartbeat.delivered(1049)
      heartbeat.delivered(1050)
    }
    assert.deepEqual(acks('honest', false, ask), ['0', '1050'])
    assert.deepEqual(acks('safe', false, ask), ['0'])
  }
})

test('a CLUSTER SETSLOT is confirmed in a cluster, by the safe mode', () => {
  const setslot = multibulk('CLUSTER', 'SetSlot', '5', 'NODE', REPLID)
  const ask = (heartbeat: Heartbeat) => heartbeat.received(Buffer.concat([setslot, GETACK]))
  assert.deepEqual(acks('safe', true, ask), ['0', String(1000 + setslot.length)])
  assert.deepEqual(acks('safe', false, ask), ['0'])
  assert.deepEqual(acks('zero', true, ask), ['0'])
})

test('a CLUSTER SETSLOT is confirmed once, up to its GETACK, also where writes follow at once and wherever the stream is cut', () => {
  const setslot = multibulk('CLUSTER', 'SETSLOT', '5', 'NODE', REPLID)
  const stream = Buffer.concat([setslot, GETACK, multibulk('SET', 'a', '1')])
  for (let at = 0; at < stream.length; at++) {
    const ask = (heartbeat: Heartbeat) => {
      heartbeat.received(stream.subarray(0, at))
      heartbeat.received(stream.subarray(at))
      heartbeat.received(stream.subarray(setslot.length))
    }
    assert.deepEqual(acks('safe', true, ask), ['0', String(1000 + setslot.length)], `cut at ${at}`)
  }
})

test('sizes are read as redis.conf writes them', () => {
  assert.deepEqual(
    ['1', '2k', '2KB', '3m', '3mb', '1gb', '0'].map((text) => parseSize(text, 'x')),
    [1, 2000, 2048, 3e6, 3 * MIB, 1024 * MIB, 0],
  )
  for (const text of ['', 'x', '1x', '-1', '1.5gb', '1tb', '999999999999999gb']) assert.throws(() => parseSize(text, 'x'), ReplError, text)
})

test('the command to go on with has what shapes the output, and no secret, limit or start', () => {
  const definitions = {
    format: {},
    from: { default: 'now' },
    pass: {},
    count: {},
    match: {},
    retry: { default: true, allowNo: true },
    all: {},
    ack: { default: 'safe' },
    tls: {},
    cacert: {},
    'sentinel-tls': { allowNo: true },
    'sentinel-pass': {},
    prefer: {},
  }
  const flags = {
    ...{ format: 'csv', from: 'backlog', pass: 'secret', count: 5, match: ["it's *"], retry: false, all: true, ack: 'safe' },
    ...{ tls: true, cacert: 'ca.pem', 'sentinel-tls': false, 'sentinel-pass': 'secret', prefer: 'replica' },
  }
  assert.equal(
    goOnCommand(['rediss://h:1'], `${REPLID}:5`, flags as unknown as Parameters<typeof goOnCommand>[2], definitions),
    `redis-repl tail rediss://h:1 --from ${REPLID}:5 --format csv --match 'it'\\''s *' --no-retry --all --cacert ca.pem --no-sentinel-tls --prefer replica`,
  )
})

const FLAGS = {
  ...{
    from: 'now',
    rdb: undefined,
    force: false,
    'allow-fork': false,
    'max-rate': undefined,
    retry: true,
    'retry-max-time': 5,
    'on-gap': 'fail',
  },
  ...{ 'on-full': 'stop', 'spool-max': '1gb', ack: 'safe' },
}

test('flags name a start, and the state of an earlier run another', () => {
  const start = (from: string) => firstStart({ ...FLAGS, from })
  assert.deepEqual(start('backlog'), { kind: 'backlog' })
  assert.deepEqual(start(`${REPLID.toUpperCase()}:12`), { kind: 'position', position: { replid: REPLID, offset: 12 } })
  for (const bad of ['later', 'x:1', `${REPLID}:`, `${REPLID}:-1`, `${REPLID}:1.5`]) assert.throws(() => start(bad), ReplError, bad)
  const saved = { replid: REPLID, offset: 5, db: null, transaction: 2 }
  assert.deepEqual(placeOf(saved), {
    kind: 'place',
    replid: REPLID,
    place: { offset: 5, db: undefined, transaction: 2 },
  })
  assert.deepEqual(followOptions(FLAGS, { kind: 'now' }, { of: 1 }).retry, { isOn: true, maxMs: 5000 })
  assert.throws(() => firstStart({ ...FLAGS, rdb: 'x.rdb' }), ReplError)
  const third = followOptions({ ...FLAGS, 'max-rate': '3mb', 'spool-max': '10' }, { kind: 'snapshot' }, { of: 3 })
  assert.deepEqual([third.maxRate, third.spoolBytes], [1024 * 1024, 4], 'one of three shards has its part of what they share')
  assert.equal(parseLimit('5'), 5)
  assert.throws(() => parseLimit('x'), ReplError)
})

test('leave to fork is there once, and again when a stream has come of it', () => {
  const leave = new ForkLeave()
  assert.deepEqual([leave.take(true), leave.take(true)], [true, false])
  leave.earn()
  assert.deepEqual([leave.take(true), leave.take(true)], [true, false])
})

test('leave to fork is kept by a link that has no use for it, and by one that was served without a fork', () => {
  const leave = new ForkLeave()
  assert.deepEqual([leave.take(false), leave.take(true)], [false, true])
  leave.giveBack()
  assert.equal(leave.take(true), true)
})

test('leave to fork is not given back by a link that did not have it', () => {
  const leave = new ForkLeave()
  leave.take(true)
  leave.take(false)
  leave.giveBack()
  assert.equal(leave.take(true), false)
})
