/** psync --full while the master writes: what it reports is what the master itself showed. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeCommand } from '../../src/protocol/wire/multibulk.ts'
import { number } from '../helpers/replication.ts'
import { cli } from '../helpers/run.ts'
import { assertSchema } from '../helpers/schema.ts'
import { oldestNewestAndValkey, RunningServer, servers } from '../helpers/server.ts'

const VALUE = 'v'.repeat(100_000)

interface Figures {
  framing: string
  waitMs: number
  transferMs: number
  payloadBytes: number
  snapshotOffset: number
  endOffset: number
  forkMs: number
  cowBytes: number
  catchUp: { bytes: number; isMet: boolean }
  buffer: { peakBytes: number; scope: string }
  limit: { hardBytes: number; softBytes: number; softMs: number }
}

/** Writes 100 kB about every 10 ms until it is stopped. */
async function writer(server: RunningServer): Promise<() => Promise<void>> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  let isOn = true
  const done = (async () => {
    for (let turn = 0; isOn; turn++) {
      socket.write(encodeCommand(['SET', `load:${turn % 50}`, VALUE]))
      await sleep(10)
    }
  })()
  return async () => {
    isOn = false
    await done
    socket.destroy()
  }
}

/** The largest omem of our entry in CLIENT LIST, looked at every 5 ms until it is stopped. */
function bufferWitness(server: RunningServer): () => number {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  const timer = setInterval(() => socket.write('CLIENT LIST TYPE replica\r\n'), 5)
  let rest = ''
  let most = 0
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    const ours = lines.filter((line) => line.includes('name=redis-repl'))
    most = Math.max(most, ...ours.map((line) => Number(/ omem=(\d+)/.exec(line)?.[1] ?? 0)))
  })
  return () => {
    clearInterval(timer)
    socket.destroy()
    return most
  }
}

async function fillSlowly(server: RunningServer): Promise<void> {
  await server.cli('EVAL', "for i = 1, 20000 do redis.call('SET', 'k' .. i, string.rep(tostring(i), 200)) end", '0')
}

for (const installed of servers()) {
  for (const diskless of ['yes', 'no']) {
    describe(`psync --full with ${installed.id}, repl-diskless-sync ${diskless}`, () => {
      it('reports offsets, catch-up, buffer, fork and copy-on-write as the master shows them', async (context) => {
        // The delay of the keys keeps the child busy for about a second, so that there is something to catch up with.
        const settings = { 'repl-diskless-sync': diskless, 'repl-diskless-sync-delay': '0', 'rdb-key-save-delay': '50' }
        const server = await RunningServer.start(installed, settings)
        const folder = mkdtempSync(join(tmpdir(), 'redis-repl-full-'))
        try {
          await fillSlowly(server)
          const before = await number(server, 'master_repl_offset')
          const stopWriting = await writer(server)
          const witness = bufferWitness(server)
          context.after(witness)
          const args = ['psync', server.target, '--full', '--json', ...(diskless === 'yes' ? ['--diskless'] : [])]
          const ran = await cli(args, { env: { TMPDIR: folder } }).finally(stopWriting)
          const seenPeak = witness()
          assert.equal(ran.status, 0, ran.out + ran.err)
          const report = assertSchema(ran.out, 'psync-full') as unknown as { figures: Figures; verdict: { kind: string } }
          const { figures } = report
          assert.equal(figures.framing, diskless === 'yes' ? 'eof-mark' : 'length')
          assert.equal(figures.catchUp.isMet, true)
          assert.equal(figures.catchUp.bytes, figures.endOffset - figures.snapshotOffset)
          assert.ok(figures.snapshotOffset >= before)
          assert.ok(figures.endOffset > figures.snapshotOffset + VALUE.length, 'there was something to catch up with')
          assert.ok(figures.endOffset <= (await number(server, 'master_repl_offset')))
          assert.equal(figures.forkMs, (await number(server, 'latest_fork_usec')) / 1000)
          assert.equal(figures.cowBytes, await number(server, 'rdb_last_cow_size'))
          assert.equal(figures.buffer.scope, 'ours')
          // Both look now and then at a buffer that grows to its peak and is gone: each sees what the other does, but for some samples.
          const spread = figures.catchUp.bytes / 2 + 1_000_000
          assert.ok(Math.abs(figures.buffer.peakBytes - seenPeak) <= spread, `${figures.buffer.peakBytes} of ${seenPeak}`)
          assert.ok(figures.buffer.peakBytes > VALUE.length)
          assert.deepEqual(figures.limit, { hardBytes: 268_435_456, softBytes: 67_108_864, softMs: 60_000 })
          assert.equal(report.verdict.kind, 'safe')
          assert.deepEqual(readdirSync(folder), [])
        } finally {
          await server.stop()
          rmSync(folder, { recursive: true, force: true })
          assert.ok(!existsSync(folder))
        }
      })
    })
  }
}

for (const installed of oldestNewestAndValkey()) {
  for (const [limit, line] of [
    ['hard', 'replica 6mb 0 0'],
    ['soft', 'replica 0 3mb 1'],
  ] as const) {
    it(`psync --full with ${installed.id} that cuts us for its ${limit} buffer limit is an error that names the buffer and the setting`, async () => {
      const settings = {
        'repl-diskless-sync': 'no',
        'rdb-key-save-delay': '100',
        'client-output-buffer-limit': line,
        'repl-backlog-size': '16384',
      }
      const server = await RunningServer.start(installed, settings)
      try {
        await fillSlowly(server)
        const stopWriting = await writer(server)
        const ran = await cli(['psync', server.target, '--full', '--json']).finally(stopWriting)
        assert.equal(ran.status, 7, ran.out + ran.err)
        const { error } = assertSchema(ran.out, 'error') as { error: { next: string; details: { bufferBytes: number } } }
        assert.ok(error.details.bufferBytes > 0, ran.out)
        assert.match(error.next, limit === 'hard' ? /"replica 256mb 256mb 60"/ : /"replica 0 256mb 60"/)
      } finally {
        await server.stop()
      }
    })
  }
}
