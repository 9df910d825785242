import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from '../../../../src/diagnosis/psync/answer.ts'
import { isOthersLoop } from '../../../../src/diagnosis/psync/others-loop.ts'
import { findLoop } from '../../../../src/diagnosis/resync/loop.ts'
import { SyncHistory } from '../../../../src/diagnosis/resync/sync-history.ts'
import { parseServerInfo } from '../../../../src/protocol/info/server-info.ts'

const UP = { kind: 'replica', role: 'replica', name: '10.0.0.2:6380', follows: 'm:1' } as const

/** Whether the loop of that replica is another one's than the subject's. */
function isOthers(looping: string, subject: Subject): boolean {
  const [ip, port] = looping.split(':')
  const history = new SyncHistory()
  for (const [at, state] of [
    [0, 'wait_bgsave'],
    [200, 'wait_bgsave'],
  ] as const) {
    const times = { askedAt: at, answeredAt: at }
    history.saw(parseServerInfo(`role:master\r\nslave0:ip=${ip},port=${port},state=${state},offset=0,lag=0`), times)
    history.saw(parseServerInfo('role:master'), { askedAt: at + 100, answeredAt: at + 100 })
  }
  const loop = findLoop(history, 'm:1', {})
  assert.ok(loop)
  return isOthersLoop(loop, subject)
}

test('a loop is another replica’s only where this one has a link and certainly another address', () => {
  assert.equal(isOthers('10.0.0.2:6381', UP), true)
  assert.equal(isOthers('10.0.0.3:6380', UP), true)
  assert.equal(isOthers('10.0.0.2:6380', UP), false)
  // Either name may mean the host of the other one.
  assert.equal(isOthers('10.0.0.3:6380', { ...UP, name: 'redis-1:6380' }), false)
  assert.equal(isOthers('10.0.0.2:6381', { ...UP, downSeconds: 1 }), false)
  assert.equal(isOthers('10.0.0.2:6381', { kind: 'live end' }), false)
})
