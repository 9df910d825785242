import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromMigrations } from '../../../../src/protocol/cluster/migrations.ts'
import { mergeRanges, parseRanges } from '../../../../src/protocol/cluster/slot-ranges.ts'
import { ServerError } from '../../../../src/protocol/wire/reply.ts'

const ID = '9a714f0208c0dd43fe7ae42b2c5701d7ba34d9f7'
/** As Valkey 9.1 and Redis 8.6 answered, shortened. */
const valkey = (state: string) => [
  'name',
  ID,
  'operation',
  'IMPORT',
  'slot_ranges',
  '0-100 7000',
  'create_time',
  '1796044371',
  'state',
  state,
]
const redis = (state: string) => ['id', ID, 'slots', '0-100 7000', 'operation', 'import', 'state', state, 'retries', '0']
const SLOTS = [
  [0, 100],
  [7000, 7000],
]

for (const [kind, reply] of Object.entries({ valkey, redis })) {
  test(`a migration of ${kind} is in progress in every state but its last ones`, () => {
    for (const state of ['waiting-to-pause', 'occurring-on-primary', 'send-bulk-and-stream', 'none', '']) {
      assert.deepEqual(fromMigrations([reply(state)]), [{ id: ID, slots: SLOTS, isOver: false }], state)
    }
    for (const state of ['success', 'completed', 'failed', 'cancelled', 'canceled']) {
      assert.deepEqual(fromMigrations([reply(state)]), [{ id: ID, slots: SLOTS, isOver: true }], state)
    }
  })
}

test('without migrations the list is empty, and a refusal is not a list', () => {
  assert.deepEqual(fromMigrations([]), [])
  assert.equal(fromMigrations(new ServerError("ERR unknown subcommand 'GETSLOTMIGRATIONS'. Try CLUSTER HELP.")), undefined)
})

test('a migration without a state is in progress', () => {
  assert.deepEqual(fromMigrations([[]]), [{ id: '', slots: [], isOver: false }])
  assert.deepEqual(fromMigrations(['text']), [{ id: '', slots: [], isOver: false }])
})

test('ranges are merged where they touch or overlap', () => {
  assert.deepEqual(mergeRanges(parseRanges('9 0-100 50-200,201 300')), [
    [0, 201],
    [300, 300],
  ])
  assert.deepEqual(mergeRanges([]), [])
})
