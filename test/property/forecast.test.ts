/** The forecast against the condition as it stands in the server's source, written down once more in its own way. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { forecastPsync } from '../../src/diagnosis/psync/forecast.ts'
import type { History } from '../../src/protocol/history.ts'

const IDS = ['a', 'b', 'c'].map((letter) => letter.repeat(40))
const small = fc.integer({ min: 0, max: 60 })

const histories = fc
  .record({ first: fc.integer({ min: 1, max: 40 }), histlen: small, second: fc.option(small), isKept: fc.boolean() })
  .map(({ first, histlen, second, isKept }): History => {
    const backlog = { firstByteOffset: first, histlen, size: 100 }
    const earlier = second === null ? {} : { replid2: IDS[1] as string, secondOffset: second }
    return { replid: IDS[0] as string, offset: first + histlen - 1, ...earlier, ...(isKept && { backlog }) }
  })

/** masterTryPartialResynchronization() of replication.c as one condition. */
function isServed({ replid, replid2, secondOffset, backlog }: History, id: string, wanted: number): boolean {
  const isKnown = id === replid || (id === replid2 && wanted <= (secondOffset ?? -1))
  return isKnown && backlog !== undefined && wanted >= backlog.firstByteOffset && wanted <= backlog.firstByteOffset + backlog.histlen
}

test('a forecast is a partial resync exactly where the server grants one, and names what decided otherwise', () => {
  fc.assert(
    fc.property(histories, fc.constantFrom(...IDS), small, (history, replid, offset) => {
      const { forecast, decided } = forecastPsync(history, { replid, offset })
      assert.equal(forecast.kind === 'continue', isServed(history, replid, offset + 1))
      assert.equal(decided === undefined, forecast.kind === 'continue')
      if (forecast.kind === 'continue') assert.equal(forecast.bytes, history.offset - offset)
    }),
    { numRuns: 2000 },
  )
})
