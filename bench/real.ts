/** Measures with a real server: a dump through its own BGSAVE, and the output buffer of our link under write load. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installedServers } from '../scripts/server-cache.ts'
import { RunningServer } from '../test/helpers/server.ts'
import { multibulk } from '../test/helpers/wire.ts'
import { own, pairs, peer, type Row, row } from './pairs.ts'

const VALUE_BYTES = 2000

async function start(): Promise<RunningServer> {
  const installed = installedServers().find(({ id }) => id === 'redis-8.6') ?? installedServers().at(-1)
  if (!installed) throw new Error('no server: run `npm run servers` first')
  const settings = { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '0', rdbcompression: 'no', 'repl-backlog-size': '64mb' }
  return await RunningServer.start(installed, settings)
}

export async function realRows(folder: string, bytes: number, rounds: number): Promise<Row[]> {
  const { name, cli } = peer()
  const server = await start()
  const file = join(folder, 'real.rdb')
  try {
    await server.cli('DEBUG', 'POPULATE', String(Math.round(bytes / VALUE_BYTES)), 'key', String(VALUE_BYTES))
    const port = String(server.port)
    const ratios = await pairs(rounds, own('dump-rdb', '-p', port, '-q', '-o', file), cli('-p', port, '--rdb', file), () =>
      rm(file, { force: true }),
    )
    const size = `${Math.round(bytes / 1e6)} MB from Redis ${server.installed.version.split('-')[0]}, diskless`
    return [row(`dump-rdb -o FILE, ${size}`, `${name} --rdb FILE`, 'wall', ratios.wall, 1.05)]
  } finally {
    await server.stop()
  }
}

/** The peak size of our output buffer on the master at full write load. */
export async function bufferRows(folder: string, commands: number): Promise<Row[]> {
  const { name, cli } = peer()
  const server = await start()
  try {
    const port = String(server.port)
    const output = join(folder, 'stream')
    const ours = await bufferUnder(server, `exec ${own('tail', '-p', port, '--allow-fork', '-q')} > '${output}'`, commands)
    const theirs = await bufferUnder(server, `exec ${cli('-p', port, '--replica')} > '${output}'`, commands)
    const what = `the master's output buffer, ${commands} SETs as fast as it takes them`
    return [
      row(what, 'tail', 'peak omem', [ours], undefined, 'KiB'),
      row(what, `${name} --replica`, 'peak omem', [theirs], undefined, 'KiB'),
    ]
  } finally {
    await server.stop()
  }
}

async function bufferUnder(server: RunningServer, command: string, commands: number): Promise<number> {
  const child = spawn('bash', ['-c', command], { stdio: 'ignore' })
  await server.until('the link', async () => /state=online/.test(await server.info('slave0')), 30_000)
  let peak = 0
  let isOver = false
  const look = async () => {
    while (!isOver) {
      const list = await server.cli('CLIENT', 'LIST', 'TYPE', 'replica')
      peak = Math.max(peak, Number(/ omem=(\d+)/.exec(list)?.[1] ?? 0))
      await sleep(20)
    }
  }
  const looking = look()
  await load(server.port, commands)
  isOver = true
  await looking
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
  return peak / 1024
}

/** Pipelines SETs like redis-benchmark -P. */
async function load(port: number, commands: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let answered = 0
  socket.on('data', (chunk: Buffer) => {
    answered += chunk.length / 5 // +OK\r\n
  })
  const batch = Buffer.concat(Array.from({ length: 500 }, (_, index) => multibulk('SET', `key:${index}`, 'x'.repeat(100))))
  for (let sent = 0; sent < commands; sent += 500) {
    if (!socket.write(batch)) await once(socket, 'drain')
    while (sent - answered > 5000) await once(socket, 'data')
  }
  while (answered < commands) await once(socket, 'data')
  socket.destroy()
}
