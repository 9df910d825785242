/** Sizes as people write them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../../src/errors.ts'
import { parseSize } from '../../../src/runs/size.ts'

const MIB = 1024 * 1024

test('sizes are read as redis.conf writes them', () => {
  assert.deepEqual(
    ['1', '2k', '2KB', '3m', '3mb', '1gb', '0'].map((text) => parseSize(text, 'x')),
    [1, 2000, 2048, 3e6, 3 * MIB, 1024 * MIB, 0],
  )
  for (const text of ['', 'x', '1x', '-1', '1.5gb', '1tb', '999999999999999gb']) assert.throws(() => parseSize(text, 'x'), ReplError, text)
})
