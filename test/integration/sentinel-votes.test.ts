/** Sentinels that differ, or that name a stranger: what they say is believed only as far as the servers prove it. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { activateBacklog, pair } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { ScriptedSentinel, targetOf } from '../helpers/scripted-sentinel.ts'
import { oldestNewestAndValkey, pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { Watching } from '../helpers/watching.ts'

async function sentinels(context: TestContext, count: number): Promise<ScriptedSentinel[]> {
  const all = await Promise.all(Array.from({ length: count }, () => ScriptedSentinel.start()))
  context.after(() => all.map((one) => one.stop()))
  return all
}

async function one(context: TestContext): Promise<ScriptedSentinel> {
  const [sentinel] = await sentinels(context, 1)
  return sentinel as ScriptedSentinel
}

for (const installed of oldestNewestAndValkey()) {
  describe(`a healthy link to ${installed.id}`, () => {
    const start = async (context: TestContext) => {
      const [master, replica] = await pair(installed)
      const stranger = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0' })
      context.after(() => Promise.all([replica, master, stranger].map((server) => server.stop())))
      await activateBacklog(stranger)
      const sentinel = await one(context)
      sentinel.names(master.target)
      return { master, replica, stranger, sentinel }
    }

    it('is kept when a Sentinel names a stranger, and left for the promoted replica', async (context) => {
      const { master, replica, stranger, sentinel } = await start(context)
      const tail = new Tailing([targetOf([sentinel]), '--format', 'resp']).read()
      context.after(() => tail.end('SIGKILL'))
      await tail.following()
      for (const runId of ['', 'f'.repeat(40)]) {
        sentinel.names(stranger.target, runId)
        await sentinel.judged()
      }
      await master.cli('SET', 'k', 'still-here')
      await tail.says(/still-here/)
      assert.doesNotMatch(tail.err, /again/)
      await replica.cli('REPLICAOF', 'NO', 'ONE')
      sentinel.names(replica.target)
      await tail.says(/following .* again,\s+starting\s+after\s+offset\s+\d+/)
      await replica.cli('SET', 'k', 'taken-over')
      await tail.says(/taken-over/)
      assert.equal(await tail.end('SIGINT'), 0)
    })

    it('is left for another server with the run ID that the Sentinel knows', async (context) => {
      const { stranger, sentinel } = await start(context)
      const tail = new Tailing([targetOf([sentinel]), '--on-gap', 'skip']).read()
      context.after(() => tail.end('SIGKILL'))
      await tail.following()
      sentinel.names(stranger.target, await stranger.info('run_id'))
      await tail.says(new RegExp(stranger.target))
      await tail.end('SIGINT')
    })

    it('is measured on when a Sentinel names a stranger', async (context) => {
      const { master, replica, stranger, sentinel } = await start(context)
      const watch = new Watching([targetOf([sentinel]), '--json'])
      context.after(() => watch.end('SIGKILL'))
      await watch.until((name) => name === master.target)
      sentinel.names(stranger.target)
      await sentinel.judged()
      await watch.until((name) => name === master.target)
      await replica.cli('REPLICAOF', 'NO', 'ONE')
      sentinel.names(replica.target)
      await watch.until((name) => name === replica.target)
    })
  })
}

describe('Sentinels that name two servers', () => {
  const two = async (context: TestContext) => {
    const installed = pick('redis-8.6')
    const both = [await RunningServer.start(installed), await RunningServer.start(installed)] as const
    context.after(() => Promise.all(both.map((server) => server.stop())))
    return both
  }

  for (const counts of [
    [1, 1],
    [2, 2],
  ] as const) {
    it(`are refused when ${counts.join(' and ')} differ and both servers are masters`, async (context) => {
      const servers = await two(context)
      const all = await sentinels(context, counts[0] + counts[1])
      for (const [index, sentinel] of all.entries()) sentinel.names(servers[index < counts[0] ? 0 : 1].target)
      const ran = await cli(['handshake', targetOf(all)])
      assertThreeParts(ran, 'TRY_LATER', 6)
      for (const { target } of servers) assert.ok(ran.err.replace(/\s+/g, ' ').includes(target), ran.err)
      assert.match(ran.err, /Sentinels\s+disagree/)
    })
  }

  it('are counted by the server that they name, where most agree', async (context) => {
    const [master, other] = await two(context)
    const all = await sentinels(context, 3)
    for (const [index, sentinel] of all.entries()) sentinel.names(index === 0 ? other.target : master.target)
    const ran = await cli(['handshake', targetOf(all), '--json'])
    const [choice] = (JSON.parse(ran.out) as { choices: { endpoint: string; text: string }[] }).choices
    assert.equal(choice?.endpoint, master.target)
    assert.match(choice?.text ?? '', /named by 2 of 3 Sentinels/)
  })

  it('are counted by the name that they use, where --map leads elsewhere', async (context) => {
    const [master] = await two(context)
    const [sentinel] = (await sentinels(context, 1)) as [ScriptedSentinel]
    sentinel.names('10.0.0.5:6379')
    const ran = await cli(['handshake', targetOf([sentinel]), '--map', `10.0.0.5:6379=${master.target}`])
    assert.match(ran.out, /named by 1 of 1 Sentinels/)
  })

  it('are believed when one of the two is a replica now', async (context) => {
    const [master, replica] = await two(context)
    await replica.cli('REPLICAOF', '127.0.0.1', String(master.port))
    const all = await sentinels(context, 2)
    for (const [index, sentinel] of all.entries()) sentinel.names(index === 0 ? replica.target : master.target)
    const ran = await cli(['handshake', targetOf(all)])
    assert.match(ran.out, new RegExp(`${master.target}, named by 1 of 2 Sentinels`))
  })

  it('are believed when both names lead to one server', async (context) => {
    const [master] = await two(context)
    const [first, second] = (await sentinels(context, 2)) as [ScriptedSentinel, ScriptedSentinel]
    first.names(master.target)
    second.names(`localhost:${master.port}`)
    const ran = await cli(['handshake', targetOf([first, second]), '-4'])
    assert.match(ran.out, /named by 1 of 2 Sentinels/)
  })
})

describe('a Sentinel', () => {
  it('that knows too little is asked again later', async (context) => {
    const sentinel = await one(context)
    sentinel.says('-IDONTKNOW I have not enough information to reply. Please ask another Sentinel.\r\n')
    assertThreeParts(await cli(['handshake', targetOf([sentinel])]), 'TRY_LATER', 6)
  })

  for (const port of ['99999', 'abc']) {
    it(`that names the port ${port} is quoted: that address is impossible`, async (context) => {
      const sentinel = await one(context)
      sentinel.names(`10.0.0.5:${port}`)
      const ran = await cli(['handshake', targetOf([sentinel])])
      assertThreeParts(ran, 'TRY_LATER', 6)
      assert.match(ran.err, new RegExp(`impossible\\s+address.*"10\\.0\\.0\\.5:${port}"`, 's'))
    })
  }
})
