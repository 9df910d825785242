/** Nothing that forks is tried twice in a row. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ForkPermit } from '../../../../src/engine/follow/fork-permit.ts'

test('a fork is permitted once, and again after it led to a stream', () => {
  const permit = new ForkPermit()
  assert.deepEqual([permit.take(true), permit.take(true)], [true, false])
  permit.renew()
  assert.deepEqual([permit.take(true), permit.take(true)], [true, false])
})

test('the permit stays where a link has no use for it, and where it was served without a fork', () => {
  const permit = new ForkPermit()
  assert.deepEqual([permit.take(false), permit.take(true)], [false, true])
  permit.giveBack()
  assert.equal(permit.take(true), true)
})

test('a permit is not given back by a link that did not have it', () => {
  const permit = new ForkPermit()
  permit.take(true)
  permit.take(false)
  permit.giveBack()
  assert.equal(permit.take(true), false)
})
