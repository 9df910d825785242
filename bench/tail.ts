/**
 * `tail` beside `redis-cli --replica`: the same recorded stream to both, each into a file, CPU and wall time of the whole
 * process as ratios. Usage: npm run bench [-- COMMANDS]
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installedServers, invocation } from '../scripts/server-cache.ts'
import { ReplayMaster } from './replay-master.ts'

const RUN = fileURLToPath(new URL('../bin/run.js', import.meta.url))
const ROUNDS = 5
/** What we promise: our share of the peer's time. */
const PROMISED = { text: 1 / 7, json: 1 / 4, stats: 1 / 10 } as const

interface Times {
  readonly cpu: number
  readonly wall: number
}

/** As redis-benchmark writes them: SET key:000000000001 and 20 bytes, a PING now and then. */
async function record(path: string, commands: number): Promise<void> {
  const file = createWriteStream(path)
  file.write('*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n')
  for (let done = 0; done < commands; done += 10_000) {
    const lines: string[] = ['*1\r\n$4\r\nping\r\n']
    for (let index = done; index < Math.min(commands, done + 10_000); index++) {
      lines.push(`*3\r\n$3\r\nSET\r\n$16\r\nkey:${String((index * 7919) % 1_000_000).padStart(12, '0')}\r\n$20\r\nVXKeHogKgJ=[5V9_X^b?\r\n`)
    }
    if (!file.write(lines.join(''))) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}

/** The best of some rounds: what disturbs only ever adds. */
async function measure(command: readonly string[], output: string): Promise<Times> {
  const rounds: Times[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const words = command.map((word) => `'${word}'`).join(' ')
    const { stderr } = await promisify(execFile)('bash', [
      '-c',
      `TIMEFORMAT='TIMES %U %S %R'; time ${words} > '${output}' 2>/dev/null || true`,
    ]) // the peer ends with 1 when its master closes
    const [user = 0, system = 0, wall = 0] = (/TIMES (.*)/.exec(stderr)?.[1] ?? '').split(' ').map(Number)
    rounds.push({ cpu: user + system, wall })
  }
  return { cpu: Math.min(...rounds.map(({ cpu }) => cpu)), wall: Math.min(...rounds.map(({ wall }) => wall)) }
}

const commands = Number(process.argv[2] ?? 2_000_000)
const folder = await mkdtemp(join(tmpdir(), 'redis-repl-bench-'))
try {
  const recording = join(folder, 'stream')
  const output = join(folder, 'out')
  await record(recording, commands)
  const { size } = await stat(recording)
  const master = await ReplayMaster.start(recording)
  const server = installedServers().find(({ id }) => id === 'redis-8.6') ?? installedServers().at(-1)
  if (!server) throw new Error('no server: run `npm run servers` first')
  const [program, lead] = invocation(server, 'cli')
  const peer = await measure([program, ...lead, '-p', String(master.port), '--replica'], output)
  const names = Object.keys(PROMISED) as (keyof typeof PROMISED)[]
  process.stdout.write(`${commands} commands, ${size} bytes, Node ${process.version}, the peer is ${server.id}'s cli --replica\n`)
  process.stdout.write(`peer:  cpu ${peer.cpu.toFixed(2)} s, wall ${peer.wall.toFixed(2)} s\n`)
  for (const name of names) {
    const how = name === 'stats' ? ['--stats', '--json'] : ['--format', name]
    const own = await measure([process.execPath, RUN, 'tail', '-p', String(master.port), '--until-offset', String(size), ...how], output)
    const [cpu, wall] = [own.cpu / peer.cpu, own.wall / peer.wall]
    const verdict = cpu <= PROMISED[name] && wall <= PROMISED[name] ? 'as promised' : 'TOO SLOW'
    const ratios = `cpu ${own.cpu.toFixed(2)} s = ${cpu.toFixed(3)} of the peer's, wall ${own.wall.toFixed(2)} s = ${wall.toFixed(3)}`
    process.stdout.write(`${name.padEnd(6)} ${ratios} (at most ${PROMISED[name].toFixed(3)}): ${verdict}\n`)
    if (verdict !== 'as promised') process.exitCode = 1
  }
  master.stop()
} finally {
  await rm(folder, { recursive: true, force: true })
}
