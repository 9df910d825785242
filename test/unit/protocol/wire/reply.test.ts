import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foreignProtocol } from '../../../../src/protocol/wire/foreign.ts'
import { parseReplyLine, type Reply, ReplyDecoder, ServerError } from '../../../../src/protocol/wire/reply.ts'
import { chunkings } from '../../../helpers/chunkings.ts'

const REPLIES: readonly { rule: string; bytes: string; values: Reply[] }[] = [
  { rule: 'a status is a string', bytes: '+OK\r\n', values: ['OK'] },
  { rule: 'an error is a value without its minus', bytes: '-ERR no such key\r\n', values: [new ServerError('ERR no such key')] },
  { rule: 'the largest 64-bit integer is not rounded', bytes: ':9223372036854775807\r\n', values: ['9223372036854775807'] },
  { rule: 'a negative integer keeps its sign', bytes: ':-1\r\n', values: ['-1'] },
  { rule: 'a line break in a bulk string is data', bytes: '$6\r\na\r\nb\r\n\r\n', values: ['a\r\nb\r\n'] },
  { rule: 'an empty bulk string is no null', bytes: '$0\r\n\r\n$-1\r\n', values: ['', null] },
  { rule: 'a null array is null, an empty one is empty', bytes: '*-1\r\n*0\r\n', values: [null, []] },
  {
    rule: 'arrays nest and may hold errors',
    bytes: '*3\r\n$6\r\nmaster\r\n:3129659\r\n*2\r\n*1\r\n$4\r\n6380\r\n-ERR x\r\n',
    values: [['master', '3129659', [['6380'], new ServerError('ERR x')]]],
  },
  { rule: 'replies that share a segment come in order', bytes: '+OK\r\n:1\r\n', values: ['OK', '1'] },
]

for (const { rule, bytes, values } of REPLIES) {
  test(`ReplyDecoder: ${rule}`, () => {
    for (const { how, chunks } of chunkings(Buffer.from(bytes))) {
      const decoder = new ReplyDecoder()
      const replies: Reply[] = []
      for (const chunk of chunks) replies.push(...decoder.push(chunk))
      assert.deepEqual(replies, values, how)
    }
  })
}

const FOREIGN: readonly { service: string; head: Buffer }[] = [
  { service: 'HTTP', head: Buffer.from('HTTP/1.1 400 Bad Request') },
  { service: 'HTTP', head: Buffer.from('<!DOCTYPE html>') },
  { service: 'TLS', head: Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]) },
  { service: 'TLS', head: Buffer.from([0x16, 0x03, 0x03, 0x00, 0x7a]) },
  { service: 'SSH', head: Buffer.from('SSH-2.0-OpenSSH_9.6') },
  { service: 'SMTP_OR_FTP', head: Buffer.from('220 mail.example.org ESMTP') },
  { service: 'MEMCACHED', head: Buffer.from('ERROR') },
]

for (const { service, head } of FOREIGN) {
  test(`${service} is recognised by ${JSON.stringify(head.toString('latin1'))}, as a line and in a conversation`, () => {
    const details = { reason: service, reply: head.toString('latin1') }
    assert.throws(() => parseReplyLine(head), { code: 'NOT_REDIS', details })
    assert.throws(() => new ReplyDecoder().push(Buffer.concat([head, Buffer.from('\r\n')])), { code: 'NOT_REDIS', details })
  })
}

test('any first byte but five is the answer of another service, and at most 120 bytes of it are quoted', () => {
  const noise = 'z'.repeat(500)
  assert.throws(() => new ReplyDecoder().push(Buffer.from(noise)), {
    code: 'NOT_REDIS',
    details: { reason: 'OTHER_SERVICE', reply: 'z'.repeat(120) },
  })
  for (let byte = 0; byte < 256; byte++) {
    const beginsReply = '+-$:*\r\n'.includes(String.fromCharCode(byte))
    assert.equal(foreignProtocol(Buffer.from([byte])) === undefined, beginsReply, `${byte}`)
    if (!beginsReply) assert.throws(() => new ReplyDecoder().push(Buffer.from([byte])), { code: 'NOT_REDIS' })
  }
  assert.equal(foreignProtocol(Buffer.alloc(0)), undefined)
})

test('ReplyDecoder: a wrong byte inside a reply breaks the protocol, but does not show another service', () => {
  for (const chunks of [['*2\r\n+a\r\n', 'SSH-2.0\r\n'], ['+OK\r\nSSH-2.0\r\n']]) {
    const decoder = new ReplyDecoder()
    const feed = () => {
      for (const chunk of chunks) decoder.push(Buffer.from(chunk))
    }
    assert.throws(feed, { code: 'PROTOCOL', details: { reason: 'NOT_RESP', reply: chunks.at(-1) } })
  }
})

test('ReplyDecoder: newlines before a reply are ignored, those within it are not', () => {
  for (const { how, chunks } of chunkings(Buffer.from('\n\r\n$4\r\n\n\r\na\r\n'))) {
    const decoder = new ReplyDecoder()
    const replies: Reply[] = []
    for (const chunk of chunks) replies.push(...decoder.push(chunk))
    assert.deepEqual(replies, ['\n\r\na'], how)
  }
})

for (const announced of ['*4294967296\r\n', '*100000\r\n', '*2\r\n*30000000\r\n'.repeat(12)]) {
  test(`ReplyDecoder: an array of absurd length is refused before memory is allocated for it (${announced.slice(0, 14).trim()} …)`, () => {
    for (const chunks of [[announced], [...announced]]) {
      const decoder = new ReplyDecoder()
      const feed = () => {
        for (const chunk of chunks) decoder.push(Buffer.from(chunk))
      }
      assert.throws(feed, { code: 'PROTOCOL', details: { reason: 'REPLY_TOO_LARGE' } })
    }
  })
}

test('ReplyDecoder: a bulk that never ends is refused at 16 MiB', () => {
  const decoder = new ReplyDecoder()
  decoder.push(Buffer.from('$999999999\r\n'))
  assert.throws(() => decoder.push(Buffer.alloc(16 * 1024 * 1024)), { code: 'PROTOCOL' })
})

const LINES: readonly { rule: string; text: string; value: string | ServerError }[] = [
  { rule: 'a status comes without its plus', text: '+PONG', value: 'PONG' },
  { rule: 'what follows +OK is kept (KeyDB)', text: '+OK active-replica', value: 'OK active-replica' },
  {
    rule: 'an error keeps its whole sentence',
    text: '-LOADING Redis is loading the dataset in memory',
    value: new ServerError('LOADING Redis is loading the dataset in memory'),
  },
  { rule: 'an empty error is still an error', text: '-', value: new ServerError('') },
]

for (const { rule, text, value } of LINES) {
  test(`parseReplyLine: ${rule}`, () => assert.deepEqual(parseReplyLine(Buffer.from(text)), value))
}

for (const text of [':1', '$5', '*2', '']) {
  test(`parseReplyLine: ${JSON.stringify(text)} is neither a status nor an error`, () => {
    assert.throws(() => parseReplyLine(Buffer.from(text)), { code: 'PROTOCOL', details: { reason: 'NOT_A_STATUS', reply: text } })
  })
}
