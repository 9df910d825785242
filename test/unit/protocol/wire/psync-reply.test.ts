import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PsyncReply, parsePsyncReply } from '../../../../src/protocol/wire/psync-reply.ts'
import { ServerError } from '../../../../src/protocol/wire/reply.ts'
import { REPLID } from '../../../helpers/wire.ts'

const ANSWERS: readonly { rule: string; text: string; reply: PsyncReply }[] = [
  {
    rule: '+FULLRESYNC names the replid and the last byte produced',
    text: `+FULLRESYNC ${REPLID} 3129659`,
    reply: { kind: 'full', replid: REPLID, offset: 3129659 },
  },
  { rule: 'a history may be at its very beginning', text: `+FULLRESYNC ${REPLID} 0`, reply: { kind: 'full', replid: REPLID, offset: 0 } },
  {
    rule: 'the largest exact offset is taken',
    text: `+FULLRESYNC ${REPLID} 9007199254740991`,
    reply: { kind: 'full', replid: REPLID, offset: 9007199254740991 },
  },
  {
    rule: 'replids are compared without case, so they come in lower case',
    text: `+FULLRESYNC ${REPLID.toUpperCase()} 1`,
    reply: { kind: 'full', replid: REPLID, offset: 1 },
  },
  {
    rule: '+CONTINUE with a replid names the history (capa psync2)',
    text: `+CONTINUE ${REPLID}`,
    reply: { kind: 'continue', replid: REPLID },
  },
  { rule: 'a bare +CONTINUE names none (3.2 and older)', text: '+CONTINUE', reply: { kind: 'continue' } },
  { rule: '+RDBCHANNELSYNC brings a client id (Redis 8)', text: '+RDBCHANNELSYNC 42', reply: { kind: 'rdb-channel', clientId: '42' } },
  { rule: '+DUALCHANNELSYNC brings nothing (Valkey 8)', text: '+DUALCHANNELSYNC', reply: { kind: 'dual-channel' } },
  {
    rule: 'an error is a refusal, judged elsewhere',
    text: "-NOMASTERLINK Can't SYNC while not connected with my master",
    reply: { kind: 'refused', error: new ServerError("NOMASTERLINK Can't SYNC while not connected with my master") },
  },
]

for (const { rule, text, reply } of ANSWERS) {
  test(`parsePsyncReply: ${rule}`, () => assert.deepEqual(parsePsyncReply(Buffer.from(text)), reply))
}

const MALFORMED: readonly { rule: string; text: string }[] = [
  { rule: 'a full resync without replid and offset', text: '+FULLRESYNC' },
  { rule: 'a full resync without offset', text: `+FULLRESYNC ${REPLID}` },
  { rule: 'a replid of 39 characters', text: `+FULLRESYNC ${REPLID.slice(1)} 1` },
  { rule: 'a replid that is not hexadecimal', text: `+FULLRESYNC ${'z'.repeat(40)} 1` },
  { rule: 'a negative offset of a full resync', text: `+FULLRESYNC ${REPLID} -1` },
  { rule: 'an offset that is no number', text: `+FULLRESYNC ${REPLID} 12x` },
  { rule: 'an offset that would be rounded', text: `+FULLRESYNC ${REPLID} 9007199254740993` },
  { rule: 'a partial resync of a history without a proper name', text: '+CONTINUE abc' },
  { rule: 'the answer to another question', text: '+OK' },
  { rule: 'a slot migration', text: '+SLOTSSNAPSHOT' },
  { rule: 'a word that only begins like an answer', text: `+CONTINUED ${REPLID}` },
]

for (const { rule, text } of MALFORMED) {
  test(`parsePsyncReply: ${rule} is refused`, () => {
    assert.throws(() => parsePsyncReply(Buffer.from(text)), { code: 'PROTOCOL', details: { reason: 'PSYNC_REPLY', reply: text } })
  })
}

test('parsePsyncReply: the header of a payload is not a reply to PSYNC (a renamed PSYNC acts as SYNC)', () => {
  assert.throws(() => parsePsyncReply(Buffer.from('$175')), { code: 'PROTOCOL', details: { reason: 'NOT_A_STATUS', reply: '$175' } })
})
