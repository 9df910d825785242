import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ReplError } from '../../../../src/errors.ts'
import { readState, StateFile, stateRecord } from '../../../../src/io/sinks/state-file.ts'
import { assertSchema } from '../../../helpers/schema.ts'
import { REPLID } from '../../../helpers/wire.ts'

const folder = await mkdtemp(join(tmpdir(), 'redis-repl-state-'))
const output = openSync(join(folder, 'out'), 'w')
after(async () => {
  closeSync(output)
  await rm(folder, { recursive: true, force: true })
})

const STATE = { replid: REPLID, offset: 9_007_199_254_740_991, db: null, transaction: 12 }

test('StateFile: what was saved is what is read, with nothing else left in the folder', async () => {
  const path = join(folder, 'state')
  const file = new StateFile(path, output)
  await file.saveNow(stateRecord(STATE), 0)
  assert.deepEqual(await readState(path), STATE)
  assertSchema(await readFile(path, 'utf8'), 'tail-state')
  assert.deepEqual((await readdir(folder)).sort(), ['out', 'state'])
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('StateFile: saves at most every 200 ms, and at once when told to', async () => {
  const path = join(folder, 'often')
  const file = new StateFile(path, output)
  const saved = async () => (await readState(path))?.offset
  await file.save(() => stateRecord({ ...STATE, offset: 1 }), 1000)
  await file.save(() => stateRecord({ ...STATE, offset: 2 }), 1199)
  assert.equal(await saved(), 1)
  await file.save(() => stateRecord({ ...STATE, offset: 3 }), 1200)
  assert.equal(await saved(), 3)
  await file.saveNow(stateRecord({ ...STATE, offset: 4 }), 1201)
  assert.equal(await saved(), 4)
})

test('StateFile: a place that cannot be written is OUTPUT_FAILED and named', async () => {
  const file = new StateFile(join(folder, 'missing', 'state'), output)
  await assert.rejects(
    file.saveNow(stateRecord(STATE), 0),
    (error) => error instanceof ReplError && error.details.reason === 'WRITE' && error.details.errno === 'ENOENT',
  )
})

test('readState: no file is no state; anything that is no whole state is refused', async () => {
  const path = join(folder, 'bad')
  assert.equal(await readState(path), undefined)
  const good = { schema: 'redis-repl/tail-state/1', ...STATE }
  const bad = [
    '',
    '{"schema":"redis-repl/tail-state/1"',
    'null',
    JSON.stringify({ ...good, schema: 'other' }),
    JSON.stringify({ ...good, replid: 'x' }),
    JSON.stringify({ ...good, offset: -1 }),
    JSON.stringify({ ...good, offset: 1.5 }),
    JSON.stringify({ ...good, db: 'x' }),
    JSON.stringify({ ...good, transaction: undefined }),
  ]
  for (const text of bad) {
    await writeFile(path, text)
    await assert.rejects(
      readState(path),
      (error) => error instanceof ReplError && error.code === 'USAGE' && error.details.reason === 'STATE_FILE',
      text,
    )
  }
})
