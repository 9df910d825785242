import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SlotMigration } from '../../../src/protocol/cluster/migrations.ts'
import { allMoves, movingSlots, type SlotMoves } from '../../../src/topology/cluster-node.ts'

const moves = (open: SlotMoves['open'], ...migrations: SlotMigration[]): SlotMoves => ({ open, migrations })
const migration = (id: string, isOver: boolean, slots: SlotMigration['slots'] = [[0, 9]]) => ({ id, isOver, slots })

test('past migrations do not count as moves', () => {
  assert.equal(movingSlots(moves([])), undefined)
  assert.equal(movingSlots(moves([], migration('a', true))), undefined)
})

test('open slots and running migrations are moves, each slot once', () => {
  const both = allMoves([
    moves([[5, 5]], migration('a', false)),
    moves(
      [
        [5, 5],
        [12, 12],
      ],
      migration('a', false),
    ),
  ])
  assert.deepEqual(movingSlots(both), [
    [0, 9],
    [12, 12],
  ])
  assert.deepEqual(movingSlots(moves([], migration('a', false, []))), [])
})

test('a migration that has begun and ended since the first look moved slots all the same', () => {
  const first = moves([], migration('a', true))
  assert.equal(movingSlots(moves([], migration('a', true)), first), undefined)
  assert.deepEqual(movingSlots(moves([], migration('b', true), migration('a', true)), first), [[0, 9]])
})
