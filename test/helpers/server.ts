/**
 * Starts real servers for tests and the demo, each with a free port and its own folder. They are ended by process handle.
 * Without any server the run fails; it never skips.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Installed, installedServers, invocation } from '../../scripts/server-cache.ts'
import { owned } from './processes.ts'

const run = promisify(execFile)
/** Longer than any reply takes, unless the server hangs. */
const CLI_LIMIT_MS = 60_000

/** The servers to test against. REDIS_REPL_TEST_SERVERS limits them to the named ones. */
export function servers(): Installed[] {
  const only = process.env.REDIS_REPL_TEST_SERVERS?.split(',')
  const found = installedServers().filter(({ id }) => !only || only.includes(id))
  if (found.length === 0) throw new Error('no server to test against: run `npm run servers` first')
  return found
}

/**
 * The oldest server, the newest and one Valkey. For tests that do not depend on the servers in between: formats, TLS, and
 * the wording of a refusal. REDIS_REPL_TEST_SERVERS limits them; if it names none of the three, all named ones run.
 */
export function oldestNewestAndValkey(): Installed[] {
  const all = servers()
  const three = all.filter(({ id }) => ['redis-6.0', 'redis-8.6', 'valkey-9.1'].includes(id))
  return three.length > 0 ? three : all
}

/** The first available server of these IDs, or else the last server. For tests that need any server of a kind. */
export function pick(...ids: string[]): Installed {
  const all = servers()
  const found = ids.map((id) => all.find((server) => server.id === id)).find(Boolean) ?? all.at(-1)
  if (!found) throw new Error('no server')
  return found
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

/** A cluster node listens on this port and on the port 10,000 above (cluster_legacy.c, CLUSTER_PORT_INCR). */
async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port + 10_000 > 65_535) continue
    const probe = createServer().listen(port + 10_000, '127.0.0.1')
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    )
    probe.close()
    if (isFree) return port
  }
}

/** A running server. stop() ends the process and removes its folder. */
export class RunningServer {
  readonly installed: Installed
  readonly port: number
  readonly folder: string
  readonly #child: ChildProcess

  private constructor(installed: Installed, port: number, folder: string, child: ChildProcess) {
    this.installed = installed
    this.port = port
    this.folder = folder
    this.#child = child
  }

  /** @param settings config lines as name → value @param options `sentinel: true` starts a Sentinel */
  static async start(
    installed: Installed,
    settings: Record<string, string> = {},
    options: { readonly sentinel?: boolean; readonly folder?: string } = {},
  ): Promise<RunningServer> {
    const anyPort = settings['cluster-enabled'] === 'yes' ? freeClusterPort : freePort
    const port = settings.port === undefined ? await anyPort() : Number(settings.port)
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'redis-repl-server-')))
    const defaults: Record<string, string> = { port: String(port), bind: '127.0.0.1', dir: folder, daemonize: 'no' }
    if (!options.sentinel) defaults.save = '""'
    // DEBUG is off by default since 7.0. 6.0 does not know this setting, and a server of the system may not either.
    if (!options.sentinel && installed.loader && installed.id !== 'redis-6.0') defaults['enable-debug-command'] = 'yes'
    const lines = Object.entries({ ...defaults, ...settings }).map(([name, value]) => `${name} ${value}`)
    const config = join(folder, 'server.conf')
    await writeFile(config, `${lines.join('\n')}\n`)
    const [program, args] = invocation(installed, 'server')
    const more = options.sentinel ? ['--sentinel'] : []
    const child = owned(spawn(program, [...args, config, ...more], { stdio: ['ignore', 'pipe', 'pipe'] }))
    // A server that a test forgets must not keep the test process alive: it is killed when that process exits.
    child.unref()
    const log: Buffer[] = []
    for (const output of [child.stdout, child.stderr] as Socket[]) output.on('data', (chunk) => log.push(chunk)).unref()
    const server = new RunningServer(installed, port, folder, child)
    for (let attempt = 0; !(await accepts(port)); attempt++) {
      if (attempt > 1000 || child.exitCode !== null) {
        await server.stop()
        throw new Error(`${installed.id} did not start:\n${Buffer.concat(log)}`)
      }
      await sleep(10)
    }
    return server
  }

  get target(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Runs the server's own cli and returns its output without the last newline. */
  async cli(...args: string[]): Promise<string> {
    const [program, lead] = invocation(this.installed, 'cli')
    const { stdout } = await run(program, [...lead, '-p', String(this.port), ...args], { maxBuffer: 1 << 28, timeout: CLI_LIMIT_MS })
    return stdout.replace(/\n$/, '')
  }

  /** One field of INFO; empty when it is missing. */
  async info(field: string): Promise<string> {
    const text = await this.cli('INFO', 'everything')
    return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(text)?.[1] ?? ''
  }

  /** Waits until a condition on the server holds. @throws after the time limit */
  async until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
    const end = Date.now() + limitMs
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`${this.installed.id}: ${what} did not happen`)
      await sleep(50)
    }
  }

  /** The output of the server's own RDB checker. @throws when it rejects the file */
  async checkRdb(path: string): Promise<string> {
    const [program, lead] = invocation(this.installed, 'checkRdb')
    const { stdout } = await run(program, [...lead, path], { timeout: CLI_LIMIT_MS })
    return stdout
  }

  async configFile(): Promise<string> {
    return await readFile(join(this.folder, 'server.conf'), 'utf8')
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.ref()
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Whether something listens on a port of this machine. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
