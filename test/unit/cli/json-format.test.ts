/** --json and --format. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wantsJson, withAgreeingFormat } from '../../../src/cli/argv/json-format.ts'
import { ReplError } from '../../../src/errors.ts'

function agreed(json: boolean, format: string | undefined, written: readonly string[], isReport = true) {
  const flags = withAgreeingFormat({ json, format }, new Set(written), isReport)
  return [flags.json, flags.format]
}

test('--format json is --json for a report, and leaves the notes of a stream as they are', () => {
  assert.deepEqual(agreed(false, 'json', ['format']), [true, 'json'])
  assert.deepEqual(agreed(true, 'json', ['format', 'json']), [true, 'json'])
  assert.deepEqual(agreed(false, 'json', ['format'], false), [false, 'json'])
  assert.deepEqual(agreed(true, undefined, ['json']), [true, undefined])
})

test('a contradiction on the command line is refused, and a setting from elsewhere gives way', () => {
  assert.throws(() => agreed(true, 'csv', ['format', 'json']), ReplError)
  assert.deepEqual(agreed(true, 'csv', ['json']), [true, 'json'])
  assert.deepEqual(agreed(true, 'csv', ['format']), [false, 'csv'])
})

test('a command line that cannot be parsed still says whether its failure is wanted as JSON', () => {
  assert.deepEqual(
    [['--json'], ['--format', 'json'], ['--format=json'], ['json'], ['--format', 'csv']].map((argv) => wantsJson(argv)),
    [true, true, true, false, false],
  )
  assert.equal(wantsJson(['--format', 'json'], false), false)
})
