/** The folder of a dump of all shards, on a disk that fails. */
import assert from 'node:assert/strict'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ReplError } from '../../../../src/errors.ts'
import { DumpFolder } from '../../../../src/io/sinks/dump-folder.ts'
import { openFiles } from '../../../helpers/descriptors.ts'

test('DumpFolder: a manifest that cannot be synced is OUTPUT_FAILED, and leaves neither a folder nor a descriptor', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'redis-repl-folder-'))
  context.after(() => rm(home, { recursive: true }))
  const folder = await DumpFolder.create(join(home, 'dump'), false)
  const any = await open('/dev/null')
  context.mock.method(Object.getPrototypeOf(any), 'sync', async () => {
    throw Object.assign(new Error('the disk fails'), { code: 'EIO' })
  })
  await any.close()
  await assert.rejects(
    folder.commit('{}'),
    (error) => error instanceof ReplError && error.details.reason === 'WRITE' && error.details.errno === 'EIO',
  )
  assert.deepEqual(openFiles(home), [])
  await folder.abandon()
  assert.deepEqual(await readdir(home), [])
})
