/** Runs two commands in turn, several times. A disturbance affects both, so their ratio stays stable. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installedServers, invocation } from '../scripts/server-cache.ts'

const RUN = fileURLToPath(new URL('../bin/run.js', import.meta.url))
const PEAK = fileURLToPath(new URL('peak-rss.cjs', import.meta.url))

interface Times {
  readonly cpu: number
  readonly wall: number
}

/** One line of the table. */
export interface Row {
  readonly what: string
  readonly against: string
  readonly figure: string
  readonly median: number
  /** The smallest and the largest of all rounds. */
  readonly spread: readonly [low: number, high: number]
  /** Upper limit; undefined when nothing is promised. */
  readonly target?: number
  readonly unit?: string
}

export function own(...args: string[]): string {
  return quoted([process.execPath, RUN, ...args])
}

export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ')
}

/** redis-cli of Redis 8.6, or of the last installed server. */
export function peer(): { readonly name: string; readonly cli: (...args: string[]) => string } {
  const server = installedServers().find(({ id }) => id === 'redis-8.6') ?? installedServers().at(-1)
  if (!server) throw new Error('no server: run `npm run servers` first')
  const [program, lead] = invocation(server, 'cli')
  return { name: `redis-cli ${server.version.split('-')[0]}`, cli: (...args) => quoted([program, ...lead, ...args]) }
}

/** Copies the same socket to the same place with cat, a C program that does nothing else. */
export function plainCopy(port: number, output: string): string {
  return `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'SYNC\\r\\n' >&3; cat <&3 > '${output}'`
}

/**
 * CPU seconds of all its processes and threads, and wall-clock seconds. Discards its stderr.
 * @param mayFail set for redis-cli, which fails when a stream ends; a failure of our own command makes its figures worthless
 */
export async function timed(command: string, mayFail = false): Promise<Times> {
  const script = `TIMEFORMAT='TIMES %U %S %R'; time { ${command}; } 2>/dev/null`
  const { stderr } = await promisify(execFile)('bash', ['-c', script]).catch((error) => {
    if (mayFail) return error as { stderr: string }
    throw new Error(`failed: ${command}`)
  })
  const [user = 0, system = 0, wall = 0] = (/TIMES (.*)/.exec(stderr)?.[1] ?? '').split(' ').map(Number)
  return { cpu: user + system, wall }
}

/** The peak memory of one of our own commands, in MiB. */
export async function peakMiB(args: readonly string[], output: string): Promise<number> {
  const script = `${quoted([process.execPath, '--require', PEAK, RUN, ...args])} > '${output}'`
  const { stderr } = await promisify(execFile)('bash', ['-c', script])
  return Number(/PEAK (\d+)/.exec(stderr)?.[1]) / 1024
}

/** @returns the ratios of CPU time and wall-clock time, ours to theirs */
export async function pairs(
  rounds: number,
  ours: string,
  theirs: string,
  between: () => Promise<void>,
): Promise<Record<keyof Times, number[]>> {
  const ratios: Record<keyof Times, number[]> = { cpu: [], wall: [] }
  for (let round = 0; round < rounds; round++) {
    await between()
    const b = await timed(theirs, true)
    await between()
    const a = await timed(ours)
    ratios.cpu.push(a.cpu / b.cpu)
    ratios.wall.push(a.wall / b.wall)
  }
  await between()
  return ratios
}

export function row(what: string, against: string, figure: string, values: readonly number[], target?: number, unit?: string): Row {
  const sorted = [...values].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const spread = [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN] as const
  return { what, against, figure, median, spread, ...(target !== undefined && { target }), ...(unit !== undefined && { unit }) }
}
