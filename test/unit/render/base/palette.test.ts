import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wantsColour } from '../../../../src/render/base/palette.ts'

const TERMINAL = { isTTY: true }
const PIPE = { isTTY: false }

const CASES: readonly (readonly [rule: string, stream: { isTTY?: boolean }, env: Record<string, string>, colour: boolean])[] = [
  ['a terminal has colour', TERMINAL, {}, true],
  ['a pipe has none', PIPE, {}, false],
  ['a stream that does not say is no terminal', {}, {}, false],
  ['NO_COLOR takes it from a terminal', TERMINAL, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR is not set', TERMINAL, { NO_COLOR: '' }, true],
  ['FORCE_COLOR gives it to a pipe', PIPE, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR wins over NO_COLOR', PIPE, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ['FORCE_COLOR=0 takes it from a terminal', TERMINAL, { FORCE_COLOR: '0' }, false],
  ['an empty FORCE_COLOR is not set', PIPE, { FORCE_COLOR: '' }, false],
  ['a dumb terminal has none', TERMINAL, { TERM: 'dumb' }, false],
]

for (const [rule, stream, env, colour] of CASES) {
  test(`wantsColour: ${rule}`, () => assert.equal(wantsColour(stream, env), colour))
}
