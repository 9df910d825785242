/** Sizes as people write them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../../src/errors.ts'
import { parseSize, sizeText } from '../../../src/runs/size.ts'

const MIB = 1024 * 1024

test('sizes are read as redis.conf writes them, and in binary units', () => {
  assert.deepEqual(
    ['1', '7b', '2k', '2KB', '3m', '3mb', '1gb', '0', '2KiB', '3MiB', '1GiB'].map((text) => parseSize(text, 'x')),
    [1, 7, 2000, 2048, 3e6, 3 * MIB, 1024 * MIB, 0, 2048, 3 * MIB, 1024 * MIB],
  )
  for (const text of ['', 'x', '1x', '-1', '1.5gb', '1tb', '999999999999999gb']) assert.throws(() => parseSize(text, 'x'), ReplError, text)
})

test('a size below the minimum is refused, and the error does not repeat what was given', () => {
  assert.throws(
    () => parseSize('63kb', 'max-rate', 64 * 1024),
    (error) => error instanceof ReplError && JSON.stringify(error.details).includes('--max-rate takes at least 64kb'),
  )
  assert.throws(
    () => parseSize('s3cret', 'x'),
    (error) => error instanceof ReplError && !JSON.stringify(error.details).includes('s3cret'),
  )
})

test('a size is written so that reading it gives the same size', () => {
  assert.deepEqual([0, 1, 1000, 1024, 1536, 3 * MIB, 1024 * MIB].map(sizeText), ['0', '1', '1000', '1kb', '1536', '3mb', '1gb'])
})
