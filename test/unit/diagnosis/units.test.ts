import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, duration, exact, milliseconds, rate } from '../../../src/diagnosis/units.ts'

const BYTES: readonly (readonly [number, string])[] = [
  [0, '0 bytes'],
  [3.2947783700026085, '3.3 bytes'],
  [9.96, '10 bytes'],
  [66.4, '66 bytes'],
  [999, '999 bytes'],
  [999.7, '1.00 kB'],
  [1000, '1.00 kB'],
  [1234, '1.23 kB'],
  [12_345, '12.3 kB'],
  [123_456, '123 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [5_000_000_000, '5.00 GB'],
  [2_000_000_000_000, '2.00 TB'],
  [3_000_000_000_000_000, '3.00 PB'],
]

for (const [count, text] of BYTES) {
  test(`bytes: ${count} is ${text}, three figures in decimal units`, () => assert.equal(bytes(count), text))
}

const DURATIONS: readonly (readonly [number, string])[] = [
  [0, '0.0 s'],
  [1234, '1.2 s'],
  [59_900, '59.9 s'],
  [60_000, '1 min 0 s'],
  [61_400, '1 min 1 s'],
  [3_599_000, '59 min 59 s'],
  [3_599_600, '1 h 0 min'],
  [7_380_000, '2 h 3 min'],
  [90_000_000, '25 h 0 min'],
]

for (const [ms, text] of DURATIONS) {
  test(`duration: ${ms} ms is ${text}`, () => assert.equal(duration(ms), text))
}

test('milliseconds: below a second they are given to the tenth, above it as a duration', () => {
  assert.deepEqual([0, 0.04, 1.26, 999.9, 1000, 61_000].map(milliseconds), ['0.0 ms', '0.0 ms', '1.3 ms', '999.9 ms', '1.0 s', '1 min 1 s'])
})

test('a figure that rounds up to the next unit is given in that unit', () => {
  assert.deepEqual([milliseconds(999.97), duration(59_970)], ['1.0 s', '1 min 0 s'])
})

test('exact: thousands are separated, and nothing is rounded', () => {
  assert.deepEqual([0, 999, 1000, 9_007_199_254_740_991].map(exact), ['0', '999', '1,000', '9,007,199,254,740,991'])
})

const RATES: readonly (readonly [number, string])[] = [
  [0, '0.0'],
  [1.64, '1.6'],
  [9.94, '9.9'],
  [9.96, '10'],
  [999.5, '1,000'],
  [2_813_844.5, '2,813,845'],
]

for (const [perSecond, text] of RATES) {
  test(`rate: ${perSecond} a second is ${text}`, () => assert.equal(rate(perSecond), text))
}
