import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkpointAt, clusterCheckpoint, positionIn, STATE_SCHEMA, shardsIn } from '../../../../src/engine/follow/checkpoint.ts'
import { ReplError } from '../../../../src/errors.ts'
import { readState, StateFile } from '../../../../src/io/sinks/state-file.ts'
import { assertSchema } from '../../../helpers/schema.ts'
import { REPLID } from '../../../helpers/wire.ts'

const folder = await mkdtemp(join(tmpdir(), 'redis-repl-state-'))
const output = openSync(join(folder, 'out'), 'w')
after(async () => {
  closeSync(output)
  await rm(folder, { recursive: true, force: true })
})

const POSITION = { replid: REPLID, offset: 9_007_199_254_740_991, db: undefined, transaction: 12 }

function read(path: string) {
  return readState(path, STATE_SCHEMA, positionIn)
}

test('StateFile: what was saved is what is read, with nothing else left in the folder', async () => {
  const path = join(folder, 'state')
  const file = new StateFile(path, output)
  await file.saveNow(checkpointAt(POSITION), 0)
  assert.deepEqual(await read(path), POSITION)
  assertSchema(await readFile(path, 'utf8'), 'tail-state')
  assert.deepEqual((await readdir(folder)).sort(), ['out', 'state'])
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('StateFile: saves at most every 200 ms, and at once when told to', async () => {
  const path = join(folder, 'often')
  const file = new StateFile(path, output)
  const saved = async () => (await read(path))?.offset
  await file.save(checkpointAt({ ...POSITION, offset: 1 }), 1000)
  await file.save(checkpointAt({ ...POSITION, offset: 2 }), 1199)
  assert.equal(await saved(), 1)
  await file.save(checkpointAt({ ...POSITION, offset: 3 }), 1200)
  assert.equal(await saved(), 3)
  await file.saveNow(checkpointAt({ ...POSITION, offset: 4 }), 1201)
  assert.equal(await saved(), 4)
})

test('StateFile: a place that cannot be written is OUTPUT_FAILED and named', async () => {
  const file = new StateFile(join(folder, 'missing', 'state'), output)
  await assert.rejects(
    file.saveNow(checkpointAt(POSITION), 0),
    (error) => error instanceof ReplError && error.details.reason === 'WRITE' && error.details.errno === 'ENOENT',
  )
})

test('readState: a missing file is no state, and an incomplete state is refused', async () => {
  const path = join(folder, 'bad')
  assert.equal(await read(path), undefined)
  const good = checkpointAt(POSITION)
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
      read(path),
      (error) => error instanceof ReplError && error.code === 'USAGE' && error.details.reason === 'STATE_FILE',
      text,
    )
  }
})

test('checkpoints of shards are read as they were saved, and refused as a whole where one is damaged', () => {
  const shards = [
    { shard: 'a', nodes: ['a', 'b'], position: POSITION },
    { shard: 'c', nodes: ['c'], position: { ...POSITION, db: 0, transaction: undefined } },
  ]
  const saved = JSON.parse(JSON.stringify(clusterCheckpoint(shards))) as { shards: object[] }
  assert.deepEqual(shardsIn({ ...saved }), shards)
  assert.equal(shardsIn({ shards: [saved.shards[0], { ...saved.shards[1], nodes: 'c' }] }), undefined)
  assert.equal(shardsIn({ shards: [saved.shards[0], null] }), undefined)
  assert.equal(shardsIn({}), undefined)
})
