/** The form of every failure. */
import assert from 'node:assert/strict'
import type { Ran } from './run.ts'

/** Checks the exit status, the three parts of the message, and that nothing internal leaks into it. */
export function assertThreeParts(ran: Ran, code: string, status: number): void {
  assert.equal(ran.status, status, ran.err)
  const lines = ran.err.split('\n')
  const first = lines.findIndex((line) => line.startsWith(`error ${code}: `))
  assert.ok(first >= 0, ran.err)
  const next = lines.findIndex((line) => /^ {2}(→|->) \S/.test(line))
  const meaning = lines.slice(first + 1, next).filter((line) => /^ {2}\S.{10}/.test(line))
  assert.ok(meaning.length > 0, ran.err)
  assert.doesNotMatch(ran.err, /^\s+at .*:\d+/m, 'no stack trace')
  assert.doesNotMatch(ran.err + ran.out, /undefined|\[object/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the check looks for control characters
  assert.doesNotMatch(ran.err + ran.out, /[\u0000-\u0009\u000b-\u001f\u007f]/, 'no raw control byte')
}
