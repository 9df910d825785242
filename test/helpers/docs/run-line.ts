/** Runs a command line of the documentation in a shell. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { owned } from '../processes.ts'
import type { DocsLab } from './lab.ts'

/** Longer than any line of the documentation takes that ends by itself. */
const LIMIT_MS = 120_000

/** Which phases a pipe sees depends on how long they take; a terminal clears them when they are over. */
const PROGRESS = /^(shaking hands|waiting for|receiving|syncing to disk|catching up)\b.*\n/gm

export interface LineRun {
  readonly status: number | null
  /** stdout and stderr, without progress. */
  readonly output: string
}

/** Runs the line in the lab's folder, once if several pages have it. */
export async function runLine(lab: DocsLab, command: string): Promise<LineRun> {
  const ran = lab.ran.get(command) ?? (await run(lab, command))
  lab.ran.set(command, ran)
  return ran
}

/** A line without an end of its own gets Ctrl-C a second after it has shown something. */
async function run(lab: DocsLab, command: string): Promise<LineRun> {
  const script = `set -o pipefail; { ${await lab.prepare(command)}\n} 2>&1`
  const env = lab.environment()
  const child = owned(spawn('bash', ['-c', script], { cwd: lab.folder, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true }))
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  const closed = once(child, 'close') as Promise<[number | null]>
  const signal = (name: NodeJS.Signals) => {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), name)
  }
  const limit = setTimeout(() => signal('SIGKILL'), LIMIT_MS)
  if (isEndless(command)) {
    await Promise.race([once(child.stdout, 'data'), closed, sleep(3000)])
    await Promise.race([sleep(1000), closed])
    signal('SIGINT')
  }
  const [status] = await closed
  clearTimeout(limit)
  return { status, output: lab.named(Buffer.concat(chunks).toString()).replace(PROGRESS, '') }
}

/** `tail`, `--watch` and `--listen` end by Ctrl-C, unless a limit is given. A duration of minutes is too long for a test. */
function isEndless(command: string): boolean {
  return (
    /redis-repl tail\b|--watch\b|--listen\b/.test(command) && !/--(count|duration \d+s?(?!\w)|until-offset|expect|help)\b/.test(command)
  )
}
