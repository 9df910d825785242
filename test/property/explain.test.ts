/** Any facts of a failure can be explained. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { explain } from '../../src/diagnosis/errors/explain.ts'
import type { Reason } from '../../src/errors.ts'
import { failureOf, SAMPLES } from '../helpers/reason-samples.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('{endpoint}', '{state? {state}}', '$&', '__proto__', 'toString', 'stdout', 'INFO x'),
)
const context = fc.record(
  {
    endpoint: text,
    state: text,
    command: text,
    before: text,
    path: text,
    bytes: fc.nat(),
    expectedBytes: fc.nat(),
    bufferBytes: fc.nat(),
    bufferLimit: fc.nat(),
  },
  { requiredKeys: [] },
)
const sample = fc
  .constantFrom(...(Object.keys(SAMPLES) as Reason[]))
  .chain((reason) => fc.constantFrom(...SAMPLES[reason].map((facts) => ({ reason, facts: facts as object }))))

/** The same facts with other words and numbers in them. */
function other(facts: object, words: string, number: number): object {
  const changed = Object.entries(facts).map(([name, value]) => {
    if (typeof value === 'string') return [name, words]
    return [name, typeof value === 'number' ? number : value]
  })
  return Object.fromEntries(changed)
}

test('no row throws, and each quotes the words of the server unchanged', () => {
  fc.assert(
    fc.property(sample, context, text, fc.nat(), ({ reason, facts }, added, words, number) => {
      const { what } = explain(failureOf(reason, other(facts, words, number)).with(added))
      // Of a stream and of what may be empty only a part is shown.
      if ('reply' in facts && !['STREAM', 'TLS', 'MAGIC'].includes(reason)) assert.ok(what.includes(words), `${reason}: ${what}`)
    }),
    { numRuns: 2000 },
  )
})
