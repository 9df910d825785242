/** Pairs of a master and its replica, and what a test wants to know of them. */
import assert from 'node:assert/strict'
import type { Installed } from '../../scripts/server-cache.ts'
import { cli } from './run.ts'
import { RunningServer } from './server.ts'

/** A replica that was here once leaves a backlog; it need not have waited for others. */
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
