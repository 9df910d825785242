/** When a payload may go on faster than asked, and what is said of that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BufferLimit } from '../../../../src/diagnosis/resync/buffer-limit.ts'
import type { ReplEvent } from '../../../../src/engine/events.ts'
import { Pacer, readLimit } from '../../../../src/engine/link/pacer.ts'

const MIB = 1024 * 1024

function waiting(bytes: number): ReplEvent {
  return { type: 'buffer', at: 0, bytes, scope: 'ours' }
}

/** The warnings of a payload before which, and during which, so much was seen to wait. */
function warnings(limit: BufferLimit | undefined, first: number | undefined, ...then: number[]): (readonly string[])[] {
  const pacer = new Pacer(MIB, limit)
  const codes = (batches: Iterable<readonly ReplEvent[]>) =>
    [...batches].flatMap((batch) => batch.flatMap((event) => (event.type === 'warning' ? [event.code] : [])))
  return [codes(pacer.begin(first === undefined ? [] : [waiting(first)])), ...then.map((bytes) => codes(pacer.watch([waiting(bytes)])))]
}

const LIMIT = { hardBytes: 8 * MIB, softBytes: 0, softSeconds: 0 }

const CASES: readonly (readonly [rule: string, told: (readonly string[])[], expected: (readonly string[])[]])[] = [
  [
    'a known limit is let fill to a quarter, and that is said once',
    warnings(LIMIT, 0, MIB, 2 * MIB, 3 * MIB),
    [[], [], ['RATE_LIFTED'], []],
  ],
  ['the lower one of two limits counts', warnings({ ...LIMIT, softBytes: 4 * MIB }, 0, MIB), [[], ['RATE_LIFTED']]],
  ['without a limit the rate is kept', warnings({ ...LIMIT, hardBytes: 0 }, 0, 900 * MIB), [[], []]],
  [
    'an unknown limit is doubted at once, and the rate lifted when more than 1 MB waits',
    warnings(undefined, 0, MIB, MIB + 1),
    [['RATE_LIMIT_UNKNOWN'], [], ['RATE_LIFTED_EARLY']],
  ],
  ['what is seen to wait before the first byte counts too', warnings(undefined, 3 * MIB), [['RATE_LIMIT_UNKNOWN', 'RATE_LIFTED_EARLY']]],
  ['where nothing is seen that is said, whether or not the limit is known', warnings(LIMIT, undefined), [['RATE_UNWATCHED']]],
]

for (const [rule, told, expected] of CASES) {
  test(`--max-rate: ${rule}`, () => assert.deepEqual(told, expected))
}

test('--max-rate: pauses keep to the rate until it is lifted', () => {
  const pacer = new Pacer(MIB, LIMIT)
  assert.equal(pacer.pauseMs(MIB, 0), 1000)
  assert.equal(pacer.pauseMs(0, 600), 400)
  void [...pacer.watch([waiting(2 * MIB)])]
  assert.equal(pacer.pauseMs(MIB, 600), 0)
})

test('--max-rate: reads are as large as a tenth of a second takes, but not tiny, and without a rate of any size', () => {
  assert.equal(readLimit(10 * MIB), MIB)
  assert.equal(readLimit(1), 16 * 1024)
  assert.equal(readLimit(undefined), Number.POSITIVE_INFINITY)
})
