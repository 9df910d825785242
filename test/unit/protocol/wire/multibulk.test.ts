import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeCommand } from '../../../../src/protocol/wire/multibulk.ts'

const CASES: readonly { rule: string; args: (string | Buffer)[]; bytes: string }[] = [
  { rule: 'one argument is an array of one bulk string', args: ['PING'], bytes: '*1\r\n$4\r\nPING\r\n' },
  {
    rule: 'an empty argument keeps its place',
    args: ['REPLCONF', 'rdb-filter-only', ''],
    bytes: '*3\r\n$8\r\nREPLCONF\r\n$15\r\nrdb-filter-only\r\n$0\r\n\r\n',
  },
  {
    rule: 'lengths count bytes, not characters',
    args: ['AUTH', 'ñ€'],
    bytes: '*2\r\n$4\r\nAUTH\r\n$5\r\n\u00c3\u00b1\u00e2\u0082\u00ac\r\n',
  },
  { rule: 'a line break inside an argument is data', args: ['a\r\nb'], bytes: '*1\r\n$4\r\na\r\nb\r\n' },
  { rule: 'bytes that are no UTF-8 go out unchanged', args: [Buffer.from([0x00, 0xff])], bytes: '*1\r\n$2\r\n\u0000\u00ff\r\n' },
]

for (const { rule, args, bytes } of CASES) {
  test(`encodeCommand: ${rule}`, () => assert.equal(encodeCommand(args).toString('latin1'), bytes))
}
