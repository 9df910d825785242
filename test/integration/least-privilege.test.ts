/** The two users of docs/safety.md: what they run adds nothing to the server's ACL LOG. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pair } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { oldestNewestAndValkey, type RunningServer } from '../helpers/server.ts'

const SAFETY = readFileSync(new URL('../../docs/safety.md', import.meta.url), 'utf8')

/** The rules of a user as docs/safety.md gives them. */
function rulesOf(user: string): string[] {
  const [, rules = ''] = new RegExp(`^ACL SETUSER ${user} (.*)$`, 'm').exec(SAFETY) ?? []
  assert.match(rules, /^on >password /)
  return rules.split(' ')
}

for (const installed of oldestNewestAndValkey()) {
  describe(`with ${installed.id}, the ACL LOG stays empty for`, () => {
    let [master, replica]: RunningServer[] = []
    let folder: string
    const servers = () => [master, replica] as [RunningServer, RunningServer]

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'redis-repl-least-'))
      ;[master, replica] = await pair(installed)
      for (const server of servers()) {
        for (const user of ['probe', 'full']) await server.cli('ACL', 'SETUSER', user, ...rulesOf(user))
      }
    })
    after(async () => {
      await Promise.all(servers().map((server) => server.stop()))
      await rm(folder, { recursive: true, force: true })
    })

    const commands: Record<string, readonly (() => readonly string[])[]> = {
      probe: [
        () => ['handshake'],
        () => ['psync', '--sample', '0'],
        () => ['psync', '--sample', '0', '--from-replica', replica?.target ?? ''],
        () => ['tail', '--duration', '1'],
        () => ['tail', '--duration', '1', '--from', 'backlog'],
      ],
      full: [
        () => ['handshake'],
        () => ['psync', '--sample', '0', '--replid', 'a'.repeat(40), '--offset', '5'],
        () => ['psync', '--full'],
        () => ['tail', '--duration', '1', '--from', 'snapshot'],
        () => ['dump-rdb', '--max-rate', '100mb', '--force', '-o', join(folder, 'full.rdb')],
        () => ['lag', '--sample', '1'],
        () => ['lag', '--sample', '1', '--attach'],
      ],
    }
    for (const [user, runs] of Object.entries(commands)) {
      for (const [index, args] of runs.entries()) {
        it(`${user}, run ${index + 1}`, async () => {
          const [first, second] = servers()
          for (const server of servers()) await server.cli('ACL', 'LOG', 'RESET')
          const [command = '', ...flags] = args()
          const ran = await cli([command, first.target, ...flags, '--user', user, '-a', 'password', '--no-auth-warning'])
          assert.ok([0, 1].includes(ran.status ?? -1), `${command} ${flags.join(' ')}: ${ran.out}${ran.err}`)
          for (const server of [first, second]) assert.equal(await server.cli('ACL', 'LOG'), '', `${command} ${flags.join(' ')}`)
        })
      }
    }
  })
}
