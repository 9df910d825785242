import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Screen, screenOf } from '../../../../src/render/base/screen.ts'

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
  test(`screenOf: ${rule}`, () => assert.equal(isColoured(screenOf(stream, 'auto', env)), colour))
}

function isColoured({ colour }: Screen): boolean {
  return colour.bad('x') !== 'x'
}

test('screenOf: --color overrides the environment', () => {
  assert.deepEqual([screenOf(PIPE, 'always', { NO_COLOR: '1' }), screenOf(TERMINAL, 'never', { FORCE_COLOR: '1' })].map(isColoured), [
    true,
    false,
  ])
})

const LOCALES: readonly (readonly [env: Record<string, string>, isUnicode: boolean])[] = [
  [{ LANG: 'en_US.UTF-8' }, true],
  [{ LANG: 'C.utf8' }, true],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
  [{ LANG: 'C', LC_CTYPE: 'C.UTF-8' }, true],
  [{ LANG: 'en_US.UTF-8', LC_ALL: '' }, true],
  [{}, false],
]

for (const [env, isUnicode] of LOCALES) {
  test(`screenOf: ${JSON.stringify(env)} ${isUnicode ? 'has' : 'lacks'} more than ASCII`, () => {
    assert.equal(screenOf(TERMINAL, 'auto', env).isUnicode, isUnicode)
  })
}

test('screenOf: prose is as wide as the terminal, and 80 columns wide elsewhere', () => {
  const text = 'word '.repeat(100).trim()
  const widest = (stream: { isTTY: boolean; columns?: number }) =>
    Math.max(
      ...screenOf(stream, 'never', {})
        .paragraph(text, '', '')
        .split('\n')
        .map((line) => line.length),
    )
  assert.deepEqual([widest({ isTTY: true, columns: 100 }), widest({ isTTY: false, columns: 100 }), widest({ isTTY: true })], [99, 79, 79])
})
