import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RdbHeader } from '../../../src/rdb/header.ts'
import { movingAtSnapshot } from '../../../src/rdb/moving-slots.ts'

const header = (aux: Record<string, string>, more: Partial<RdbHeader> = {}): RdbHeader => ({
  magic: 'REDIS0013',
  version: 13,
  aux,
  ...more,
})
const [ID, SOURCE, TARGET] = ['1', '2', '3'].map((digit) => digit.repeat(40))
const task = (state: string, slots: string) => header({ 'cluster-asm-task': `${ID}:${SOURCE}:${TARGET}:import:${state}:${slots}` })

test('no slot moves in an RDB without slots, or with an empty task', () => {
  assert.equal(movingAtSnapshot(header({})), undefined)
  assert.equal(movingAtSnapshot(header({ 'cluster-asm-task': '', 'cluster-slot-states': '' })), undefined)
})

test('the task of Redis counts in every state that is not its last, also in unknown ones', () => {
  for (const state of ['connecting', 'accumulate-buffer', 'something-new', '']) {
    assert.deepEqual(movingAtSnapshot(task(state, '0-100 200')), [
      [0, 100],
      [200, 200],
    ])
  }
  for (const state of ['completed', 'failed', 'canceled']) assert.equal(movingAtSnapshot(task(state, '0-100')), undefined)
})

test('a task of another form counts, without its slots', () => {
  assert.deepEqual(movingAtSnapshot(header({ 'cluster-asm-task': 'something else' })), [])
})

test('imported slots and slots opened by CLUSTER SETSLOT are one list', () => {
  const aux = { 'cluster-slot-states': `9>${SOURCE},11<${TARGET},` }
  assert.deepEqual(movingAtSnapshot(header(aux)), [
    [9, 9],
    [11, 11],
  ])
  assert.deepEqual(movingAtSnapshot(header(aux, { importedSlots: [[10, 10]] })), [[9, 11]])
})
