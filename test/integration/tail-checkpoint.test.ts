/** `--state`: whatever moment the process is killed at, the next run gives every command at least once. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { activateBacklog, number } from '../helpers/replication.ts'
import { pick, RunningServer } from '../helpers/server.ts'
import { Tailing } from '../helpers/tailing.ts'
import { keepWriting, kindsOf, LIBRARY } from '../helpers/workload.ts'

const KILLS = 50

interface Line {
  readonly type: string
  readonly start: number
  readonly end: number
}

/** Whole records; a line that the process was killed in is no record. */
function records(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      const record = JSON.parse(line)
      return record.type === 'command' ? [record as Line] : []
    } catch {
      return []
    }
  })
}

for (const installed of [pick('redis-8.6'), pick('valkey-9.1')]) {
  describe(`tail --state of ${installed.id}`, () => {
    const running: { stop(): unknown }[] = []
    after(() => Promise.all(running.map((one) => one.stop())))

    it('resumes at the checkpoint after kill -9: no gap, and nothing twice that the checkpoint covers', { timeout: 120_000 }, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'redis-repl-tail-'))
      running.push({ stop: () => rm(folder, { recursive: true, force: true }) })
      const [state, output] = [join(folder, 'state.json'), join(folder, 'out.ndjson')]
      const master = await RunningServer.start(installed, { 'repl-backlog-size': '256mb', 'repl-diskless-sync-delay': '0' })
      running.push(master)
      const kinds = await kindsOf(master)
      if (kinds.functions) await master.cli('FUNCTION', 'LOAD', LIBRARY)
      await activateBacklog(master)
      const args = [master.target, '--state', state, '--format', 'json', '--all', '--flat', '-q']
      const saved = async () => JSON.parse(await readFile(state, 'utf8')).offset as number
      const stopWriting = keepWriting(master, kinds)
      running.push({ stop: stopWriting })

      const first = new Tailing(args, output)
      running.push({ stop: () => first.end('SIGKILL') })
      const shown = async () => records(await readFile(output, 'utf8'))
      await master.until(
        'a first checkpoint',
        async () => (await saved().catch(() => 0)) > ((await shown())[0]?.end ?? Number.POSITIVE_INFINITY),
      )
      await first.end('SIGKILL')
      const begin = (await shown())[0]?.start ?? 0
      for (let kill = 0; kill < KILLS; kill++) {
        const [checkpoint, before] = [await saved(), await shown()]
        assert.ok((before.at(-1)?.end ?? 0) >= checkpoint, 'the checkpoint promises no more than is in the output')
        const tail = new Tailing(args, output)
        await sleep(250 + Math.random() * 500)
        await tail.end('SIGKILL')
        const next = (await shown())[before.length]
        assert.ok(next === undefined || next.start === checkpoint, `went on at ${next?.start}, the checkpoint was ${checkpoint}`)
      }
      await stopWriting()
      const limit = await number(master, 'master_repl_offset')
      const last = new Tailing([...args, '--until-offset', String(limit)], output)
      running.push({ stop: () => last.end('SIGKILL') })
      assert.equal(await last.end(), 0, last.err)

      const seen = new Map((await shown()).map((record) => [record.end, record]))
      const once = [...seen.values()].sort((a, b) => a.end - b.end)
      let offset = begin
      for (const { start, end } of once) {
        assert.equal(start, offset, 'each command begins where the one before has ended')
        offset = end
      }
      assert.equal(offset, limit)
      assert.equal(await saved(), limit)
    })
  })
}
