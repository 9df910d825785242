/** Masters with replicas, and the counters and lag that tests read from them. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Installed } from '../../scripts/server-cache.ts'
import { cli } from './run.ts'
import { assertSchema } from './schema.ts'
import { RunningServer } from './server.ts'

/** Attaches a replica once, which creates a backlog, without the delay for a diskless sync. */
export async function activateBacklog(server: RunningServer): Promise<void> {
  const delay = (await server.cli('CONFIG', 'GET', 'repl-diskless-sync-delay')).split('\n')[1] ?? '5'
  await server.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
  assert.equal((await cli(['dump-rdb', server.target, '-q'])).status, 0)
  await server.until('a backlog', async () => (await server.info('repl_backlog_active')) === '1')
  await server.until('an empty replica list', async () => (await server.info('connected_slaves')) === '0')
  await server.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', delay)
}

/** A master and a replica that has caught up with it. */
export async function pair(installed: Installed, settings: Record<string, string> = {}): Promise<[RunningServer, RunningServer]> {
  const master = await RunningServer.start(installed, { 'repl-diskless-sync-delay': '0', ...settings })
  const replica = await RunningServer.start(installed, { replicaof: `127.0.0.1 ${master.port}`, 'repl-diskless-sync-delay': '5' })
  await replica.until('a link to its master', async () => (await replica.info('master_link_status')) === 'up')
  await inStep(master, replica)
  return [master, replica]
}

export async function inStep(master: RunningServer, replica: RunningServer): Promise<void> {
  await replica.until(
    'the same offset',
    async () => (await replica.info('slave_repl_offset')) === (await master.info('master_repl_offset')),
  )
}

export async function number(server: RunningServer, field: string): Promise<number> {
  return Number(await server.info(field))
}

export async function syncCounters(server: RunningServer): Promise<{ full: number; ok: number; err: number; forks: string }> {
  return {
    full: await number(server, 'sync_full'),
    ok: await number(server, 'sync_partial_ok'),
    err: await number(server, 'sync_partial_err'),
    forks: await server.info('total_forks'),
  }
}

/** A master with two replicas, and a third replica of the first one. */
export interface Tree {
  readonly master: RunningServer
  readonly first: RunningServer
  readonly second: RunningServer
  readonly chained: RunningServer
  readonly all: readonly RunningServer[]
}

export async function tree(
  installed: Installed,
  settings: Record<string, string> = {},
  firstLedBy?: (master: RunningServer) => Promise<string>,
): Promise<Tree> {
  const fast = { 'repl-diskless-sync-delay': '0' }
  const master = await RunningServer.start(installed, { ...fast, ...settings })
  const at = firstLedBy ? await firstLedBy(master) : master.target
  const behind = (target: string) => RunningServer.start(installed, { ...fast, replicaof: target.replace(':', ' ') })
  const [first, second] = await Promise.all([behind(at), behind(master.target)])
  const chained = await behind(first.target)
  for (const replica of [first, second, chained]) {
    await replica.until('a link to its master', async () => (await replica.info('master_link_status')) === 'up')
    await inStep(master, replica)
  }
  return { master, first, second, chained, all: [chained, second, first, master] }
}

/** Writes at a steady rate until the returned function is called. @param bytes the size of each value */
export function writeSteadily(server: RunningServer, perSecond: number, bytes = 100): () => void {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  const value = 'x'.repeat(bytes)
  let written = 0
  const began = Date.now()
  const timer = setInterval(() => {
    for (; written < ((Date.now() - began) / 1000) * perSecond; written++) socket.write(`SET steady:${written % 100} ${value}\r\n`)
  }, 10)
  return () => {
    clearInterval(timer)
    socket.destroy()
  }
}

/** The result of `lag --json`, and a lookup by replica. */
export interface LagJson {
  readonly status: number | null
  readonly err: string
  // biome-ignore lint/suspicious/noExplicitAny: checked against its schema
  readonly json: any
  // biome-ignore lint/suspicious/noExplicitAny: the same
  of(server: RunningServer): any
}

export async function lag(...args: string[]): Promise<LagJson> {
  const ran = await cli(['lag', ...args, '--json'])
  if (!ran.out.startsWith('{"schema":"redis-repl/lag/1"')) throw new Error(`lag: ${ran.status} ${ran.out} ${ran.err}`)
  const json = assertSchema(ran.out, 'lag') as unknown as { replicas: { name: string }[] }
  return { status: ran.status, err: ran.err, json, of: (server) => json.replicas.find(({ name }) => name === server.target) }
}
