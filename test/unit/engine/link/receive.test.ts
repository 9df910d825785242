/** A payload that comes over a real socket is in its file byte for byte, wherever in memory it was received. */
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { receivePayload } from '../../../../src/engine/link/receive.ts'
import type { ReplError } from '../../../../src/errors.ts'
import { BLOCK_BYTES } from '../../../../src/io/sinks/block-writer.ts'
import { RdbFile } from '../../../../src/io/sinks/rdb-file.ts'
import type { RdbSink } from '../../../../src/io/sinks/rdb-sink.ts'
import { connectSocket } from '../../../../src/io/socket-link.ts'
import { Crc64, summableBuffer } from '../../../../src/rdb/crc64.ts'
import { ScriptedLink, SlowLink } from '../../../helpers/scripted-link.ts'

const home = await mkdtemp(join(tmpdir(), 'redis-repl-receive-'))
after(() => rm(home, { recursive: true }))

const MARK = Buffer.from('m'.repeat(40))
const FRAMING = {
  length: (rdb: Buffer) => [Buffer.from(`$${rdb.length}\r\n`), rdb],
  'eof-mark': (rdb: Buffer) => [Buffer.from(`\n\n$EOF:${MARK}\r\n`), rdb, MARK],
  'eof-mark and newlines': (rdb: Buffer) => [Buffer.from(`$EOF:${MARK}\r\n`), rdb, MARK, Buffer.alloc(3, '\n')],
}

/** What stands between head and trailer are no keys: of those nobody asks here. */
function rdbOf(size: number): Buffer {
  const body = Buffer.concat([Buffer.from('REDIS0011'), randomBytes(size - 18), Buffer.from([0xff])])
  const crc = new Crc64()
  crc.update(body)
  return Buffer.concat([body, crc.digest()])
}

/** In pieces of any size, so that reads end anywhere. */
async function send(socket: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + randomInt(1, 700_000)
    if (!socket.write(bytes.subarray(at, end))) await once(socket, 'drain')
    at = end
  }
}

/** @returns the file, and what came with the payload that is not part of it */
async function received(sent: Buffer): Promise<{ readonly file: Buffer; readonly behind: Buffer }> {
  // Whoever has the payload hangs up on what follows it.
  const server = createServer(
    (socket) =>
      void send(
        socket.on('error', () => {}),
        sent,
      ).catch(() => {}),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const path = join(home, 'dump.rdb')
  const sink = await RdbFile.create(path, true, summableBuffer)
  const link = await connectSocket({ kind: 'tcp', host: '127.0.0.1', port }, { limitMs: 5000 }, new AbortController().signal)
  try {
    const asked = {
      rest: Buffer.alloc(0),
      sink,
      silenceMs: 5000,
      atOnce: Number.POSITIVE_INFINITY,
      reportMs: 1000,
      observed: () => [],
      examine: async () => ({}),
    }
    const batches = receivePayload(link, asked)
    let step = await batches.next()
    while (!step.done) step = await batches.next()
    const behind = Buffer.from(step.value)
    await sink.commit()
    return { file: await readFile(path), behind }
  } finally {
    link.close()
    server.close()
  }
}

for (const [kind, framed] of Object.entries(FRAMING)) {
  for (const size of [100, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 39, 3 * BLOCK_BYTES + 41, 7 * BLOCK_BYTES + 12_345]) {
    test(`${size} bytes framed by ${kind} are the file`, async () => {
      const rdb = rdbOf(size)
      const { file, behind } = await received(Buffer.concat(framed(rdb)))
      assert.ok(file.equals(rdb))
      assert.equal(behind.length, 0)
    })
  }
}

test('a stream that follows at once, longer than all the blocks, is not in the file', async () => {
  const rdb = rdbOf(2 * BLOCK_BYTES + 77)
  const stream = randomBytes(4 * BLOCK_BYTES)
  const { file, behind } = await received(Buffer.concat([...FRAMING.length(rdb), stream]))
  assert.ok(file.equals(rdb))
  assert.ok(behind.equals(stream.subarray(0, behind.length)))
})

const NOWHERE: RdbSink = { reserve: async () => {}, write: async () => {}, commit: async () => ({}), abandon: async () => {} }

/** Receives a payload of one chunk a second, with a silence limit of ten seconds. @returns its size and when it ended */
async function receiveSlowly(context: TestContext, chunks: Buffer[]): Promise<{ bytes: number; checksum: string; seconds: number }> {
  const link = new SlowLink(chunks)
  context.mock.method(performance, 'now', () => link.clock)
  const asked = {
    rest: Buffer.alloc(0),
    sink: NOWHERE,
    silenceMs: 10_000,
    atOnce: 1e6,
    reportMs: 1000,
    observed: () => [],
    examine: async () => ({}),
  }
  const began = link.clock
  for await (const batch of receivePayload(link, asked)) {
    const end = batch.find((event) => event.type === 'payload-end')
    if (end) return { bytes: end.bytes, checksum: end.checksum, seconds: (link.clock - began) / 1000 }
  }
  return assert.fail('the payload did not end')
}

const NEWLINE = Buffer.from('\n')

test('newlines after the mark do not hide the end of a payload, and do not put off its end where it has no checksum', async (context) => {
  const summed = rdbOf(100)
  const unsummed = Buffer.concat([summed.subarray(0, -8), Buffer.alloc(8)])
  const header = Buffer.from(`$EOF:${MARK}\r\n`)
  const newlines = Array.from({ length: 60 }, () => NEWLINE)
  for (const [rdb, checksum] of [
    [summed, 'verified'],
    [unsummed, 'unchecked'],
  ] as const) {
    const whole = Buffer.concat([rdb, MARK, NEWLINE])
    const ended = await receiveSlowly(context, [header, whole, ...newlines])
    assert.deepEqual([ended.bytes, ended.checksum], [rdb.length, checksum])
    assert.ok(ended.seconds <= 3, `${ended.seconds}`)
    context.mock.restoreAll()
  }
})

test('bare newlines are progress before a payload, and not inside it', async (context) => {
  const rdb = rdbOf(100)
  const newlines = Array.from({ length: 60 }, () => NEWLINE)
  const framings = { mark: Buffer.from(`$EOF:${MARK}\r\n`), length: Buffer.from('$1000\r\n') }
  for (const header of Object.values(framings)) {
    const cut = receiveSlowly(context, [...newlines, header, rdb.subarray(0, 50), ...newlines])
    await assert.rejects(cut, ({ code, details }: ReplError) => {
      assert.ok(code === 'PAYLOAD_TRUNCATED' && details.reason === 'PAYLOAD_TRUNCATED')
      assert.deepEqual(details.cutBy.details, { reason: 'SILENCE', limitMs: 10_000, incomplete: 'NEWLINES' })
      return true
    })
    context.mock.restoreAll()
  }
})

test('a value of nothing but newlines is data, however slowly it comes', async (context) => {
  const body = Buffer.concat([Buffer.from('REDIS0011'), Buffer.alloc(30_000, '\n'), Buffer.from([0xff])])
  const crc = new Crc64()
  crc.update(body)
  const rdb = Buffer.concat([body, crc.digest()])
  const pieces = Array.from({ length: 31 }, (_, index) => rdb.subarray(index * 1000, (index + 1) * 1000))
  const { bytes } = await receiveSlowly(context, [Buffer.from(`$${rdb.length}\r\n`), ...pieces])
  assert.equal(bytes, rdb.length)
})

test('a sink without its own memory gets pieces that the rate allows', async () => {
  const rdb = rdbOf(1000)
  const pieces: Buffer[] = []
  const sink: RdbSink = {
    reserve: async () => {},
    write: async (bytes) => void pieces.push(Buffer.from(bytes)),
    commit: async () => ({}),
    abandon: async () => {},
  }
  const options = { sink, silenceMs: 5000, atOnce: 64, reportMs: 1000, observed: () => [], examine: async () => ({}) }
  const batches = receivePayload(new ScriptedLink([rdb]), { ...options, rest: Buffer.from(`$${rdb.length}\r\n`) })
  while (!(await batches.next()).done);
  assert.deepEqual(Buffer.concat(pieces), rdb)
  assert.ok(pieces.every(({ length }) => length <= 64))
})
