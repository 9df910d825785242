import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredEvent } from '../../../../src/engine/events.ts'
import { keysText } from '../../../../src/render/dump-rdb/keys.ts'

const HEADER = { isEmpty: false, firstDatabase: { db: 0, keys: 200 } } as StoredEvent['header']

test('the keys of an RDB with several databases are said to be those of the first one', () => {
  const several = keysText(HEADER, { before: { 0: 200, 3: 200 } } as never)
  assert.match(several, /^200 in database 0 \(the first in the RDB; others are not counted\); INFO counts 200 in database 0, 200 in/)
  assert.equal(keysText(HEADER, { before: { 0: 200 } } as never), '200 in database 0; INFO counts 200 in database 0')
})
