/** The connection for INFO breaks while a full resync waits, as proxies and `timeout` do with one that is idle. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { cli, type Ran } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'
import { verdictOf } from '../helpers/verdict.ts'

/** Runs a command, and does something to the server while the command waits for its BGSAVE. */
async function whileItWaits(server: RunningServer, args: readonly string[], act: () => Promise<unknown>): Promise<Ran> {
  const ran = cli(args)
  await server.until('a replica', async () => (await server.info('connected_slaves')) === '1')
  await act()
  return await ran
}

for (const installed of oldestNewestAndValkey()) {
  describe(`the INFO connection to ${installed.id} that breaks`, () => {
    it('is replaced: nothing is missing from the cost and from the judgement', async (context) => {
      const server = await RunningServer.start(installed, { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '2' })
      context.after(() => server.stop())
      await server.cli('SET', 'k', 'v')
      const kill = () => server.cli('CLIENT', 'KILL', 'TYPE', 'normal')
      const dumped = await whileItWaits(server, ['dump-rdb', server.target, '-o', join(server.folder, 'x.rdb')], kill)
      assert.equal(dumped.status, 0, dumped.err)
      assert.match(dumped.err, /Server counters: .*sync_full\s+0\s+→\s+1/s)
      const judged = await whileItWaits(server, ['psync', server.target, '--full', '--diskless', '-q'], kill)
      assert.match(judged.out, /^SAFE: /)
    })

    it('and cannot be replaced is the reason given, and no right is called missing', async (context) => {
      const server = await RunningServer.start(installed, { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '5' })
      context.after(() => server.stop())
      const kill = async () => {
        await server.cli('CLIENT', 'KILL', 'TYPE', 'normal')
        await server.cli('CONFIG', 'SET', 'maxclients', '1') // we and the replica are two
      }
      const judged = await whileItWaits(server, ['psync', server.target, '--full', '--diskless', '--json'], kill)
      const report = assertSchema(judged.out, 'psync-full')
      const { kind, words } = verdictOf(report)
      assert.equal(kind, 'unknown')
      assert.match(words, /connection for INFO and CLIENT LIST was lost.*max number of clients/)
      assert.doesNotMatch(words, /\+client|\+config/)
      const warnings = report.warnings as { code: string }[]
      assert.ok(warnings.some(({ code }) => code === 'INFO_LOST'))
    })
  })
}
