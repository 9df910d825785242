/** Durations as people write them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../../src/errors.ts'
import { durationText, parseDuration } from '../../../src/runs/duration.ts'

test('a bare number is seconds, and units from milliseconds to days are read', () => {
  assert.deepEqual(
    ['0', '3', '0.5', '500ms', '30s', '1.5m', '2h', '1d'].map((text) => parseDuration(text, 'x')),
    [0, 3000, 500, 500, 30_000, 90_000, 7_200_000, 86_400_000],
  )
  for (const text of ['', 'x', '-1', '1w', '1 s', 's', '1e3', '.5', '5m30s']) assert.throws(() => parseDuration(text, 'x'), ReplError, text)
})

test('a duration beyond the longest timer of Node, or out of its range, is refused', () => {
  assert.throws(() => parseDuration('25d', 'x'), ReplError)
  assert.equal(parseDuration('24d', 'x'), 24 * 86_400_000)
  const problemOf = (text: string) => {
    try {
      return parseDuration(text, 'interval', { min: 100, max: 60_000 })
    } catch (error) {
      return error instanceof ReplError && error.details.reason === 'FLAGS' ? error.details.problem : error
    }
  }
  assert.deepEqual(
    [problemOf('99ms'), problemOf('100ms'), problemOf('1m'), problemOf('61s')],
    ['--interval takes at least 100ms', 100, 60_000, '--interval takes at most 1m'],
  )
})

test('an error does not repeat what was given, which may be a password', () => {
  assert.throws(
    () => parseDuration('s3cret', 'x'),
    (error) => error instanceof ReplError && !JSON.stringify(error.details).includes('s3cret'),
  )
})

test('a duration is written in the largest unit that divides it, so that reading it gives the same', () => {
  assert.deepEqual([0, 20, 1500, 5000, 60_000, 90_000, 3_600_000, 86_400_000].map(durationText), [
    '0',
    '20ms',
    '1500ms',
    '5s',
    '1m',
    '90s',
    '1h',
    '1d',
  ])
})
