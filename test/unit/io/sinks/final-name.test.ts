/** How a complete file gets its name, on file systems that lack what makes it simple. */
import assert from 'node:assert/strict'
import fs, { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { explain } from '../../../../src/diagnosis/errors/explain.ts'
import { ReplError } from '../../../../src/errors.ts'
import { DumpFolder } from '../../../../src/io/sinks/dump-folder.ts'
import { RdbFile } from '../../../../src/io/sinks/rdb-file.ts'
import { StateFile } from '../../../../src/io/sinks/state-file.ts'

const NO_LINKS = ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EXDEV', 'EIO']

/** Makes functions of node:fs/promises fail with a code, on each call or from the given one on. */
function lacks(code: string, ...names: ('link' | 'symlink' | 'rename')[]): void {
  for (const name of names) {
    mock.method(fs, name, async () => {
      throw Object.assign(new Error(`${name} is not to be had`), { code })
    })
  }
  syncBuiltinESMExports()
}

describe('a complete file', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'redis-repl-names-'))
    path = join(folder, 'x.rdb')
  })
  afterEach(async () => {
    mock.restoreAll()
    syncBuiltinESMExports()
    await rm(folder, { recursive: true })
  })

  async function written(overwrite = false): Promise<RdbFile> {
    const file = await RdbFile.create(path, overwrite)
    await file.write(Buffer.from('whole'))
    return file
  }

  const namedOnly = async () => {
    assert.deepEqual(await readdir(folder), ['x.rdb'])
    assert.equal(await readFile(path, 'utf8'), 'whole')
    assert.ok((await lstat(path)).isFile())
  }

  for (const errno of NO_LINKS) {
    it(`gets its name where a link fails with ${errno}, and where a symbolic one does as well`, async () => {
      lacks(errno, 'link')
      await (await written()).commit()
      await namedOnly()
      await rm(path)
      lacks(errno, 'symlink')
      const file = await written()
      await file.commit()
      await namedOnly()
      assert.equal(await file.hasItsName(), true)
    })
  }

  for (const [way, ...missing] of [['links'], ['symbolic links', 'link'], ['neither', 'link', 'symlink']] as const) {
    it(`replaces no file that appeared meanwhile, with ${way}`, async () => {
      const file = await written()
      await writeFile(path, 'theirs')
      lacks('EPERM', ...missing)
      const error = (await file.commit().catch((thrown) => thrown)) as ReplError
      await file.abandon()
      assert.equal(error.details.reason, 'OUTPUT_EXISTS')
      assert.equal(await readFile(path, 'utf8'), 'theirs')
      const [part = ''] = (await readdir(folder)).filter((name) => name.endsWith('.part'))
      assert.equal(await readFile(join(folder, part), 'utf8'), 'whole')
      assert.match(explain(error).meaning, new RegExp(`complete.*kept as .*${part}`))
    })

    it(`is given to one of two that ask for the same name, with ${way}`, async () => {
      const files = [await written(), await written()]
      lacks('EPERM', ...missing)
      const outcomes = await Promise.allSettled(files.map((file) => file.commit()))
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      assert.equal(await readFile(path, 'utf8'), 'whole')
    })
  }

  for (const overwrite of [false, true]) {
    it(`that cannot get its name is kept, and nothing is called incomplete (overwrite ${overwrite})`, async () => {
      const file = await written(overwrite)
      lacks('EACCES', 'link', 'symlink', 'rename')
      const error = (await file.commit().catch((thrown) => thrown)) as ReplError
      await file.abandon()
      const { what, meaning, next } = explain(error)
      const [part = '', ...others] = await readdir(folder)
      assert.deepEqual(others, [])
      assert.equal(await readFile(join(folder, part), 'utf8'), 'whole')
      assert.deepEqual([error.code, error.details.reason], ['OUTPUT_FAILED', 'NOT_NAMED'])
      assert.match(what, /x\.rdb .*permission denied/)
      assert.ok(meaning.includes(part) && next.includes(`mv ${join(folder, part)} ${path}`))
      assert.doesNotMatch(what + meaning + next, /incomplete|removed/)
    })
  }

  it('is what the name leads to at any moment where there are symbolic links, also if the process ends in between', async () => {
    const file = await written()
    lacks('EPERM', 'link')
    let seen = ''
    mock.method(fs, 'rename', async () => {
      seen = await readFile(path, 'utf8')
    })
    syncBuiltinESMExports()
    await file.commit()
    assert.equal(seen, 'whole')
    assert.equal(await readFile(path, 'utf8'), 'whole')
  })

  it('has its name even if its temporary one cannot be removed', async () => {
    const file = await written()
    mock.method(fs, 'unlink', async () => {
      throw Object.assign(new Error('no'), { code: 'EACCES' })
    })
    syncBuiltinESMExports()
    await file.commit()
    assert.equal(await readFile(path, 'utf8'), 'whole')
  })

  it('that is not complete is removed', async () => {
    const file = await written()
    await file.abandon()
    assert.deepEqual(await readdir(folder), [])
  })

  it('of several shards is a folder that is kept when it cannot get its name', async () => {
    const dump = await DumpFolder.create(join(folder, 'dump'), false)
    await writeFile(join(folder, 'dump'), 'theirs')
    const taken = (await dump.commit('{}').catch((thrown) => thrown)) as ReplError
    await dump.abandon()
    assert.equal(taken.details.reason, 'OUTPUT_EXISTS')
    assert.match(explain(taken).meaning, /kept as .*\.part\./)
    const [part = ''] = (await readdir(folder)).filter((name) => name.endsWith('.part'))
    assert.deepEqual(await readdir(join(folder, part)), ['manifest.json'])
  })

  it('is not promised for a state file, whose failure says that the last checkpoint is intact', async () => {
    lacks('EACCES', 'rename')
    const state = new StateFile(join(folder, 'state.json'), 1)
    const error = (await state.saveNow({ at: 1 }, 0).catch((thrown) => thrown)) as ReplError
    assert.equal(error.details.reason, 'WRITE')
    assert.doesNotMatch(explain(error).meaning, /incomplete|removed/)
    assert.ok(error instanceof ReplError)
  })
})
