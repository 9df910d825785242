/** Starts a real proxy with a generated configuration. It ends with the test that started it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { installedTools, invocation } from '../../scripts/server-cache.ts'
import { owned } from './processes.ts'
import { accepts } from './server.ts'

const START_LIMIT_MS = 10_000

export interface Daemon {
  /** Its id in TOOLS. */
  readonly id: string
  /** The arguments that make it read this configuration and stay in the foreground. */
  readonly args: (config: string) => readonly string[]
  readonly config: readonly string[]
  /** It runs once something listens there. */
  readonly port: number
}

/** @throws when it is not unpacked, so that its tests fail instead of being skipped, or when it does not start */
export async function startDaemon(context: TestContext, { id, args, config, port }: Daemon): Promise<void> {
  const installed = installedTools().find((tool) => tool.id === id)
  if (!installed) throw new Error(`no ${id} to test with: run \`npm run servers -- ${id}\` first`)
  const folder = await mkdtemp(join(tmpdir(), `redis-repl-${id}-`))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'config')
  await writeFile(path, `${config.join('\n')}\n`)
  const [program, lead] = invocation(installed, 'server')
  const child = owned(spawn(program, [...lead, ...args(path)], { stdio: ['ignore', 'pipe', 'pipe'] }))
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  let log = ''
  for (const output of [child.stdout, child.stderr] as Socket[]) output.on('data', (chunk) => (log += chunk))
  const end = Date.now() + START_LIMIT_MS
  while (!(await accepts(port))) {
    if (Date.now() > end || child.exitCode !== null) throw new Error(`${id} did not start:\n${config.join('\n')}\n${log}`)
    await sleep(10)
  }
}
