import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OffsetPair } from '../../../../src/render/tail/offsets.ts'

/** Around whatever may matter: where a digit comes on, and where the last four go round. */
const offset = fc.oneof(
  fc.constantFrom(0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 10_001, 99_999, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
  fc.nat({ max: 30_000 }),
)

test('OffsetPair: any two offsets one after the other are written as what they are', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(offset, offset), { minLength: 1, maxLength: 20 }), (pairs) => {
      const head = new OffsetPair('<', '|', '>')
      for (const [start, end] of pairs) assert.equal(head.of(start, end).toString(), `<${start}|${end}>`)
    }),
  )
})

test('OffsetPair: one command after the other, across every change of a digit', () => {
  for (const around of [0, 10_000, 20_000, 100_000, 2 ** 31, 2 ** 32, 1e10, 2 ** 53 - 3000]) {
    const head = new OffsetPair('', ' ', '')
    for (let start = Math.max(0, around - 2000); start < around + 2000; start += 37) {
      assert.equal(head.of(start, start + 37).toString(), `${start} ${start + 37}`)
    }
  }
})

test('OffsetPair: every four digits', () => {
  const head = new OffsetPair('', ' ', '')
  for (let rest = 0; rest < 10_000; rest++) {
    const [start, end] = [120_000 + rest, 7_770_000 + ((rest * 7919) % 10_000)]
    assert.equal(head.of(start, end).toString(), `${start} ${end}`)
  }
})
