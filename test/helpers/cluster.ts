/** A cluster of real servers: masters with a replica each. */
import { RunningServer, type servers } from './server.ts'

const SLOTS = 16384

export interface RunningCluster {
  readonly masters: readonly RunningServer[]
  /** replicas[i] is that of masters[i]. */
  readonly replicas: readonly RunningServer[]
  readonly all: readonly RunningServer[]
  id(server: RunningServer): Promise<string>
  stop(): Promise<void>
}

export async function startCluster(
  installed: ReturnType<typeof servers>[number],
  settings: Record<string, string> = {},
): Promise<RunningCluster> {
  const common = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'repl-diskless-sync-delay': '0', ...settings }
  const all = await Promise.all(Array.from({ length: 6 }, () => RunningServer.start(installed, common)))
  const [masters, replicas] = [all.slice(0, 3), all.slice(3)]
  const [first] = masters as [RunningServer]
  const id = (server: RunningServer) => server.cli('CLUSTER', 'MYID')
  for (const [index, master] of masters.entries()) {
    const [from, to] = [Math.floor((SLOTS * index) / 3), Math.floor((SLOTS * (index + 1)) / 3)]
    const slots = Array.from({ length: to - from }, (_, slot) => String(from + slot))
    await master.cli('CLUSTER', 'ADDSLOTS', ...slots)
    // Or all of them have the same one, and have to sort that out first.
    await master.cli('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  }
  for (const server of all.slice(1)) await server.cli('CLUSTER', 'MEET', '127.0.0.1', String(first.port))
  for (const [index, replica] of replicas.entries()) {
    const master = await id(masters[index] as RunningServer)
    await replica.until('its master', async () => (await replica.cli('CLUSTER', 'REPLICATE', master)) === 'OK')
  }
  for (const server of all) {
    await server.until('the whole cluster', async () => {
      const nodes = await server.cli('CLUSTER', 'NODES')
      const isOk = (await server.cli('CLUSTER', 'INFO')).includes('cluster_state:ok')
      return isOk && nodes.split('\n').length === 6 && nodes.split(' slave ').length + nodes.split('myself,slave').length === 5
    })
  }
  for (const replica of replicas) await replica.until('its sync', async () => (await replica.info('master_link_status')) === 'up')
  const stop = async () => {
    for (const server of all) server.signal('SIGCONT')
    await Promise.all(all.map((server) => server.stop()))
  }
  return { masters, replicas, all, id, stop }
}
