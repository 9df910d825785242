import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrap } from '../../../../src/render/base/wrap.ts'

const CASES: readonly (readonly [rule: string, text: string, indent: string, width: number, lines: string[]])[] = [
  ['text that fits stays on one line', 'one two', '  ', 7, ['one two']],
  ['one column less breaks it', 'one two', '', 6, ['one', 'two']],
  ['the indent of later lines counts', 'aaa bbb cc dd', '  ', 7, ['aaa bbb', '  cc dd']],
  ['a line is filled with its indent to the last column, and no further', 'aaaa bbb cc ddd', '  ', 6, ['aaaa', '  bbb', '  cc', '  ddd']],
  ['a word longer than the line is never cut', 'a bbbbbbbbbb c', '', 5, ['a', 'bbbbbbbbbb', 'c']],
  ['no text is one empty line', '', '  ', 10, ['']],
]

for (const [rule, text, indent, width, lines] of CASES) {
  test(`wrap: ${rule}`, () => assert.deepEqual(wrap(text, indent, width).split('\n'), lines))
}

test('wrap: by default lines have at most 80 columns', () => {
  const lines = wrap('word '.repeat(100).trim(), '    ').split('\n')
  assert.deepEqual([lines.every((text) => text.length <= 80), lines[0]?.length], [true, 79])
})
