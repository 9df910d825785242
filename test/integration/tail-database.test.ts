/** tail of a target that names a database, and of a master with Sentinels. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { activateBacklog } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'

async function written(server: RunningServer): Promise<string[]> {
  await activateBacklog(server)
  await server.cli('-n', '0', 'SET', 'zero', '1')
  await server.cli('-n', '3', 'SET', 'three', '1')
  await server.cli('PUBLISH', '__sentinel__:hello', '10.0.0.9,26379')
  await server.cli('-n', '12', 'SET', 'twelve', '1')
  await server.cli('-n', '3', 'DEL', 'three')
  return ['--from', 'backlog', '--until-offset', await server.info('master_repl_offset'), '--template', '%d %k\\n', '-q']
}

describe('tail of a target with a database', { concurrency: 1 }, () => {
  for (const installed of oldestNewestAndValkey()) {
    it(`shows that database only, unless --db names another, on ${installed.id}`, async (context) => {
      const server = await RunningServer.start(installed)
      context.after(() => server.stop())
      const from = await written(server)
      const lines = async (...args: string[]) => {
        const ran = await cli(['tail', ...args, ...from])
        assert.equal(ran.status, 0, ran.err)
        return ran.out.trimEnd().split('\n')
      }
      assert.deepEqual(await lines(`redis://${server.target}/3`), ['3 three', '3 three'])
      assert.deepEqual(await lines(`redis://${server.target}/12`), ['12 twelve'])
      assert.deepEqual(await lines(`redis://${server.target}/3`, '--db', '0'), ['0 zero'])
      // Without one, all of them, and no hello.
      assert.deepEqual(await lines(`redis://${server.target}`), ['0 zero', '3 three', '12 twelve', '3 three'])
      assert.ok((await lines(`redis://${server.target}`, '--all')).length >= 8)
    })
  }

  it('is accepted by the other commands, and what is no database is an error of usage everywhere', async (context) => {
    const server = await RunningServer.start(pick('redis-7.0'))
    context.after(() => server.stop())
    for (const command of ['handshake', 'lag', 'psync']) {
      const fine = await cli([command, `redis://${server.target}/3`])
      assert.equal(fine.status, 0, fine.err)
    }
    for (const command of ['handshake', 'lag', 'psync', 'tail', 'dump-rdb']) {
      const wrong = await cli([command, `redis://${server.target}/abc`])
      assert.equal(wrong.status, 2, wrong.out)
      assert.match(wrong.err, /database\s+number/)
    }
  })
})
