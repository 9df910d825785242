import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OffsetCurve } from '../../../../src/diagnosis/lag/offset-curve.ts'

const at = (askedAt: number, answeredAt = askedAt) => ({ askedAt, answeredAt })

describe('the master’s offset over time', () => {
  test('a replica is behind by the time since the first byte it lacks was written, within the looks around that', () => {
    const curve = new OffsetCurve()
    curve.push(100, at(0, 2))
    curve.push(200, at(20, 22))
    curve.push(300, at(40, 42))
    assert.deepEqual(curve.behind(150, at(50, 52)), { low: 28, high: 52 })
    assert.deepEqual(curve.behind(200, at(50, 52)), { low: 8, high: 32 })
  })

  test('a replica that lacks more than was seen of the master has no upper bound', () => {
    const curve = new OffsetCurve()
    curve.push(100, at(0, 2))
    assert.deepEqual(curve.behind(99, at(50, 52)), { low: 48 })
  })

  test('zero is reported only when the master was seen at the same offset after the replica was asked', () => {
    const curve = new OffsetCurve()
    curve.push(100, at(0, 2))
    assert.deepEqual(curve.behind(100, at(10, 12)), { low: 0, high: 12 })
    curve.push(100, at(11, 13))
    assert.deepEqual(curve.behind(100, at(10, 12)), { low: 0, high: 1 })
    curve.push(100, at(12, 14))
    assert.deepEqual(curve.behind(100, at(10, 12)), { low: 0, high: 0 })
  })

  test('nothing is known without a look at the master', () => {
    assert.equal(new OffsetCurve().behind(1, at(0)), undefined)
    assert.equal(new OffsetCurve().offset, undefined)
  })

  test('an offset that goes back begins a new history', () => {
    const curve = new OffsetCurve()
    assert.equal(curve.push(100, at(0)), true)
    assert.equal(curve.push(50, at(10)), false)
    assert.equal(curve.offset, 50)
    assert.deepEqual(curve.behind(60, at(5)), { low: 0, high: 0 })
  })

  test('between two looks the offset is taken to have grown evenly', () => {
    const curve = new OffsetCurve()
    curve.push(100, at(0))
    curve.push(100, at(10))
    curve.push(200, at(20))
    assert.equal(curve.at(-1), undefined)
    assert.equal(curve.at(5), 100)
    assert.equal(curve.at(15), 150)
    assert.equal(curve.at(25), 200)
  })

  test('bounds hold for every replica of any master, however often it was looked at, also when old looks were thinned out', () => {
    let state = 7
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return (state / 2 ** 32) * below
    }
    const curve = new OffsetCurve()
    const written: { time: number; offset: number }[] = [{ time: 0, offset: 0 }]
    const offsetAt = (time: number) => written.findLast((one) => one.time <= time)?.offset ?? 0
    let time = 0
    let looks = 0
    while (looks < 30_000) {
      time += random(3)
      if (random(2) < 1) written.push({ time, offset: (written.at(-1)?.offset ?? 0) + 1 + Math.floor(random(100)) })
      const answered = time + random(2)
      // What the answer says was so at some moment before it came, and no write lies in between here.
      curve.push(offsetAt(time), at(time - random(1), answered))
      time = answered
      looks += 1
    }
    const late = { askedAt: time + 1, answeredAt: time + 3 }
    for (let index = 0; index < written.length - 1; index += 97) {
      const { offset } = written[index] as { offset: number }
      const truth = late.askedAt + 1 - (written[index + 1] as { time: number }).time
      const { low, high = Number.POSITIVE_INFINITY } = curve.behind(offset, late) ?? { low: Number.NaN }
      assert.ok(low <= truth && truth <= high, `${low} ≤ ${truth} ≤ ${high}`)
    }
  })
})
