/** The file that stdout is appended to. */
import assert from 'node:assert/strict'
import fs, { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { endsInsideLine } from '../../../../src/io/sinks/stdout-output.ts'
import { openFiles } from '../../../helpers/descriptors.ts'

const home = mkdtempSync(join(tmpdir(), 'redis-repl-output-'))

test.after(() => rmSync(home, { recursive: true }))

/** @returns what is found, and how many descriptors of the file that leaves open */
function look(text: string): [isInside: boolean, left: number] {
  const path = join(home, 'out')
  writeFileSync(path, text)
  const descriptor = openSync(path, 'a')
  try {
    const isInside = endsInsideLine(descriptor)
    return [isInside, openFiles(path).length - 1]
  } finally {
    fs.closeSync(descriptor)
  }
}

test('endsInsideLine: a file whose last byte is not a newline ends inside a line', () => {
  assert.deepEqual(['', 'whole\n', 'whole\nha'].map(look), [
    [false, 0],
    [false, 0],
    [true, 0],
  ])
})

test('endsInsideLine: a disk that cannot be read counts as whole, and leaves no descriptor open', (context) => {
  context.mock.method(fs, 'readSync', () => {
    throw Object.assign(new Error('the disk fails'), { code: 'EIO' })
  })
  syncBuiltinESMExports()
  try {
    assert.deepEqual(look('whole\nha'), [false, 0])
  } finally {
    context.mock.restoreAll()
    syncBuiltinESMExports()
  }
})
