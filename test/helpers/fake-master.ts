/**
 * A scripted server, only for what no real server does on demand: garbage, cuts, absurd lengths, rare error replies.
 * It answers by command name, and closes the connection where the script says so.
 */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** Bytes to send. After them `close` ends the connection, and `drip` is sent again and again until the client leaves. */
export interface Answer {
  readonly bytes?: string | Buffer
  readonly drip?: string
  readonly close?: boolean
}

/** Answers by command name in upper case. `REPLCONF capa` matches that one option of REPLCONF. */
export type Script = Readonly<Record<string, string | Buffer | Answer | undefined>>

const DRIP_MS = 50

export const REPLID = 'a1'.repeat(20)

/** INFO of a Redis 8.6 with an active backlog. @param fields replace or extend the defaults */
export function infoReply(fields: Record<string, string> = {}): string {
  const all = {
    redis_version: '8.6.3',
    redis_mode: 'standalone',
    role: 'master',
    connected_slaves: '0',
    master_replid: REPLID,
    master_repl_offset: '100',
    repl_backlog_active: '1',
    repl_backlog_size: '1048576',
    repl_backlog_first_byte_offset: '1',
    repl_backlog_histlen: '100',
    total_forks: '0',
    sync_full: '0',
    ...fields,
  }
  const text = Object.entries(all)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('')
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
}

const DEFAULTS: Script = { PING: '+PONG\r\n', INFO: infoReply(), PSYNC: `+CONTINUE ${REPLID}\r\n`, CONFIG: '*0\r\n' }

export class FakeMaster {
  readonly #server: Server
  /** Every command received, on every connection, in order. */
  readonly received: string[][] = []
  readonly #sockets = new Set<Socket>()
  #connections = 0

  private constructor(server: Server) {
    this.#server = server
  }

  /** @param greeting sent to each client before any command @param answering how many connections get answers */
  static async start(script: Script = {}, greeting?: string | Answer, answering = Number.POSITIVE_INFINITY): Promise<FakeMaster> {
    const server = createServer()
    const master = new FakeMaster(server)
    server.on('connection', (socket) => {
      master.#connections += 1
      master.#sockets.add(socket)
      socket.on('error', () => {})
      if (master.#connections > answering) return
      if (greeting !== undefined) answer(socket, greeting)
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        for (let taken = takeCommand(text); taken; taken = takeCommand(text)) {
          text = text.slice(taken.bytes)
          master.received.push(taken.args)
          const [name = '', option = ''] = taken.args
          const key = name.toUpperCase()
          answer(socket, script[`${key} ${option}`] ?? (key in script ? script[key] : (DEFAULTS[key] ?? '+OK\r\n')))
        }
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return master
  }

  get target(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  get connections(): number {
    return this.#connections
  }

  /** How many connections are still open. */
  get open(): number {
    return [...this.#sockets].filter(({ destroyed }) => !destroyed).length
  }

  /** Destroys all sockets, because those of killed clients and with unread bytes would stay open. */
  stop(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

function answer(socket: Socket, reply: string | Buffer | Answer | undefined): void {
  if (reply === undefined) return
  const { bytes, drip, close }: Answer = typeof reply === 'string' || Buffer.isBuffer(reply) ? { bytes: reply } : reply
  if (bytes !== undefined) socket.write(bytes)
  if (drip !== undefined) {
    const timer = setInterval(() => socket.write(drip), DRIP_MS)
    socket.once('close', () => clearInterval(timer))
  }
  if (close) socket.end()
}

function takeCommand(text: string): { args: string[]; bytes: number } | undefined {
  const count = /^\*(\d+)\r\n/.exec(text)
  if (!count) return undefined
  const args: string[] = []
  let at = count[0].length
  for (let index = 0; index < Number(count[1]); index++) {
    const header = /^\$(\d+)\r\n/.exec(text.slice(at))
    if (!header || text.length < at + header[0].length + Number(header[1]) + 2) return undefined
    at += header[0].length
    args.push(text.slice(at, at + Number(header[1])))
    at += Number(header[1]) + 2
  }
  return { args, bytes: at }
}
