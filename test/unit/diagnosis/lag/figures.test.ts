import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alerts, parseAlertRange } from '../../../../src/diagnosis/lag/alert-range.ts'
import { quantile, Samples, summary } from '../../../../src/diagnosis/lag/quantile.ts'
import { trendOf } from '../../../../src/diagnosis/lag/trend.ts'
import { isPingsOnly, WriteRate } from '../../../../src/diagnosis/lag/write-rate.ts'
import { sparkline } from '../../../../src/render/lag/sparkline.ts'

const ramp = (from: number, by: number, scatter: (index: number) => number = () => 0) =>
  Array.from({ length: 20 }, (_, index) => ({ moment: index * 100, bytes: from + by * index + scatter(index) }))

describe('a trend', () => {
  test('is reported when the bytes behind grow or shrink by more than they scatter', () => {
    assert.deepEqual(trendOf(ramp(0, 100)), { kind: 'falling-behind', bytesPerSecond: 1000 })
    const trend = trendOf(ramp(10_000, -100))
    assert.equal(trend?.kind, 'catching-up')
    assert.ok(trend.kind === 'catching-up' && Math.abs(trend.seconds - 8.1) < 0.01)
  })

  test('is none of what only goes up and down', () => {
    assert.deepEqual(trendOf(ramp(5000, 0)), { kind: 'even' })
    assert.deepEqual(trendOf(ramp(5000, 1, (index) => (index % 2 === 0 ? 3000 : -3000))), { kind: 'even' })
  })

  test('does not exist for a replica that has caught up, and is unknown after a few looks', () => {
    assert.deepEqual(trendOf(ramp(1900, -100)), { kind: 'even' })
    assert.equal(trendOf(ramp(0, 100).slice(0, 4)), undefined)
  })
})

describe('a write rate', () => {
  test('is an average with the fastest of its parts', () => {
    const rate = new WriteRate()
    assert.equal(rate.figures(), undefined)
    for (const [offset, moment] of [
      [1000, 0],
      [2000, 100],
      [2000, 200],
      [6000, 300],
    ] as const)
      rate.push(offset, moment)
    const { average, peak, p99, overMs } = rate.figures() ?? {}
    // Three parts are too few for a peak, and for a quantile.
    assert.deepEqual([Math.round(average ?? 0), peak, p99, overMs], [16_667, undefined, undefined, 300])
    for (let moment = 400; moment <= 10_000; moment += 100) rate.push(6000 + moment - 300, moment)
    const later = rate.figures()
    assert.deepEqual([later?.peak, later?.p99], [40_000, 10_000])
  })

  test('is none of an idle master, whose history grows by a PING each second', () => {
    const rate = new WriteRate()
    for (let moment = 0; moment <= 3000; moment += 100) rate.push(1000 + 14 * Math.floor(moment / 1000), moment)
    assert.deepEqual(rate.figures(), { average: 0, peak: 0, overMs: 3000 })
  })

  test('of one write is no ground for a forecast, and of writes beside the PINGs it is', () => {
    const one = new WriteRate()
    const busy = new WriteRate()
    for (let moment = 0; moment <= 2000; moment += 100) {
      one.push(moment >= 1000 ? 31 : 0, moment)
      busy.push(moment + (moment >= 1000 ? 14 : 0), moment)
    }
    assert.deepEqual([one.figures()?.average, one.figures()?.isSparse], [15.5, true])
    assert.deepEqual([Math.round(busy.figures()?.average ?? 0), busy.figures()?.isSparse], [1007, undefined])
  })

  test('takes growth for PINGs only where it may be', () => {
    const cases = [
      [0, 1000, true],
      [14, 100, true],
      [28, 1000, true],
      [28, 100, false],
      [42, 1000, false],
      [31, 10_000, false],
    ] as const
    for (const [bytes, overMs, wanted] of cases) assert.equal(isPingsOnly(bytes, overMs), wanted, `${bytes} in ${overMs} ms`)
  })

  test('begins anew when the offset goes back', () => {
    const rate = new WriteRate()
    rate.push(1000, 0)
    rate.push(9000, 100)
    rate.push(10, 200)
    assert.equal(rate.figures(), undefined)
    rate.push(110, 300)
    assert.equal(rate.figures()?.average, 1000)
  })
})

describe('ranks', () => {
  test('are the lowest value that this share does not exceed', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert.deepEqual([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)], [1, 5, 10, 10])
  })

  test('of negative and unsorted values are right, and of none there are none', () => {
    const { min, p50, max, average } = summary([3, -5, 10]) ?? {}
    assert.deepEqual([min, p50, max], [-5, 3, 10])
    const [few, some, many] = [3, 20, 100].map((count) => summary(Array.from({ length: count }, (_, index) => index)))
    assert.deepEqual([few?.p95, few?.p99, some?.p95, some?.p99, many?.p99], [undefined, undefined, 18, undefined, 98])
    assert.ok(Math.abs((average ?? 0) - 8 / 3) < 1e-9)
    assert.equal(summary([]), undefined)
  })

  test('of more values than are kept have the ends and the average of all', () => {
    const samples = new Samples(100)
    for (let value = 0; value < 12_345; value++) samples.add(value)
    const { count, min, max, average, p50 } = samples.summary() ?? {}
    assert.deepEqual([count, min, max, average], [12_345, 0, 12_344, 6172])
    assert.ok(Math.abs((p50 ?? 0) - 6172) < 300, String(p50))
  })
})

describe('an alert range', () => {
  const cases: readonly [string, readonly number[], readonly number[]][] = [
    ['10', [-1, 10.5], [0, 10]],
    ['10:', [9, -1], [10, 1e9]],
    ['~:10', [11], [-1e9, 10]],
    ['10:20', [9, 21], [10, 20]],
    ['@10:20', [10, 20], [9, 21]],
    ['0.5', [0.51], [0.5]],
  ]
  for (const [text, alerting, fine] of cases) {
    test(`${text} means an alert at ${alerting.join(', ')} and none at ${fine.join(', ')}`, () => {
      const range = parseAlertRange(text)
      assert.ok(range)
      for (const value of alerting) assert.equal(alerts(range, value), true, String(value))
      for (const value of fine) assert.equal(alerts(range, value), false, String(value))
    })
  }

  test('is nothing else', () => {
    for (const text of ['', 'x', '20:10', '@', '1:2:3', '~', '10s']) assert.equal(parseAlertRange(text), undefined, text)
  })
})

test('a sparkline rises from zero to its greatest value, with a gap where there was none', () => {
  assert.equal(sparkline([0, 7, undefined, 3.5, 14]), '▁▅ ▃█')
  assert.equal(sparkline([0, 0]), '▁▁')
  assert.equal(sparkline([1, 2, 50], 100), '▁▁▅')
})
