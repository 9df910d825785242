/** What is done with a payload between the socket and the file, on other threads. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import zlib from 'node:zlib'
import { ReplError } from '../../../../src/errors.ts'
import { RdbFile } from '../../../../src/io/sinks/rdb-file.ts'
import { NullSink, type RdbSink } from '../../../../src/io/sinks/rdb-sink.ts'
import { sinkOptions } from '../../../../src/runs/dump-rdb/flags.ts'
import { throughSinks } from '../../../../src/runs/dump-rdb/sinks.ts'

const PLAIN = { gzip: false, zstd: false, level: undefined, sha256: false }
const home = await mkdtemp(join(tmpdir(), 'redis-repl-sinks-'))
after(() => rm(home, { recursive: true }))

/** Through one buffer that is overwritten, as a socket's is. */
async function write(sink: RdbSink, bytes: Buffer): Promise<void> {
  const buffer = Buffer.alloc(100_000)
  for (let at = 0; at < bytes.length; at += buffer.length) {
    const part = bytes.subarray(at, at + buffer.length)
    part.copy(buffer)
    await sink.write(buffer.subarray(0, part.length))
    buffer.fill(0)
  }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
/** Half of it compresses. */
const payload = Buffer.concat([randomBytes(3_000_000), Buffer.alloc(3_000_000, 'the same again '), Buffer.from('end')])

test('a file through gzip and SHA-256 holds the payload, and the sum is that of the file', async () => {
  for (const level of [undefined, 1]) {
    const path = join(home, `whole-${level}.gz`)
    const sink = throughSinks(await RdbFile.create(path, false), sinkOptions({ ...PLAIN, gzip: true, level, sha256: true }))
    await sink.reserve(Number.MAX_SAFE_INTEGER)
    await write(sink, payload)
    const written = await sink.commit()
    const file = await readFile(path)
    assert.deepEqual(written, { compression: 'gzip', bytes: file.length, sha256: sha256(file) })
    assert.ok(file.length < payload.length)
    assert.ok(zlib.gunzipSync(file).equals(payload))
  }
})

test('a file through SHA-256 alone is the payload', async () => {
  const path = join(home, 'plain')
  const sink = throughSinks(await RdbFile.create(path, false), sinkOptions({ ...PLAIN, sha256: true }))
  await write(sink, payload)
  assert.deepEqual(await sink.commit(), { sha256: sha256(payload) })
  assert.ok((await readFile(path)).equals(payload))
})

test('zstd where this Node has it, and a clear word where it has not', () => {
  const asked = () => sinkOptions({ ...PLAIN, zstd: true, level: 22 })
  if ('createZstdCompress' in zlib) assert.deepEqual(asked(), { compression: 'zstd', level: 22, sha256: false })
  else assert.throws(asked, (error) => error instanceof ReplError && error.details.reason === 'NO_ZSTD')
})

test('a level without a compressor, or beyond what gzip has, is a USAGE error', () => {
  for (const flags of [{ level: 3 }, { gzip: true, level: 10 }]) {
    assert.throws(
      () => sinkOptions({ ...PLAIN, ...flags }),
      (error) => error instanceof ReplError && error.code === 'USAGE',
    )
  }
})

test('what is given up leaves neither a file nor a thread', async () => {
  const folder = await mkdtemp(join(home, 'none-'))
  const sink = throughSinks(await RdbFile.create(join(folder, 'x'), false), sinkOptions({ ...PLAIN, gzip: true, sha256: true }))
  await write(sink, payload.subarray(0, 500_000))
  await sink.abandon()
  assert.deepEqual(await readdir(folder), [])
})

test('a disk failure after the compressor fails the next write, or the end', async () => {
  class FullDisk extends NullSink {
    override async write(): Promise<void> {
      throw new ReplError('WRITE', { errno: 'ENOSPC', path: 'x', output: 'FILE' })
    }
  }
  const sink = throughSinks(new FullDisk(), sinkOptions({ ...PLAIN, gzip: true }))
  await assert.rejects(
    async () => {
      await write(sink, payload)
      await sink.commit()
    },
    (error) => error instanceof ReplError && error.details.reason === 'WRITE' && error.details.errno === 'ENOSPC',
  )
  await sink.abandon()
})
