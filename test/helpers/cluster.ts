/** A cluster of real servers: masters with one replica each, slots that move, nodes that join, and a client that writes. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunningServer, type servers } from './server.ts'
import { multibulk } from './wire.ts'

const SLOTS = 16384

export interface RunningCluster {
  readonly masters: readonly RunningServer[]
  /** replicas[i] replicates masters[i]. */
  readonly replicas: readonly RunningServer[]
  readonly all: readonly RunningServer[]
  id(server: RunningServer): Promise<string>
  stop(): Promise<void>
}

function common(settings: Record<string, string>): Record<string, string> {
  return { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'repl-diskless-sync-delay': '0', ...settings }
}

export async function startCluster(
  installed: ReturnType<typeof servers>[number],
  settings: Record<string, string> = {},
): Promise<RunningCluster> {
  const all = await Promise.all(Array.from({ length: 6 }, () => RunningServer.start(installed, common(settings))))
  const [masters, replicas] = [all.slice(0, 3), all.slice(3)]
  const [first] = masters as [RunningServer]
  const id = (server: RunningServer) => server.cli('CLUSTER', 'MYID')
  for (const [index, master] of masters.entries()) {
    const [from, to] = [Math.floor((SLOTS * index) / 3), Math.floor((SLOTS * (index + 1)) / 3)]
    const slots = Array.from({ length: to - from }, (_, slot) => String(from + slot))
    await master.cli('CLUSTER', 'ADDSLOTS', ...slots)
    // Without this, all masters have the same epoch and must resolve the conflict first.
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

/** Adds a master without slots and its replica, and waits until all nodes know both. */
export async function joinCluster({ all, id }: RunningCluster): Promise<{ readonly master: RunningServer; stop(): Promise<void> }> {
  const [first] = all as [RunningServer]
  const noMigration = first.installed.id === 'redis-6.0' ? {} : { 'cluster-allow-replica-migration': 'no' }
  const start = () => RunningServer.start(first.installed, common(noMigration))
  const [master, replica] = [await start(), await start()]
  for (const server of [master, replica]) await server.cli('CLUSTER', 'MEET', '127.0.0.1', String(first.port))
  const name = await id(master)
  await replica.until('its master', async () => (await replica.cli('CLUSTER', 'REPLICATE', name)) === 'OK')
  await replica.until('its sync', async () => (await replica.info('master_link_status')) === 'up')
  for (const server of [...all, master]) {
    await server.until('the new node', async () => {
      const [nodes, info] = [await server.cli('CLUSTER', 'NODES'), await server.cli('CLUSTER', 'INFO')]
      return nodes.split('\n').length === 8 && info.includes('cluster_state:ok')
    })
  }
  const stop = async () => {
    await Promise.all([master, replica].map((server) => server.stop()))
    for (const server of all) for (const node of [master, replica]) await server.cli('CLUSTER', 'FORGET', await id(node).catch(() => name))
  }
  return { master, stop }
}

/** Runs a manual failover. Retries, because it times out when the replica's link has only just come up. */
export async function promote(replica: RunningServer): Promise<void> {
  let requestedAt = 0
  await replica.until(
    'its promotion',
    async () => {
      if ((await replica.info('role')) === 'master') return true
      if (Date.now() - requestedAt > 6000) {
        requestedAt = Date.now()
        await replica.cli('CLUSTER', 'FAILOVER')
      }
      return false
    },
    40_000,
  )
}

/** Moves the slot of a key with all keys in it, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  { all, id }: RunningCluster,
  from: RunningServer,
  to: RunningServer,
  key: string,
): Promise<{ readonly slot: string; readonly keys: readonly string[] }> {
  const slot = await from.cli('CLUSTER', 'KEYSLOT', key)
  const [source, target] = [await id(from), await id(to)]
  for (const [server, ...state] of [
    [to, 'IMPORTING', source],
    [from, 'MIGRATING', target],
  ] as const) {
    const answer = await server.cli('CLUSTER', 'SETSLOT', slot, ...state)
    if (answer !== 'OK') throw new Error(`SETSLOT ${state[0]}: ${answer}`)
  }
  const moved = new Set<string>()
  for (;;) {
    const keys = (await from.cli('CLUSTER', 'GETKEYSINSLOT', slot, '100')).split('\n').filter((one) => one !== '')
    if (keys.length === 0) break
    const answer = await from.cli('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
    if (!/^(OK|NOKEY)/.test(answer)) throw new Error(`MIGRATE: ${answer}`)
    for (const one of keys) moved.add(one)
  }
  for (const server of [to, from, ...all]) {
    if ((await server.info('role')) !== 'master') continue
    // Valkey replicates the change first and may not be ready for the next one at once.
    await server.until(`slot ${slot} moved`, async () => (await server.cli('CLUSTER', 'SETSLOT', slot, 'NODE', target)) === 'OK')
  }
  return { slot, keys: [...moved] }
}

const KEYS = 60

/** SETs consecutive numbers, follows MOVED and ASK, and retries writes that are not acknowledged. */
export class ClusterWriter {
  readonly #links = new Map<string, Socket>()
  readonly #any: string
  #last = -1
  #isOver = false
  #giveUpAt = Number.POSITIVE_INFINITY
  #ended: Promise<void> | undefined

  private constructor(any: RunningServer) {
    this.#any = any.target
  }

  static async start(any: RunningServer): Promise<ClusterWriter> {
    const writer = new ClusterWriter(any)
    writer.#ended = writer.#write()
    return writer
  }

  async untilWritten(count: number): Promise<void> {
    const end = Date.now() + 30_000
    while (this.#last < count) {
      if (Date.now() > end) throw new Error(`only ${this.#last} of ${count} were written`)
      await sleep(20)
    }
  }

  /** @returns the last number written; all before it are written too. @throws when the last write is never acknowledged */
  async stop(): Promise<number> {
    this.#isOver = true
    this.#giveUpAt = Date.now() + 30_000
    await this.#ended
    for (const link of this.#links.values()) link.destroy()
    return this.#last
  }

  async #write(): Promise<void> {
    for (let value = 0; !this.#isOver; value++) {
      while (!(await this.#set(`key:${value % KEYS}`, String(value)))) {
        if (Date.now() > this.#giveUpAt) throw new Error(`${value} was not acknowledged`)
        await sleep(50)
      }
      this.#last = value
      if (value % 10 === 0) await sleep(5)
    }
  }

  /** Whether it was acknowledged. */
  async #set(key: string, value: string): Promise<boolean> {
    let [target, asking] = [this.#any, false]
    for (let hops = 0; hops < 5; hops++) {
      if (asking) await this.#ask(target, 'ASKING')
      const reply = await this.#ask(target, 'SET', key, value)
      if (reply === '+OK') return true
      const [, kind, next] = /^-(MOVED|ASK) \d+ (\S+)/.exec(reply) ?? []
      if (next === undefined) return false
      ;[target, asking] = [next, kind === 'ASK']
    }
    return false
  }

  /** A reply of one line; empty when there is none. */
  async #ask(target: string, ...words: string[]): Promise<string> {
    try {
      const link = this.#links.get(target) ?? (await open(target))
      this.#links.set(target, link)
      link.write(multibulk(...words))
      const [line] = (await once(link, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer]
      return line.toString().trimEnd()
    } catch {
      this.#links.get(target)?.destroy()
      this.#links.delete(target)
      return ''
    }
  }
}

async function open(target: string): Promise<Socket> {
  const [host = '', port] = target.split(':')
  const link = connect(Number(port), host)
  link.on('error', () => link.destroy())
  await once(link, 'connect')
  return link
}
