/** psync and the replies that no server at hand gives on demand: older generations, and syncs that fail in the middle. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { FakeMaster, infoReply, REPLID, type Script } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { verdictOf } from '../helpers/verdict.ts'

const RUN_ID = 'c3'.repeat(20)
const NEW_ID = 'd4'.repeat(20)
/** INFO as 2.8 prints it: one history, named by run_id. */
const OLD = { redis_version: '2.8.24', run_id: RUN_ID, master_replid: '' }

let master: FakeMaster | undefined
afterEach(() => master?.stop())

async function psync(script: Script, ...args: string[]) {
  master = await FakeMaster.start(script)
  return await cli(['psync', master.target, '--json', '--sample', '0', ...args])
}

test('a 2.8 is asked by its run_id, and a bare +CONTINUE is its partial resync', async () => {
  const { master_replid: _, ...fields } = OLD
  const info = infoReply(fields)
    .replace(/\$\d+\r\n/, '')
    .replace(/master_replid:.*\r\n/, '')
    .trimEnd()
  const ran = await psync({ INFO: `$${info.length}\r\n${info}\r\n`, PSYNC: '+CONTINUE\r\n' })
  assert.equal(ran.status, 0, ran.out + ran.err)
  const report = assertSchema(ran.out, 'psync') as unknown as { isAsForecast: boolean; reply: object }
  assert.deepEqual([verdictOf(report).kind, report.isAsForecast], ['partial', true])
  assert.deepEqual(report.reply, { kind: 'continue', replid: RUN_ID, offset: 100 })
  assert.ok(master?.received.some(([name, replid, offset]) => name === 'PSYNC' && replid === RUN_ID && offset === '101'))
})

test('a +CONTINUE with another replid is a partial resync under the new name', async () => {
  const info = infoReply({ master_replid: NEW_ID, master_replid2: REPLID, second_repl_offset: '51' })
  const ran = await psync({ INFO: info, PSYNC: `+CONTINUE ${NEW_ID}\r\n` }, '--replid', REPLID, '--offset', '50')
  const report = assertSchema(ran.out, 'psync') as unknown as { reply: object }
  assert.deepEqual(report.reply, { kind: 'continue', replid: NEW_ID, offset: 50 })
  assert.match(verdictOf(report).words, new RegExp(`new replid, ${NEW_ID}`))
})

for (const [rule, reply, status, code] of [
  ['no link to its master', "-NOMASTERLINK Can't SYNC while not connected with my master\r\n", 6, 'TRY_LATER'],
  ['the same of 3.2', "-ERR Can't SYNC while not connected with my master\r\n", 6, 'TRY_LATER'],
  ['no right', '-NOPERM this user has no permissions\r\n', 4, 'NO_PERMISSION'],
  ['no such command', "-ERR unknown command 'PSYNC'\r\n", 5, 'NOT_SUPPORTED'],
  ['no fork before +FULLRESYNC', "-ERR BGSAVE failed, replication can't continue\r\n", 7, 'LINK_LOST'],
] as const) {
  test(`an error reply to PSYNC is reported as what it is: ${rule}`, async () => {
    const ran = await psync({ PSYNC: reply })
    assert.equal(ran.status, status, ran.out + ran.err)
    assert.equal((assertSchema(ran.out, 'error').error as { code: string }).code, code)
    assert.ok(!master?.received.some(([name]) => name === 'SYNC'), 'SYNC would fork')
  })
}

test('a sync that is called off after +FULLRESYNC ends --full with the server’s words', async () => {
  const ran = await psync({ PSYNC: `+FULLRESYNC ${REPLID} 100\r\n-ERR BGSAVE failed, replication can't continue\r\n` }, '--full')
  assert.equal(ran.status, 7, ran.out + ran.err)
  const { error } = assertSchema(ran.out, 'error') as { error: { what: string; details: { reason: string } } }
  assert.equal(error.details.reason, 'SYNC_ABORTED')
  assert.match(error.what, /BGSAVE failed/)
})

test('--full never falls back to SYNC, and does not take a partial resync for a full one', async () => {
  const unknown = await psync({ PSYNC: "-ERR unknown command 'PSYNC'\r\n" }, '--full')
  assert.equal(unknown.status, 5)
  assert.ok(!master?.received.some(([name]) => name === 'SYNC'))
  master?.stop()
  const odd = await psync({ PSYNC: `+CONTINUE ${REPLID}\r\n` }, '--full')
  assert.equal(odd.status, 5)
  assert.equal((assertSchema(odd.out, 'error').error as { code: string }).code, 'PROTOCOL')
})

const DELAY = ['repl-diskless-sync', 'yes', 'repl-diskless-sync-delay', '5', 'repl-rdb-channel', 'no']
const CONFIG = `*${DELAY.length}\r\n${DELAY.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`

for (const [what, script, again] of [
  ['a full resync', { INFO: infoReply({ redis_version: '6.0.16' }), PSYNC: `+FULLRESYNC ${NEW_ID} 100\r\n` }, /may fork each time/],
  ['a full resync of a new server', { CONFIG, PSYNC: `+FULLRESYNC ${NEW_ID} 100\r\n` }, /may fork each time/],
  ['a keep-alive without a guard', { INFO: infoReply({ redis_version: '6.0.16' }), PSYNC: '\n' }, /may fork each time/],
  ['a keep-alive with a guard', { CONFIG, PSYNC: '\n' }, /It is safe to ask again/],
  ['a second connection that is wanted', { PSYNC: '+RDBCHANNELSYNC 7\r\n' }, /It is safe to ask again/],
] as const) {
  test(`where INFO grants the position and PSYNC answers ${what}, both are reported to disagree`, async () => {
    const ran = await psync(script)
    const { kind, words } = verdictOf(assertSchema(ran.out, 'psync'))
    assert.equal(kind, 'full')
    assert.match(words, /INFO and PSYNC disagree/)
    assert.match(words, again)
    assert.doesNotMatch(words, /Try again|moved in between/)
    const shown = await cli(['handshake', master?.target ?? ''])
    assert.match(shown.out.replaceAll(/\s+/g, ' '), /INFO and PSYNC disagree/)
    assert.doesNotMatch(shown.out, /run over/)
  })
}

test('where INFO is not permitted, a full resync that --allow-fork allows contradicts nothing', async () => {
  const noInfo = { INFO: '-NOPERM no\r\n', HELLO: '-ERR\r\n', PSYNC: `+FULLRESYNC ${NEW_ID} 100\r\n` }
  const ran = await psync(noInfo, '--allow-fork', '--replid', REPLID, '--offset', '50')
  assert.doesNotMatch(ran.out, /disagree|WOULD_FORK/)
  assert.equal(verdictOf(assertSchema(ran.out, 'psync')).kind, 'full')
})
