/** The form of every failure. */
import assert from 'node:assert/strict'
import type { Ran } from './run.ts'

/** Checks the exit status, the three parts of the message, and that nothing internal leaks into it. */
export function assertThreeParts(ran: Ran, code: string, status: number): void {
  assert.equal(ran.status, status, ran.err)
  const lines = ran.err.split('\n')
  const first = lines.findIndex((line) => line.startsWith(`error ${code}: `))
  assert.ok(first >= 0, ran.err)
  const next = lines.findIndex((line, index) => index > first && /^ {2}(→|->) \S/.test(line))
  assert.ok(next > 0, ran.err)
  // The sentences are wrapped at the width of the screen.
  assert.match(lines.slice(first + 1, next).join(''), /^ {2}\S.{10}/)
  assert.doesNotMatch(ran.err, /^\s+at .*:\d+/m, 'no stack trace')
  assert.doesNotMatch(ran.err + ran.out, /undefined|\[object/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the check looks for control characters
  assert.doesNotMatch(ran.err + ran.out, /[\u0000-\u0009\u000b-\u001f\u007f]/, 'no raw control byte')
}
