/** Where to begin following. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { streamRequest } from '../../../../src/engine/follow/start.ts'
import type { History } from '../../../../src/protocol/history.ts'
import { OTHER_REPLID, REPLID } from '../../../helpers/wire.ts'

const MIB = 1024 * 1024

function history(backlog?: History['backlog'], offset = 10 * MIB): History {
  return { replid: REPLID, offset, ...(backlog && { backlog }) }
}

test('now: the live end is shown, and what is read before it is only to learn the database', () => {
  const roomy = history({ firstByteOffset: 1, histlen: 10 * MIB, size: 64 * MIB })
  const request = streamRequest({ kind: 'now' }, roomy, 0)
  assert.deepEqual(request, { position: { replid: REPLID, offset: 9 * MIB }, showAfter: 10 * MIB, mayStartInsideCommand: true })
  // The whole history, when it is short.
  const short = streamRequest({ kind: 'now' }, history({ firstByteOffset: 1, histlen: 500, size: 64 * MIB }, 500), 0)
  assert.deepEqual(short?.position, { replid: REPLID, offset: 0 })
  assert.deepEqual(streamRequest({ kind: 'now' }, history(), 0), { position: undefined, showAfter: 10 * MIB, mayStartInsideCommand: false })
})

test('the look-back is cut to what the output buffer of the server allows', () => {
  const roomy = history({ firstByteOffset: 1, histlen: 10 * MIB, size: 64 * MIB })
  const allowing = (bytes: number) => streamRequest({ kind: 'now' }, roomy, 0, bytes)?.position?.offset
  assert.equal(allowing(1000), 10 * MIB - 1000)
  assert.equal(allowing(Number.POSITIVE_INFINITY), 9 * MIB)
  assert.equal(allowing(0), undefined)
  const after = { kind: 'after', position: { replid: REPLID, offset: 5 * MIB } } as const
  assert.deepEqual(streamRequest(after, roomy, 0, 0), { position: after.position, showAfter: 5 * MIB, mayStartInsideCommand: true })
})

test('now: no position is asked for that a few writes would push out of a full backlog', () => {
  const full = history({ firstByteOffset: 9 * MIB + 1, histlen: MIB, size: MIB })
  assert.deepEqual(streamRequest({ kind: 'now' }, full, 0)?.position, { replid: REPLID, offset: 9 * MIB + 256 * 1024 })
})

test('backlog: its first byte, or a younger one when that was lost a moment ago', () => {
  const full = history({ firstByteOffset: 9 * MIB + 1, histlen: MIB, size: MIB })
  assert.deepEqual(streamRequest({ kind: 'backlog' }, full, 0)?.position, { replid: REPLID, offset: 9 * MIB })
  assert.deepEqual(streamRequest({ kind: 'backlog' }, full, 1000)?.position, { replid: REPLID, offset: 9 * MIB + 1000 })
  assert.deepEqual(streamRequest({ kind: 'backlog' }, full, 5 * MIB)?.position, { replid: REPLID, offset: 10 * MIB })
})

test('the position of an earlier run is asked for as it is', () => {
  const position = { replid: OTHER_REPLID, offset: 77, db: 3 }
  assert.deepEqual(streamRequest({ kind: 'resume', position }, history(), 0), { position, showAfter: 77, mayStartInsideCommand: false })
})
