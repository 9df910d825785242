/** What the flags of tail mean. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../../../src/errors.ts'
import type { TailFlags } from '../../../../src/runs/tail/flags.ts'
import { tailPlan } from '../../../../src/runs/tail/plan-from-flags.ts'
import { REPLID } from '../../../helpers/wire.ts'

const FLAGS: TailFlags = {
  ...{ cluster: false, from: 'now', state: undefined, rdb: undefined, force: false, 'allow-fork': false, 'max-rate': undefined },
  ...{
    format: undefined,
    json: false,
    template: undefined,
    time: false,
    utf8: undefined,
    'max-arg': undefined,
    flat: false,
    all: false,
    stats: false,
  },
  ...{ db: undefined, command: undefined, exclude: undefined, match: undefined, grep: undefined },
  ...{ count: undefined, duration: undefined, 'until-offset': undefined, retry: true, 'retry-max-time': 5000, 'on-gap': 'fail' },
  ...{ 'on-full': 'stop', 'spool-max': 1024 ** 3, 'spool-dir': undefined, ack: 'safe' },
}

function plan(flags: Partial<TailFlags>, written: readonly string[] = []) {
  return tailPlan({ ...FLAGS, ...flags }, new Set(written))
}

test('--from names a start', () => {
  assert.deepEqual(plan({ from: 'backlog' }).first, { kind: 'backlog' })
  assert.deepEqual(plan({ from: `${REPLID.toUpperCase()}:12` }).first, { kind: 'after', position: { replid: REPLID, offset: 12 } })
  for (const from of ['later', 'x:1', `${REPLID}:`, `${REPLID}:-1`, `${REPLID}:1.5`]) assert.throws(() => plan({ from }), ReplError, from)
})

test('--rdb needs a full resync that could bring one', () => {
  assert.throws(() => plan({ rdb: 'x.rdb' }), ReplError)
  assert.deepEqual(plan({ rdb: 'x.rdb', from: 'snapshot' }).rdb, { path: 'x.rdb', force: false })
  assert.deepEqual(plan({ rdb: 'x.rdb', force: true, 'on-gap': 'resync' }).rdb, { path: 'x.rdb', force: true })
})

test('the file of --rdb is compressed as its name says, and the folder of a cluster is not', () => {
  const named = (rdb: string, cluster = false) => plan({ rdb, from: 'snapshot', cluster }).rdb?.compression
  assert.deepEqual([named('x.rdb'), named('x.rdb.gz'), named('x.rdb.gz', true)], [undefined, 'gzip', undefined])
  assert.throws(() => named('x.rdb.xz'), ReplError)
})

test('--max-rate is refused where it was written and no RDB can come, and passed over where a profile set it', () => {
  assert.throws(() => plan({ 'max-rate': 3 * 1024 * 1024 }, ['max-rate']), ReplError)
  assert.equal(plan({ 'max-rate': 3 * 1024 * 1024 }).follow.maxRate, 3 * 1024 * 1024)
})

test('limits are numbers', () => {
  assert.deepEqual(plan({}).follow.retry, { isOn: true, maxMs: 5000 })
  assert.equal(plan({ duration: 3000 }).durationMs, 3000)
  assert.equal(plan({ 'until-offset': '5' }).untilOffset, 5)
  assert.throws(() => plan({ 'until-offset': 'x' }), ReplError)
})

test('what has no meaning for several histories is refused with --cluster', () => {
  assert.throws(() => plan({ cluster: true, from: `${REPLID}:12` }), ReplError)
  assert.throws(() => plan({ cluster: true, format: 'resp' }), ReplError)
})
