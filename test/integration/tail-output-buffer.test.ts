/** `tail` at masters whose output buffer limit for replicas is lower than what a partial resync copies. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { assertThreeParts } from '../helpers/failures.ts'
import { cli } from '../helpers/run.ts'
import { pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'

const LIMIT = 512 * 1024
const started: RunningServer[] = []

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
})

/** A master with two megabytes in its backlog, an output buffer limit below that, and a user who may not ask for it. */
async function start(limit: string, version = 'redis-6.0'): Promise<{ server: RunningServer; lowly: string }> {
  const settings = { 'repl-backlog-size': '4mb', 'repl-diskless-sync-delay': '0' }
  const server = await RunningServer.start(pick(version), settings)
  started.push(server)
  const replica = await RunningServer.start(pick(version), { replicaof: `127.0.0.1 ${server.port}` })
  await replica.until('its sync', async () => (await replica.info('master_link_status')) === 'up')
  for (let count = 0; count < 40; count++) await server.cli('SET', `k${count}`, 'x'.repeat(50_000))
  await replica.until('the end of the stream', async () => {
    return (await replica.info('slave_repl_offset')) === (await server.info('master_repl_offset'))
  })
  await replica.stop()
  await server.cli('CONFIG', 'SET', 'client-output-buffer-limit', `replica ${limit}`)
  const rights = ['+psync', '+replconf', '+ping', '+info', '+client', '+command', '+hello']
  await server.cli('ACL', 'SETUSER', 'lowly', 'on', '>secret', '~*', ...rights)
  return { server, lowly: `redis://lowly:secret@${server.target}` }
}

async function partials(server: RunningServer): Promise<number> {
  return Number(await server.info('sync_partial_ok'))
}

async function showsNextSet(server: RunningServer, target: string): Promise<string> {
  const tail = new Tailing([target]).read()
  try {
    await tail.following()
    await server.cli('SET', 'shown', '1')
    await tail.says(/"shown"/)
    assert.equal(await tail.end('SIGINT'), 0, tail.err)
    return tail.err
  } finally {
    await tail.end('SIGKILL')
  }
}

describe('tail --from now', () => {
  for (const limit of [`${LIMIT} 0 0`, `0 ${LIMIT} 0`, `${8 * LIMIT} ${LIMIT} 1`]) {
    it(`looks back no further than client-output-buffer-limit "${limit}" allows`, async () => {
      const { server } = await start(limit)
      assert.doesNotMatch(await showsNextSet(server, server.target), /again/)
      assert.equal(await partials(server), 1)
    })
  }

  it('is cut once where it has no right to read the limit, says why, and resumes', async () => {
    const { server, lowly } = await start(`${LIMIT} 0 0`)
    const notes = await showsNextSet(server, lowly)
    assert.match(notes, /bytes\s+of\s+backlog\s+that\s+we\s+requested\s+probably\s+exceeded\s+its\s+output\s+buffer\s+limit/)
    assert.equal(await partials(server), 2)
  })

  it('shows what was written while it was cut off', async () => {
    const { server, lowly } = await start(`${LIMIT} 0 0`)
    const tail = new Tailing([lowly]).read()
    try {
      await tail.says(/exceeded/)
      await server.cli('SET', 'between', '1')
      await tail.says(/"between"/)
    } finally {
      await tail.end('SIGKILL')
    }
  })
})

describe('a range that the user asked for and that overruns the buffer', () => {
  for (const from of ['backlog', 'position']) {
    it(`--from ${from}: ends with the cause and the setting, with or without the right to ask for the limit`, async () => {
      const { server, lowly } = await start(`${LIMIT} 0 0`)
      const position = from === 'backlog' ? from : `${await server.info('master_replid')}:1000`
      for (const [target, links] of [
        [server.target, 1],
        [lowly, 2],
      ] as const) {
        const before = await partials(server)
        const ran = await cli(['tail', target, '--from', position])
        assertThreeParts(ran, 'LINK_LOST', 7)
        assert.match(ran.err, /exceeded\s+its\s+output\s+buffer\s+limit/)
        assert.match(ran.err, /client-output-buffer-limit\s+"replica\s+256mb\s+64mb\s+60"/)
        assert.equal((await partials(server)) - before, links)
      }
    })
  }

  it('is served by newer servers, whose replicas share the memory of the backlog', async () => {
    const { server } = await start(`${LIMIT} 0 0`, 'redis-7.0')
    const end = await server.info('master_repl_offset')
    const ran = await cli(['tail', server.target, '--from', 'backlog', '--until-offset', String(end), '--max-arg', '20'])
    assert.equal(ran.status, 0, ran.err)
  })
})
