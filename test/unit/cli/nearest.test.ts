/** "Did you mean". */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean, nearest } from '../../../src/cli/argv/nearest.ts'

const COMMANDS = ['dump-rdb', 'handshake', 'lag', 'psync', 'tail']

test('a name within two edits is suggested: a letter wrong, missing, added or swapped with its neighbour', () => {
  assert.deepEqual(
    ['handshak', 'handshaek', 'hnadshaek', 'lga', 'psinc', 'dumprdb', 'tails', 'TAIL'].map((word) => nearest(word, COMMANDS)),
    ['handshake', 'handshake', 'handshake', 'lag', 'psync', 'dump-rdb', 'tail', 'tail'],
  )
})

test('nothing is suggested beyond two edits, or where half of a short name would differ', () => {
  for (const word of ['handsh', 'nosuch', 'l', 'x', '', 'db1.example', 'ail3']) assert.equal(nearest(word, COMMANDS), undefined, word)
  assert.equal(nearest('la', COMMANDS), 'lag')
})

test('the nearest of several names is suggested, and the first of equals', () => {
  assert.equal(nearest('cert', ['cacert', 'certs', 'cer']), 'cer')
  assert.equal(didYouMean('prdo', ['stage', 'prod'], '@'), '; did you mean @prod?')
  assert.equal(didYouMean('prdo', []), '')
})
