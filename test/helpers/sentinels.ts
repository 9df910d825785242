/** A master, its replica and the Sentinels that watch them. */
import { RunningServer, type servers } from './server.ts'

type Installed = ReturnType<typeof servers>[number]

export interface Watched {
  readonly name: string
  readonly master: RunningServer
  readonly replica: RunningServer
  readonly sentinels: readonly RunningServer[]
  /** A redis-sentinel:// URI with all Sentinels. */
  readonly target: string
  /** Waits until the Sentinels know the replica and each other. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** @param settings of the servers @param sentinelSettings of the Sentinels */
export async function watched(
  installed: Installed,
  count: number,
  settings: Record<string, string> = {},
  sentinelSettings: Record<string, string> = {},
): Promise<Watched> {
  const name = 'mymaster'
  const common = { 'repl-diskless-sync-delay': '0', ...settings }
  const master = await RunningServer.start(installed, common)
  const replica = await RunningServer.start(installed, { ...common, replicaof: `127.0.0.1 ${master.port}` })
  const watch = {
    'sentinel monitor': `${name} 127.0.0.1 ${master.port} ${Math.floor(count / 2) + 1}`,
    'sentinel down-after-milliseconds': `${name} 1000`,
    'sentinel failover-timeout': `${name} 5000`,
    ...sentinelSettings,
  }
  const sentinels: RunningServer[] = []
  for (let index = 0; index < count; index++) sentinels.push(await RunningServer.start(installed, watch, { sentinel: true }))
  const auth = sentinelSettings.requirepass ? ['-a', sentinelSettings.requirepass, '--no-auth-warning'] : []
  const field = async (sentinel: RunningServer, wanted: string) => {
    const lines = (await sentinel.cli(...auth, 'SENTINEL', 'MASTER', name)).split('\n')
    return lines[lines.indexOf(wanted) + 1]
  }
  const ready = async () => {
    for (const sentinel of sentinels) {
      await sentinel.until('its knowledge of the others', async () => {
        const [replicas, others] = [await field(sentinel, 'num-slaves'), await field(sentinel, 'num-other-sentinels')]
        return replicas === '1' && others === String(count - 1)
      })
    }
    await replica.until('its sync', async () => (await replica.info('master_link_status')) === 'up')
  }
  const stop = async () => {
    master.signal('SIGCONT')
    await Promise.all([...sentinels, replica, master].map((server) => server.stop()))
  }
  const target = `redis-sentinel://${sentinels.map((sentinel) => sentinel.target).join(',')}/${name}`
  return { name, master, replica, sentinels, target, ready, stop }
}
