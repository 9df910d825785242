/** When to try again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from '../../../../src/engine/follow/backoff.ts'

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
