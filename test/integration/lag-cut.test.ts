/** A connection of lag that still works is closed: by a proxy, by `timeout`, or by CLIENT KILL. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pair } from '../helpers/replication.ts'
import { cli, type Ran } from '../helpers/run.ts'
import { oldestNewestAndValkey, RunningServer } from '../helpers/server.ts'
import { Watching } from '../helpers/watching.ts'

/** Runs lag, and closes all its connections to a server several times, each time after they have answered. */
async function cutThrice(server: RunningServer, args: readonly string[], user = 'default'): Promise<Ran> {
  const ran = cli(['lag', ...args])
  const ids = async () => {
    const clients = (await server.cli('CLIENT', 'LIST')).split('\n').filter((line) => / cmd=(info|role) /.test(line))
    return clients.filter((line) => `${line} `.includes(` user=${user} `)).map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '')
  }
  for (let cuts = 0; cuts < 3; cuts++) {
    await server.until('a question of lag', async () => (await ids()).length > 0)
    for (const id of await ids()) await server.cli('CLIENT', 'KILL', 'ID', id)
  }
  return await ran
}

for (const installed of oldestNewestAndValkey()) {
  describe(`a connection of lag to ${installed.id} that is cut`, () => {
    for (const [index, which] of ['the master', 'the replica'].entries()) {
      it(`at ${which} is replaced at once: no look fails`, async (context) => {
        const servers = await pair(installed)
        context.after(() => Promise.all(servers.map((server) => server.stop())))
        const watch = ['--watch', '--interval', '100ms', '--count', '40', '--require-link']
        const ran = await cutThrice(servers[index] as RunningServer, [servers[0].target, ...watch])
        assert.equal(ran.status, 0, ran.out + ran.err)
        assert.doesNotMatch(ran.out, /verdict=|cannot be/)
      })
    }

    it('asks nothing again that was denied to the user', async (context) => {
      const server = await RunningServer.start(installed)
      context.after(() => server.stop())
      await server.cli('ACL', 'SETUSER', 'role', 'on', '>pw', '+ping', '+role')
      const login = ['--user', 'role', '-a', 'pw', '--no-auth-warning']
      await cutThrice(server, [server.target, '--watch', '--interval', '100ms', '--count', '30', ...login], 'role')
      const log = await server.cli('ACL', 'LOG')
      assert.deepEqual(log.match(/(?<=^count\n)\d+/gm), ['1'], log)
    })

    it('and cannot be replaced fails that look, and so the whole watch', async (context) => {
      const server = await RunningServer.start(installed)
      const { port } = server
      const watching = new Watching([server.target, '--json'])
      context.after(() => watching.end('SIGKILL'))
      const isLost = () => (JSON.parse(watching.last || '{}') as { master?: { lost: unknown } }).master?.lost !== null
      await watching.until(() => !isLost())
      await server.stop()
      await watching.until(isLost)
      const again = await RunningServer.start(installed, { port: String(port) })
      context.after(() => again.stop())
      await watching.until(() => !isLost())
      assert.equal(await watching.end(), 1)
    })
  })
}
