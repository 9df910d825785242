import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ArrivalMatch } from '../../src/diagnosis/lag/arrival-match.ts'

/** A small generator of its own, since a test must be able to run again as it was. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const STREAM = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 31 + (index >> 5)) & 0xff))

/** Delivers the stream in pieces of any size, each end at its own pace. @returns by how much each byte came later */
function deliver(match: ArrivalMatch, seed: number, master = STREAM, replica = STREAM): Map<number, number> {
  const below = random(seed)
  const came = { master: new Map<number, number>(), replica: new Map<number, number>() }
  const done = { master: 0, replica: 0 }
  for (let at = 0; done.master < master.length || done.replica < replica.length; at += 1 + below(3)) {
    const end = below(2) === 0 ? 'master' : 'replica'
    const bytes = end === 'master' ? master : replica
    const from = done[end]
    const to = Math.min(bytes.length, from + 1 + below(200))
    if (from === to) continue
    match.push(end, bytes.subarray(from, to), to, at)
    for (let offset = from + 1; offset <= to; offset++) came[end].set(offset, at)
    done[end] = to
  }
  return new Map([...came.master].map(([offset, at]) => [offset, (came.replica.get(offset) ?? Number.NaN) - at]))
}

describe('the same stream from two ends', () => {
  test('every byte is compared once, whatever the pieces, and every time is one that a byte really took', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const match = new ArrivalMatch()
      match.begin('master', 0)
      match.begin('replica', 0)
      const took = deliver(match, seed)
      assert.equal(match.comparedBytes, STREAM.length)
      assert.deepEqual([match.skippedBytes, match.differsAt], [0, undefined])
      const all = [...took.values()]
      assert.equal(match.lag?.min, Math.min(...all))
      assert.equal(match.lag?.max, Math.max(...all))
      assert.equal(
        match.histogram.reduce((sum, { count }) => sum + count, 0),
        match.lag?.count,
      )
    }
  })

  test('the first byte that differs is named, wherever it is and however the pieces lie', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const below = random(seed * 7)
      const other = Buffer.from(STREAM)
      const first = below(STREAM.length)
      for (const index of [first, Math.min(STREAM.length - 1, first + below(50))]) other[index] = (STREAM[index] as number) ^ 1
      const match = new ArrivalMatch()
      match.begin('master', 0)
      match.begin('replica', 0)
      deliver(match, seed, STREAM, other)
      assert.equal(match.differsAt, first + 1)
    }
  })

  test('ends that begin at different offsets are matched from the later one on', () => {
    const match = new ArrivalMatch()
    match.begin('replica', 100)
    match.push('replica', STREAM.subarray(100, 300), 300, 0)
    match.begin('master', 200)
    match.push('master', STREAM.subarray(200, 400), 400, 10)
    match.push('replica', STREAM.subarray(300, 400), 400, 25)
    assert.equal(match.comparedBytes, 100)
    assert.equal(match.differsAt, undefined)
    assert.deepEqual([match.lag?.count, match.lag?.max], [1, 15])
  })

  test('an end that comes back later is matched from there, and what was missed is not compared', () => {
    const match = new ArrivalMatch()
    match.begin('master', 0)
    match.begin('replica', 0)
    match.push('master', STREAM.subarray(0, 100), 100, 0)
    match.stop('replica')
    match.push('master', STREAM.subarray(100, 200), 200, 1)
    match.begin('replica', 200)
    match.push('master', STREAM.subarray(200, 300), 300, 2)
    match.push('replica', STREAM.subarray(200, 300), 300, 9)
    assert.equal(match.comparedBytes, 100)
    assert.equal(match.lag?.max, 7)
  })

  test('history tells no time, and is compared all the same', () => {
    const match = new ArrivalMatch()
    match.begin('master', 0)
    match.begin('replica', 0)
    match.isHistory(100)
    match.push('master', STREAM.subarray(0, 100), 100, 0)
    match.push('replica', STREAM.subarray(0, 100), 100, 500)
    assert.equal(match.comparedBytes, 100)
    assert.equal(match.lag, undefined)
  })

  test('a replica that is further behind than can be kept is timed, and its bytes are not compared', () => {
    const match = new ArrivalMatch()
    match.begin('master', 0)
    match.begin('replica', 0)
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    for (let count = 1; count <= 70; count++) match.push('master', chunk, count * chunk.length, count)
    for (let count = 1; count <= 70; count++) match.push('replica', chunk, count * chunk.length, 100 + count)
    assert.ok(match.skippedBytes >= 64 * chunk.length)
    assert.equal(match.skippedBytes + match.comparedBytes, 70 * chunk.length)
    assert.deepEqual([match.differsAt, match.lag?.max], [undefined, 100])
  })
})
