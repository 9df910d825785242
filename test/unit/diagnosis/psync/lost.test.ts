/** Which writes a server loses when it becomes a replica of another one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lostWrites } from '../../../../src/diagnosis/psync/lost.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const THIRD = 'c'.repeat(40)

test('an old master loses what it wrote after its replica was promoted', () => {
  // PSYNC may ask the promoted server for offset 54 of the former history: it has 53 bytes of it.
  const promoted = { replid: OTHER_REPLID, offset: 90, replid2: REPLID, secondOffset: 54 }
  assert.deepEqual(lostWrites({ replid: REPLID, offset: 117 }, promoted), { kind: 'some', replid: REPLID, after: 53, upTo: 117 })
  assert.deepEqual(lostWrites({ replid: REPLID, offset: 53 }, promoted), { kind: 'none' })
})

test('a promoted replica loses its own history when it rejoins its old master', () => {
  const promoted = { replid: OTHER_REPLID, offset: 90, replid2: REPLID, secondOffset: 54 }
  assert.deepEqual(lostWrites(promoted, { replid: REPLID, offset: 117 }), { kind: 'some', replid: OTHER_REPLID, after: 53, upTo: 90 })
})

test('two replicas of one master part where the first of them was promoted', () => {
  const one = { replid: OTHER_REPLID, offset: 90, replid2: REPLID, secondOffset: 54 }
  const other = { replid: THIRD, offset: 80, replid2: REPLID, secondOffset: 41 }
  assert.deepEqual(lostWrites(one, other), { kind: 'some', replid: OTHER_REPLID, after: 40, upTo: 90 })
})

test('a server with more of the same history loses the rest, and a replica that lags loses nothing', () => {
  const [more, less] = [
    { replid: REPLID, offset: 20 },
    { replid: REPLID.toUpperCase(), offset: 12 },
  ]
  assert.deepEqual(lostWrites(more, less), { kind: 'some', replid: REPLID, after: 12, upTo: 20 })
  assert.deepEqual(lostWrites(less, more), { kind: 'none' })
})

test('without a common history it is unknown; a replid2 of zeros with offset -1 is none', () => {
  const zeros = { replid2: '0'.repeat(40), secondOffset: -1 }
  assert.deepEqual(lostWrites({ replid: REPLID, offset: 5, ...zeros }, { replid: THIRD, offset: 5, ...zeros }), { kind: 'unknown' })
})
