import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable } from '../../../../src/render/base/printable.ts'

const CASES: readonly (readonly [rule: string, text: string, shown: string])[] = [
  ['plain text stays', 'PING "it" \\ ~', 'PING "it" \\ ~'],
  ['text of other languages stays', 'ключ 鍵 مفتاح 🔑', 'ключ 鍵 مفتاح 🔑'],
  ['line breaks and tabs have their usual names', 'a\r\n\tb', 'a\\r\\n\\tb'],
  ['an escape sequence cannot clear the screen', '\u001b[2J', '\\x1b[2J'],
  ['NUL and DEL are shown', '\u0000\u007f', '\\x00\\x7f'],
  ['the one-character CSI of C1 is shown', '\u009b2J', '\\x9b2J'],
  ['text cannot be turned around', 'a\u202eb\u2066c', 'a\\x202eb\\x2066c'],
  ['invisible characters are shown', 'a\u200bb\ufeff', 'a\\x200bb\\xfeff'],
  ['other line separators are shown', '\u2028\u0085', '\\x2028\\x85'],
]

for (const [rule, text, shown] of CASES) {
  test(`printable: ${rule}`, () => assert.equal(printable(text), shown))
}
