import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { ReplError } from '../../../src/errors.ts'
import { Spool, type Taken } from '../../../src/io/spool.ts'
import { openFiles } from '../../helpers/descriptors.ts'

const folder = await mkdtemp(join(tmpdir(), 'redis-repl-spool-'))
after(() => rm(folder, { recursive: true, force: true }))

const BLOCK = 1024 * 1024

function spool(memoryBytes: number, diskBytes: number): Spool<string> {
  return new Spool<string>({ memoryBytes, diskBytes, folder })
}

/** Everything there is, events in brackets. */
async function rest(one: Spool<string>): Promise<string> {
  one.end()
  const parts: string[] = []
  for (let taken = await one.take(); taken; taken = await one.take()) parts.push(told(taken))
  return parts.join('')
}

function told(taken: Taken<string>): string {
  return taken.kind === 'bytes' ? taken.bytes.toString('latin1') : `[${taken.event}]`
}

/** @returns what was taken in */
async function act(one: Spool<string>, action: string, at: number): Promise<string> {
  if (!action.startsWith('[')) return (await one.push(Buffer.from(action), at)) ? action : ''
  one.pushEvent(action.slice(1, -1))
  return action
}

test('Spool: bytes and events come out as they went in, from memory, from disk and around the end of the ring', async () => {
  const text = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'b', 'c', ' ') })
  // An empty one is a turn of the reader.
  const step = fc.oneof(
    { weight: 5, arbitrary: text },
    { weight: 1, arbitrary: fc.constant('[m]') },
    { weight: 3, arbitrary: fc.constant('') },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 3 * BLOCK), async (steps, memory) => {
      const one = spool(memory, 100)
      let [put, got] = ['', '']
      for (const [index, action] of steps.entries()) {
        if (action !== '') put += await act(one, action, index * 1000)
        else if (got.length < put.length) got += told((await one.take()) as Taken<string>)
      }
      assert.equal(got + (await rest(one)), put)
      await one.close()
    }),
  )
})

test('Spool: without a free block in memory bytes go to a file without a name, and no more than was agreed', async () => {
  const one = spool(0, 10)
  assert.equal(await one.push(Buffer.from('12345678'), 0), true)
  assert.deepEqual([one.bytes, one.diskBytes], [8, 8])
  assert.deepEqual(await readdir(folder), [])
  assert.equal(await one.push(Buffer.from('90a'), 0), false)
  assert.equal(await one.push(Buffer.from('90'), 0), true)
  assert.equal(await rest(one), '1234567890')
  await one.close()
})

test('Spool: what is large is taken in blocks of no more than half a MiB', async () => {
  const one = spool(8 * BLOCK, 0)
  await one.push(Buffer.alloc(2.5 * BLOCK, 'x'), 0)
  one.end()
  const sizes: number[] = []
  for (let taken = await one.take(); taken; taken = await one.take()) sizes.push(taken.kind === 'bytes' ? taken.bytes.length : 0)
  assert.deepEqual(sizes, [BLOCK / 2, BLOCK / 2, BLOCK / 2, BLOCK / 2, BLOCK / 2])
})

test('Spool: take waits for bytes, and for the end', async () => {
  const one = spool(BLOCK, 0)
  const first = one.take()
  await one.push(Buffer.from('late'), 7)
  const taken = await first
  assert.deepEqual(taken?.kind === 'bytes' && [taken.bytes.toString(), taken.at], ['late', 7])
  const second = one.take()
  one.end()
  assert.equal(await second, undefined)
})

test('Spool: an error comes after everything that arrived before it', async () => {
  const one = spool(BLOCK, 0)
  await one.push(Buffer.from('before'), 0)
  one.end(new Error('over'))
  assert.equal((await one.take())?.kind, 'bytes')
  await assert.rejects(one.take(), /over/)
})

test('Spool: drainedTo resolves when enough has been taken', async () => {
  const one = spool(0, 100)
  await one.push(Buffer.from('12345'), 0)
  let isDrained = false
  const drained = one.drainedTo(2).then(() => {
    isDrained = true
  })
  await new Promise(setImmediate)
  assert.equal(isDrained, false)
  await one.take()
  await drained
  assert.equal(isDrained, true)
  await one.close()
})

test('Spool: a folder that is not there is OUTPUT_FAILED', async () => {
  const one = new Spool<string>({ memoryBytes: 0, diskBytes: 10, folder: join(folder, 'missing') })
  await assert.rejects(
    one.push(Buffer.from('x'), 0),
    (error) => error instanceof ReplError && error.details.reason === 'SPOOL' && error.details.errno === 'ENOENT',
  )
})

test('Spool: one that is closed while its file is being opened leaves no descriptor open', async () => {
  const one = spool(0, 10)
  const pushed = one.push(Buffer.from('12345678'), 0)
  await one.close()
  assert.equal(await pushed, true)
  assert.deepEqual(openFiles(folder), [])
})

test('Spool: what is pushed into a closed one is dropped, and opens no file', async () => {
  const one = spool(0, 10)
  await one.close()
  assert.equal(await one.push(Buffer.from('12345678'), 0), true)
  assert.deepEqual([one.bytes, openFiles(folder)], [0, []])
})
