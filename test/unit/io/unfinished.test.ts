/** A process that leaves at once takes with it what it had not finished, and nothing else. */
import assert from 'node:assert/strict'
import { type ExecFileException, execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'

const home = await mkdtemp(join(tmpdir(), 'redis-repl-unfinished-'))
after(() => rm(home, { recursive: true }))

const LIMIT_MS = 20_000

/** Runs it as a module of its own; `home` is its folder. */
async function leave(program: string): Promise<string> {
  const source = (path: string) => JSON.stringify(new URL(`../../../src/io/${path}`, import.meta.url).href)
  const imports = [
    `const { RdbFile } = await import(${source('sinks/rdb-file.ts')})`,
    `const { DumpFolder } = await import(${source('sinks/dump-folder.ts')})`,
    `const home = ${JSON.stringify(home)}`,
  ]
  const args = ['--import', 'tsx', '--input-type=module', '-e', [...imports, program, 'process.exit(0)'].join('\n')]
  // Node 24 now and then hangs in its own shutdown, after the exit handlers (nodejs/node#64560). What they did can be seen all the same.
  const ended = promisify(execFile)(process.execPath, args, { timeout: LIMIT_MS, killSignal: 'SIGKILL' })
  const { stderr } = await ended.catch((error: ExecFileException & { stderr: string }) => {
    if (error.killed) return error
    throw error
  })
  return stderr
}

test('a dozen files and a folder with files are gone, and what is finished stays', async () => {
  const stderr = await leave(`
    const whole = await RdbFile.create(home + '/whole.rdb', false)
    await whole.write(Buffer.from('REDIS'))
    await whole.commit()
    const files = [] // kept, as whoever writes to them keeps them
    for (let index = 0; index < 12; index++) files.push(await RdbFile.create(home + '/' + index, false))
    for (const file of files) await file.write(Buffer.from('half'))
    const folder = await DumpFolder.create(home + '/shards', false)
    files.push(await RdbFile.create(folder.file('one.rdb'), false))
    process.on('exit', () => files.length)`)
  assert.deepEqual(await readdir(home), ['whole.rdb'])
  assert.equal(stderr, '') // no warning of too many listeners either
})
