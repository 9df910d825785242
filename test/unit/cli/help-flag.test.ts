/** -h is the host, or help. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withHelpFlag } from '../../../src/cli/argv/help-flag.ts'

const helped = (line: string) => withHelpFlag(line.split(' ')).join(' ')

test('-h is help where it is first, last or has no value', () => {
  assert.equal(helped('-h'), '--help')
  assert.equal(helped('-h psync'), '--help psync')
  assert.equal(helped('psync -h'), 'psync --help')
  assert.equal(helped('psync db1 -h --json'), 'psync db1 --help --json')
})

test('-h is the host where it has a value, and a word of its own after --', () => {
  for (const line of ['psync -h db1', 'psync -h db1 -p 1', 'psync -- -h', 'psync --host db1']) assert.equal(helped(line), line)
})
