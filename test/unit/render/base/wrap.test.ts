import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrapped } from '../../../../src/render/base/wrap.ts'

const CASES: readonly (readonly [rule: string, text: string, first: string, rest: string, width: number, lines: string[]])[] = [
  ['text that fits stays on one line', 'one two three four five', '', '', 23, ['one two three four five']],
  ['one column less breaks it', 'one two three four five', '', '', 22, ['one two three four', 'five']],
  ['the indent of later lines counts', 'aaaaaaaaaa bbbbbbbbbb cccccccccc dd', '', '  ', 23, ['aaaaaaaaaa bbbbbbbbbb', '  cccccccccc dd']],
  [
    'a mark before the first line takes its room',
    'aaaa bbbbbbbbbb ccccccc ddd',
    'PARTIAL: ',
    '  ',
    24,
    ['PARTIAL: aaaa bbbbbbbbbb', '  ccccccc ddd'],
  ],
  [
    'a coloured mark takes no more room',
    'aaaa bbbbbbbbbb ccccccc ddd',
    '\x1b[32mPARTIAL:\x1b[39m ',
    '  ',
    24,
    ['\x1b[32mPARTIAL:\x1b[39m aaaa bbbbbbbbbb', '  ccccccc ddd'],
  ],
  ['a character of East Asia takes two columns', '東東東東東 東東東東東 東', '', '', 21, ['東東東東東 東東東東東', '東']],
  [
    'a word longer than the line is never cut',
    'a bbbbbbbbbbbbbbbbbbbbbbbbbbbbb c',
    '',
    '',
    20,
    ['a', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'c'],
  ],
  ['no text is one empty line', '', '', '  ', 20, ['']],
]

for (const [rule, text, first, rest, width, lines] of CASES) {
  test(`wrapped: ${rule}`, () => assert.deepEqual(wrapped(text, first, rest, width).split('\n'), lines))
}
