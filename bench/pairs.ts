/** Two commands in turn, several times: what disturbs one disturbs the other, and the ratio stays. */
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
  /** At most; undefined where nothing is promised. */
  readonly target?: number
  readonly unit?: string
}

export function own(...args: string[]): string {
  return quoted([process.execPath, RUN, ...args])
}

export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' ')
}

/** redis-cli of Redis 8.6, or of whatever else is at hand. */
export function peer(): { readonly name: string; readonly cli: (...args: string[]) => string } {
  const server = installedServers().find(({ id }) => id === 'redis-8.6') ?? installedServers().at(-1)
  if (!server) throw new Error('no server: run `npm run servers` first')
  const [program, lead] = invocation(server, 'cli')
  return { name: `redis-cli ${server.version.split('-')[0]}`, cli: (...args) => quoted([program, ...lead, ...args]) }
}

/** The same socket into the same place by a program in C that does nothing else. */
export function plainCopy(port: number, output: string): string {
  return `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'SYNC\\r\\n' >&3; cat <&3 > '${output}'`
}

/**
 * Seconds of CPU of all its processes and threads, and on the clock. What it says on stderr is not heard.
 * @param mayFail redis-cli fails when a stream ends; a failure of ours would be a figure of nothing
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

/** The most memory that one of our own commands ever had, in MiB. */
export async function peakMiB(args: readonly string[], output: string): Promise<number> {
  const script = `${quoted([process.execPath, '--require', PEAK, RUN, ...args])} > '${output}'`
  const { stderr } = await promisify(execFile)('bash', ['-c', script])
  return Number(/PEAK (\d+)/.exec(stderr)?.[1]) / 1024
}

/** @returns the ratios of CPU and of time on the clock, ours to the other's */
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
