import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import RedisParser from 'redis-parser'
import { encodeCommand } from '../../src/protocol/wire/multibulk.ts'
import { printable } from '../../src/render/base/printable.ts'
import { wrapped } from '../../src/render/base/wrap.ts'

test('encodeCommand: another parser reads the same arguments, whatever bytes they are', () => {
  const argument = fc.oneof(
    fc.uint8Array().map((array) => Buffer.from(array)),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), (args) => {
      const decoded: unknown[] = []
      const fail = (error: Error) => assert.fail(error)
      const parser = new RedisParser({
        returnReply: (reply) => decoded.push(reply),
        returnError: fail,
        returnFatalError: fail,
        returnBuffers: true,
      })
      parser.execute(encodeCommand(args))
      assert.deepEqual(decoded, [args.map((arg) => Buffer.from(arg as string))])
    }),
  )
})

test('printable: whatever comes in, no character that moves the cursor or hides text comes out', () => {
  const unit = fc.oneof(
    fc.constantFrom(...'\u0000\u0007\b\t\n\r\u001b\u007f\u0085\u009b\u200b\u200e\u2028\u202e\u2069\ufeff'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(unit), (parts) => {
      assert.doesNotMatch(printable(parts.join('')), /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b-\u200d\ufeff]/u)
    }),
  )
})

test('printable: text without such characters is unchanged', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => assert.equal(printable(text), text)))
})

test('wrap: no word is lost, and no line is longer than it must be', () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 9 }), { minLength: 1 })
  fc.assert(
    fc.property(words, fc.nat(4), fc.integer({ min: 24, max: 40 }), (list, indentSize, width) => {
      const lines = wrapped(list.join(' '), '', ' '.repeat(indentSize), width).split('\n')
      assert.deepEqual(
        lines.flatMap((text) => text.trim().split(' ')),
        list,
      )
      for (const text of lines) assert.ok(text.length <= width || !text.trim().includes(' '), text)
    }),
  )
})
