/**
 * A master that is all payload: an RDB of so many bytes with the right checksum, sent as fast as the socket takes it to
 * whoever says SYNC or PSYNC, and then the end. A process of its own, so that its CPU time is nobody else's.
 * Usage: node --import tsx bench/rdb-master.ts BYTES; prints its port.
 */
import { createServer, type Socket } from 'node:net'
import { Crc64 } from '../src/rdb/crc64.ts'

const REPLID = 'b0'.repeat(20)
const BLOCK_BYTES = 128 * 1024
/** How much is given to the kernel at once. */
const AHEAD = 16

const size = Number(process.argv[2])
/** `redis-ver` is all that the fields in front say. */
const head = Buffer.from('REDIS0011\xfa\x09redis-ver\x057.2.4', 'latin1')
const block = Buffer.alloc(BLOCK_BYTES, Buffer.from('a value of a string that nobody compresses, 0123456789 ', 'latin1'))
const trailer = checksummed()

function* pieces(): Generator<Buffer> {
  yield head
  for (let left = size - head.length - 9; left > 0; left -= BLOCK_BYTES) yield block.subarray(0, Math.min(left, BLOCK_BYTES))
}

function checksummed(): Buffer {
  const crc = new Crc64()
  for (const piece of pieces()) crc.update(piece)
  const end = Buffer.from([0xff])
  crc.update(end)
  return Buffer.concat([end, crc.digest()])
}

async function send(socket: Socket, lead: string): Promise<void> {
  const written = (bytes: Buffer | string) => new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
  const pending: Promise<void>[] = [written(`${lead}$${size}\r\n`)]
  for (const piece of pieces()) {
    pending.push(written(piece))
    if (pending.length > AHEAD) await pending.shift()
  }
  socket.end(trailer)
}

function info(): string {
  const text = ['redis_version:7.2.4', 'redis_mode:standalone', 'role:master', `master_replid:${REPLID}`, 'master_repl_offset:0', ''].join(
    '\r\n',
  )
  return `$${text.length}\r\n${text}\r\n`
}

const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1')
    if (/\bPSYNC\r/i.test(text)) void send(socket, `+FULLRESYNC ${REPLID} 0\r\n`)
    else if (/\bSYNC\b/i.test(text)) void send(socket, '')
    else if (/\bINFO\b/i.test(text)) socket.write(info())
    else if (/CONFIG|COMMAND|CLIENT\r\n\$4\r\nLIST/i.test(text)) socket.write('*0\r\n')
    else if (/PING/i.test(text)) socket.write('+PONG\r\n')
    else if (!/ACK/i.test(text)) socket.write('+OK\r\n')
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`))
