/** The head of every JSON object, for each command and each outcome that a scripted server can produce. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { FakeMaster, infoReply, type Script } from '../helpers/fake-master.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { freePort } from '../helpers/server.ts'
import { framedByLength, line, REPLID, rdb } from '../helpers/wire.ts'

const HEAD = ['schema', 'tool', 'target', 'at', 'durationMs', 'ok', 'exitStatus', 'verdict']
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const folder = mkdtempSync(join(tmpdir(), 'redis-repl-head-'))
after(() => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'existing.rdb'), 'x')

const INFO = infoReply({ master_replid: REPLID })
const GRANTS: Script = { INFO, PSYNC: `+CONTINUE ${REPLID}\r\n` }
const SENDS: Script = { INFO, PSYNC: Buffer.concat([line(`+FULLRESYNC ${REPLID} 100`), framedByLength(rdb())]) }
const UNSIGNED: Script = {
  INFO,
  PSYNC: Buffer.concat([line(`+FULLRESYNC ${REPLID} 100`), framedByLength(rdb({ checksum: Buffer.alloc(8) }))]),
}
const TRUNCATED: Script = { INFO, PSYNC: { bytes: `+FULLRESYNC ${REPLID} 100\r\n$1000\r\nREDIS`, close: true } }
const REFUSES: Script = {
  PING: '-NOAUTH Authentication required.\r\n',
  REPLCONF: '-NOAUTH Authentication required.\r\n',
  INFO: '-NOAUTH\r\n',
}
const LOADS: Script = { INFO: infoReply({ loading: '1' }), PSYNC: '-LOADING Redis is loading the dataset in memory\r\n' }
const BLIND: Script = { INFO: '-NOPERM no\r\n', HELLO: '-ERR\r\n', CONFIG: '-NOPERM no\r\n' }
const OLD: Script = { INFO, PSYNC: "-ERR unknown command 'PSYNC'\r\n" }
const ALONE: Script = { ...GRANTS, CLUSTER: '-ERR This instance has cluster support disabled\r\n' }
/** A replica that its master lists without an ACK, and that cannot be asked. */
const UNHEARD: Script = { INFO: infoReply({ connected_slaves: '1', slave0: 'ip=127.0.0.1,port=1,state=online,offset=100' }) }

const POSITION = ['--replid', 'b'.repeat(40), '--offset', '7', '--sample', '0']

const RUNS: readonly (readonly [
  outcome: string,
  script: Script | undefined,
  args: readonly string[],
  schema: string,
  status: number,
  kind: string,
])[] = [
  ['a partial resync', GRANTS, ['handshake'], 'handshake', 0, 'ok'],
  ['a handshake that stops before PSYNC', GRANTS, ['handshake', '--no-psync'], 'handshake', 0, 'unknown'],
  ['a server that loads its data', LOADS, ['handshake'], 'error', 6, 'error'],
  ['a password that is missing', REFUSES, ['handshake'], 'error', 4, 'error'],
  ['a server that knows no PSYNC', OLD, ['handshake'], 'error', 5, 'error'],
  ['nothing on the port', undefined, ['handshake'], 'error', 3, 'error'],
  ['no cluster', ALONE, ['handshake', '--cluster'], 'error', 5, 'error'],
  ['a position that PSYNC grants', GRANTS, ['psync', '--sample', '0'], 'psync', 0, 'partial'],
  ['a prediction', GRANTS, ['psync', '--explain', '--sample', '0'], 'psync', 0, 'partial'],
  ['a foreign replid', GRANTS, ['psync', '--explain', ...POSITION], 'psync', 0, 'full'],
  ['an expectation that is met', GRANTS, ['psync', '--expect', 'continue', '--sample', '0'], 'psync', 0, 'partial'],
  ['an expectation that is not met', GRANTS, ['psync', '--expect', 'full', '--sample', '0'], 'psync', 1, 'partial'],
  ['no INFO', BLIND, ['psync', ...POSITION], 'psync', 10, 'unknown'],
  ['no INFO with an expectation', BLIND, ['psync', '--expect', 'partial', ...POSITION], 'psync', 1, 'unknown'],
  ['nothing on the port', undefined, ['psync'], 'error', 3, 'error'],
  ['a full resync whose buffer cannot be seen', SENDS, ['psync', '--full', '--diskless'], 'psync-full', 0, 'unknown'],
  ['a full resync that breaks', TRUNCATED, ['psync', '--full', '--diskless'], 'error', 7, 'error'],
  ['a verified dump', SENDS, ['dump-rdb', '-o', join(folder, 'x.rdb')], 'dump-rdb', 0, 'ok'],
  ['a dump without a checksum', UNSIGNED, ['dump-rdb', '-o', join(folder, 'y.rdb')], 'dump-rdb', 0, 'unsigned'],
  ['a truncated dump', TRUNCATED, ['dump-rdb', '-o', join(folder, 'z.rdb')], 'error', 7, 'error'],
  ['a file that exists', SENDS, ['dump-rdb', '-o', join(folder, 'existing.rdb')], 'error', 8, 'error'],
  ['a master without replicas', GRANTS, ['lag', '--sample', '0'], 'lag', 0, 'none'],
  ['a link that nothing proves', UNHEARD, ['lag', '--sample', '0', '--require-link'], 'lag', 1, 'failed'],
  ['the settings in force', GRANTS, ['handshake', '--print-config'], 'config', 0, 'ok'],
  ['a flag that does not exist', GRANTS, ['psync', '--nosuch'], 'error', 2, 'error'],
]

describe('the head of the JSON', { concurrency: 2 }, () => {
  for (const [outcome, script, [command = '', ...flags], schema, status, kind] of RUNS) {
    it(`of ${command}: ${outcome} is ${kind} and status ${status}`, async (context) => {
      const master = script && (await FakeMaster.start(script))
      context.after(() => master?.stop())
      const target = master?.target ?? `127.0.0.1:${await freePort()}`
      const began = Date.now()
      const ran = await cli([command, target, ...flags, '--json'])
      const elapsed = Date.now() - began
      const report = assertSchema(ran.out, schema)
      assert.deepEqual([ran.status, report.exitStatus, report.ok], [status, status, status === 0], ran.out + ran.err)
      assert.deepEqual(Object.keys(report).slice(0, HEAD.length), HEAD)
      assert.deepEqual(report.tool, { name: 'redis-repl', version })
      if (status !== 2) assert.equal(report.target, schema === 'config' ? null : target)
      assert.ok(Math.abs(Date.parse(String(report.at)) - began) <= elapsed, 'at is a time of the run')
      assert.ok(Number(report.durationMs) <= elapsed, `${report.durationMs} ms of ${elapsed} ms`)
      const verdict = report.verdict as { kind: string; text: string }
      assert.deepEqual([verdict.kind, Object.keys(verdict)[0], verdict.text.length > 0], [kind, 'kind', true])
    })
  }
})
