/** A master that sends one recorded stream to every replica, as fast as it is read, and then closes. */
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'

const REPLID = 'b0'.repeat(20)

/** `REDIS0009`, the EOF opcode, and no checksum. */
const EMPTY_RDB = Buffer.from([...Buffer.from('REDIS0009'), 0xff, 0, 0, 0, 0, 0, 0, 0, 0])

export class ReplayMaster {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(recording: string): Promise<ReplayMaster> {
    const { size } = await stat(recording)
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) => void answer(socket, chunk.toString('latin1'), recording, size))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ReplayMaster(server)
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  stop(): void {
    this.#server.close()
  }
}

async function answer(socket: Socket, text: string, recording: string, size: number): Promise<void> {
  if (/\bPSYNC\r/i.test(text)) return send(socket, `+CONTINUE ${REPLID}\r\n`, recording)
  if (/\bSYNC\r/i.test(text)) return send(socket, Buffer.concat([Buffer.from(`$${EMPTY_RDB.length}\r\n`), EMPTY_RDB]), recording)
  if (/\bINFO\b/i.test(text)) socket.write(info(size))
  else if (/CONFIG|COMMAND/i.test(text)) socket.write('*0\r\n')
  else if (/PING/i.test(text)) socket.write('+PONG\r\n')
  else if (!/ACK/i.test(text)) socket.write('+OK\r\n')
}

function send(socket: Socket, head: string | Buffer, recording: string): void {
  socket.write(head)
  createReadStream(recording, { highWaterMark: 1024 * 1024 }).pipe(socket)
}

function info(size: number): string {
  const text = [
    'redis_version:8.6.3',
    'redis_mode:standalone',
    'role:master',
    `master_replid:${REPLID}`,
    'master_repl_offset:0',
    'repl_backlog_active:1',
    `repl_backlog_size:${size + 1_000_000}`,
    'repl_backlog_first_byte_offset:1',
    'repl_backlog_histlen:0',
    '',
  ].join('\r\n')
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
}
