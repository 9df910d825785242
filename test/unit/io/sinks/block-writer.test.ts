/** What is written in blocks, by other threads and past the page cache, is in the file byte for byte. */
import assert from 'node:assert/strict'
import { pbkdf2, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { BLOCK_BYTES, BlockWriter } from '../../../../src/io/sinks/block-writer.ts'
import { summableBuffer } from '../../../../src/rdb/crc64.ts'

const home = await mkdtemp(join(tmpdir(), 'redis-repl-blocks-'))
after(() => rm(home, { recursive: true }))
const payload = randomBytes(5 * BLOCK_BYTES + 4097)

/** The flags (open(2)) of each of our own descriptors that is open on the file. */
async function flagsOf(path: string): Promise<number[]> {
  const { ino } = await stat(path)
  const infos = await Promise.all(
    (await readdir('/proc/self/fdinfo')).map((fd) => readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => '')),
  )
  return infos
    .filter((info) => new RegExp(`^ino:\\s+${ino}$`, 'm').test(info))
    .map((info) => Number.parseInt(/^flags:\s+(\d+)$/m.exec(info)?.[1] ?? '', 8))
}

test('a file of any size, in pieces of any size through one buffer, is what was written', async () => {
  const sizes = [0, 1, 511, 512, 4096, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES, payload.length]
  for (const size of sizes) {
    for (const piece of [4099, 65_536, 262_144, 3 * BLOCK_BYTES]) {
      const path = join(home, `${size}-${piece}`)
      const file = await BlockWriter.create(path, summableBuffer)
      const buffer = Buffer.alloc(piece)
      for (let at = 0; at < size; at += piece) {
        const part = payload.subarray(at, Math.min(size, at + piece))
        part.copy(buffer)
        await file.write(buffer.subarray(0, part.length))
        buffer.fill(0)
      }
      await file.sync()
      await file.close()
      assert.ok((await readFile(path)).equals(payload.subarray(0, size)), `${size} bytes in pieces of ${piece}`)
      await rm(path)
    }
  }
})

/** Writes the payload while every thread of the pool is busy, so that its blocks wait: for sure a slow disk. */
async function isWholeWhenSlow(name: string, write: (file: BlockWriter) => Promise<void>): Promise<boolean> {
  const path = join(home, name)
  const file = await BlockWriter.create(path, summableBuffer)
  const busy = Promise.all(Array.from({ length: 4 }, () => promisify(pbkdf2)('', '', 400_000, 32, 'sha512')))
  await write(file)
  await file.sync()
  await file.close()
  await busy
  return (await readFile(path)).equals(payload)
}

test('a block that waits for a slow disk is not overwritten by what is written next', async () => {
  assert.ok(await isWholeWhenSlow('slow', (file) => file.write(payload)))
})

test('nor by what is received ahead of its turn, as under an EOF mark', async () => {
  const isWhole = await isWholeWhenSlow('ahead', async (file) => {
    for (let received = 0; received < payload.length; ) {
      // As a socket is read: into what is left of the block, while the last 40 bytes are held back.
      const held = Math.min(40, received)
      const room = file.room(received)
      const chunk = room.subarray(0, payload.copy(room, 0, received))
      await file.write(payload.subarray(received - held, received))
      await file.write(chunk.subarray(0, chunk.length - 40))
      received += chunk.length
    }
    await file.write(payload.subarray(payload.length - 40))
  })
  assert.ok(isWhole)
})

test('on a disk of Linux it goes past the page cache', async () => {
  const path = join(home, 'direct')
  const file = await BlockWriter.create(path, summableBuffer)
  const isDirect = (await flagsOf(path)).map((flags) => (flags & constants.O_DIRECT) !== 0)
  await file.close()
  assert.deepEqual(isDirect.sort(), [false, true])
})

test('a file that exists is not touched', async () => {
  const path = join(home, 'there')
  const file = await BlockWriter.create(path, summableBuffer)
  await file.write(Buffer.from('first'))
  await file.sync()
  await file.close()
  await assert.rejects(BlockWriter.create(path, summableBuffer), { code: 'EEXIST' })
  assert.equal(await readFile(path, 'utf8'), 'first')
})

test('a failed write of a thread fails the sync, so no byte is lost silently', async () => {
  const file = await BlockWriter.create(join(home, 'closed'), summableBuffer)
  await file.write(Buffer.from('some'))
  await file.close() // nothing that is written now can arrive
  await assert.rejects(file.sync(), { code: 'EBADF' })
})

test('where a block could not be written no more is taken', async () => {
  const file = await BlockWriter.create(join(home, 'refused'), summableBuffer)
  await file.close()
  const write = async () => {
    for (let blocks = 0; blocks < 20; blocks++) await file.write(payload.subarray(0, BLOCK_BYTES)).then(nextTurn)
  }
  await assert.rejects(write(), { code: 'EBADF' })
})
