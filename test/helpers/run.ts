/** Runs the command line as a child process, as a user does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { owned } from './processes.ts'

/** Longer than any run of a test. A run that exceeds it is killed, and its test gets a status of null. */
const LIMIT_MS = 120_000

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface Ran {
  readonly status: number | null
  readonly stdout: Buffer
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Called with the child as soon as it runs, to signal it or close its pipes. */
  readonly during?: (child: ReturnType<typeof spawn>) => void
  readonly cwd?: string
}

/** Runs `redis-repl` without this process's variables for colour, password and server, and without the one that chooses the servers of a test run. */
export async function cli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { NO_COLOR: _, FORCE_COLOR: __, REDISCLI_AUTH: ___, REDIS_URL: ____, REDIS_REPL_TEST_SERVERS: _____, ...env } = process.env
  const child = owned(
    spawn(process.execPath, [RUN, ...args], {
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
      ...(options.cwd && { cwd: options.cwd }),
    }),
  )
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk) => out.push(chunk))
  child.stderr.on('data', (chunk) => err.push(chunk))
  options.during?.(child)
  const [status] = (await once(child, 'close')) as [number | null]
  const stdout = Buffer.concat(out)
  return { status, stdout, out: stdout.toString(), err: Buffer.concat(err).toString() }
}

/** Presses Ctrl-C so long after the child has begun to listen to it (Linux). Before that, Ctrl-C ends any Node. */
export async function interrupt(child: ReturnType<typeof spawn>, afterMs: number): Promise<void> {
  while (child.exitCode === null && !listensToSigint(child.pid ?? 0)) await sleep(20)
  await sleep(afterMs)
  child.kill('SIGINT')
}

/**
 * By its mask of caught signals (proc_pid_status(5)). Node itself catches SIGINT and SIGTERM from its start, to reset the terminal;
 * SIGHUP, the first bit, is caught only by us, together with the others.
 */
function listensToSigint(pid: number): boolean {
  const [, lastDigit = '0'] = /^SigCgt:\s*\w*(\w)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number.parseInt(lastDigit, 16) & 1) !== 0
}
