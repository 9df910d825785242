/**
 * A master that only sends a payload: an RDB of the given size with a correct checksum. It sends it to every SYNC or PSYNC as
 * fast as the socket allows, and then closes. It runs as its own process, so that its CPU time is not counted with ours. dd
 * sends the part between head and trailer, since an event loop sends more slowly than redis-cli receives.
 * Usage: node --import tsx bench/rdb-master.ts BYTES; prints its port.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Crc64 } from '../src/rdb/crc64.ts'

const REPLID = 'b0'.repeat(20)
const BLOCK_BYTES = 1024 * 1024

const size = Number(process.argv[2])
/** `redis-ver` is the only auxiliary field. */
const head = Buffer.from('REDIS0011\xfa\x09redis-ver\x057.2.4', 'latin1')
const end = Buffer.from([0xff])
const zeros = size - head.length - end.length - 8
const trailer = checksummed()

function checksummed(): Buffer {
  const crc = new Crc64()
  crc.update(head)
  const block = Buffer.alloc(BLOCK_BYTES)
  for (let left = zeros; left > 0; left -= BLOCK_BYTES) crc.update(block.subarray(0, Math.min(left, BLOCK_BYTES)))
  crc.update(end)
  return Buffer.concat([end, crc.digest()])
}

async function send(socket: Socket, lead: string): Promise<void> {
  socket.write(Buffer.concat([Buffer.from(`${lead}$${size}\r\n`), head]))
  if (socket.writableLength > 0) await once(socket, 'drain')
  const dd = spawn('dd', ['if=/dev/zero', `bs=${BLOCK_BYTES}`, `count=${zeros}`, 'iflag=count_bytes'], {
    stdio: ['ignore', socket, 'ignore'],
  })
  await once(dd, 'exit')
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
