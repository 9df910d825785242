/** A replica that was found a moment ago has not been asked yet: it does not hang. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeState } from '../../../../src/diagnosis/lag/check.ts'
import type { TreeNode } from '../../../../src/diagnosis/lag/lag.ts'
import { LagMeter } from '../../../../src/diagnosis/lag/meter.ts'
import { lagReport } from '../../../../src/diagnosis/lag/report.ts'
import { replicaNotes } from '../../../../src/diagnosis/lag/words.ts'

const TOP: TreeNode = { name: 'm:1', depth: 0, silentMs: 0, isTool: false }
const reported = (silentMs: number) => {
  const node: TreeNode = { name: 'r:1', upstream: TOP, depth: 1, silentMs, isTool: false }
  return lagReport([TOP, node], new LagMeter(), new Date(0)).replicas[0]
}

test('a replica without an answer is silent only after a second', () => {
  const found = reported(0.075)
  assert.equal(found?.state, 'not-asked')
  assert.equal(found && describeState(found), 'not asked yet')
  assert.doesNotMatch(found ? replicaNotes(found, undefined).join() : '', /hangs|owed/)
  assert.equal(reported(1500)?.state, 'silent')
})
