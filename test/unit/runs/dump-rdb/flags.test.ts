/** What the flags of dump-rdb mean. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplError } from '../../../../src/errors.ts'
import { dumpPlan } from '../../../../src/runs/dump-rdb/flags.ts'

const FLAGS = {
  ...{ cluster: false, shard: false, jobs: undefined, output: '-', force: false, gzip: false, zstd: false },
  ...{ level: undefined, sha256: false, 'max-rate': undefined },
}

const plan = (flags: Partial<Parameters<typeof dumpPlan>[0]>) => dumpPlan({ ...FLAGS, ...flags }, {})

/** The compression, and whether the name alone asks for it. */
function compressionOf(flags: Partial<Parameters<typeof dumpPlan>[0]>) {
  const made = plan(flags)
  return [made.through.compression, made.kind === 'one' && made.isCompressedByName]
}

test('a file is compressed as its name says', () => {
  assert.deepEqual(compressionOf({ output: 'x.rdb' }), [undefined, false])
  assert.deepEqual(compressionOf({ output: 'x.rdb.gz' }), ['gzip', true])
  assert.deepEqual(compressionOf({ output: '/backup.gz/X.RDB.GZ' }), ['gzip', true])
  assert.deepEqual(compressionOf({ output: '/backup.gz/x.rdb' }), [undefined, false])
  assert.equal(plan({ output: 'x.rdb.gz', level: 9 }).through.level, 9)
})

test('a flag and a name that agree are accepted', () => {
  assert.deepEqual(compressionOf({ output: 'x.rdb.gz', gzip: true }), ['gzip', false])
  assert.deepEqual(compressionOf({ output: 'x.rdb', gzip: true }), ['gzip', false])
})

test('a name that contradicts the flag is refused', () => {
  assert.throws(() => plan({ output: 'x.rdb.zst', gzip: true }), { code: 'USAGE' })
  assert.throws(() => plan({ output: 'x.rdb.gz', zstd: true }), ReplError)
})

test('a name of a compression that we do not have is refused', () => {
  for (const output of ['x.rdb.xz', 'x.rdb.bz2', 'x.RDB.LZ4', 'x.zip']) assert.throws(() => plan({ output }), { code: 'USAGE' }, output)
})

test('stdout has no name, and the folder of a cluster is not compressed by its own', () => {
  assert.deepEqual(compressionOf({}), [undefined, false])
  assert.deepEqual(compressionOf({ cluster: true, output: 'dump.gz' }), [undefined, false])
})

test('--shard means one node', () => {
  const [one, all] = [plan({ shard: true }), plan({})]
  assert.deepEqual([one.kind === 'one' && one.isOneShard, all.kind === 'one' && all.isOneShard], [true, false])
})
