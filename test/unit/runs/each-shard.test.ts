/** The same work for every shard. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../../src/errors.ts'
import { forEach, valuesOf } from '../../../src/runs/each-shard.ts'

test('valuesOf: has one value for each shard in their order, however long each took', async () => {
  const outcomes = await forEach([3, 1, 2], 2, async (turns) => {
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    return turns
  })
  assert.deepEqual(valuesOf(outcomes), [3, 1, 2])
})

test('valuesOf: no shard is left out, neither one that failed nor one that met a bug', async () => {
  for (const [error, code] of [
    [new ReplError('CLOSED'), 'LINK_LOST'],
    [new TypeError('x is not a function'), 'INTERNAL'],
  ] as const) {
    const outcomes = await forEach(['whole', 'lost'], 2, async (shard) => {
      if (shard === 'lost') throw error
      return shard
    })
    assert.throws(() => valuesOf(outcomes), { code })
  }
})
