/** Compares `tail` with `redis-cli --replica` on the same recorded stream. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { own, pairs, peer, type Row, row, timed } from './pairs.ts'
import { ReplayMaster } from './replay-master.ts'

/** Upper limits for our CPU time as a share of the peer's. */
const PROMISED = { text: 1 / 7, json: 1 / 4, stats: 1 / 10 } as const

/** Writes SETs like redis-benchmark (SET key:000000000001 and 20 bytes), with a PING now and then. */
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

/** Writes to a file, as promised, and to /dev/null: a file adds page cache costs, and JSON has three times as many bytes. */
export async function tailRows(folder: string, commands: number, rounds: number): Promise<Row[]> {
  const { name, cli } = peer()
  const recording = join(folder, 'recording')
  await record(recording, commands)
  const { size } = await stat(recording)
  const master = await ReplayMaster.start(recording)
  const rows: Row[] = []
  try {
    for (const output of [join(folder, 'stream'), '/dev/null']) {
      const isFile = output !== '/dev/null'
      const theirs = `${cli('-p', String(master.port), '--replica')} > '${output}'`
      for (const format of Object.keys(PROMISED) as (keyof typeof PROMISED)[]) {
        const how = format === 'stats' ? ['--stats', '--json'] : ['--format', format]
        const ours = `${own('tail', '-p', String(master.port), '--until-offset', String(size), ...how)} > '${output}'`
        const { cpu, wall } = await pairs(rounds, ours, theirs, async () => {})
        const what = `tail ${how.join(' ')} > ${isFile ? 'FILE' : output}, ${commands} commands`
        rows.push(
          row(what, `${name} --replica`, 'cpu', cpu, isFile ? PROMISED[format] : undefined),
          row(what, `${name} --replica`, 'wall', wall),
        )
      }
    }
    return rows
  } finally {
    master.stop()
  }
}

/** Shows that the speed does not fall with the length of the stream. */
export async function tailGrowthRows(folder: string, sizes: readonly number[]): Promise<Row[]> {
  const rows: Row[] = []
  const recording = join(folder, 'recording')
  for (const commands of sizes) {
    await record(recording, commands)
    const { size } = await stat(recording)
    const master = await ReplayMaster.start(recording)
    try {
      const { wall } = await timed(`${own('tail', '-p', String(master.port), '--until-offset', String(size))} > /dev/null`)
      const start = await timed(own('--version'))
      rows.push(row(`tail, ${commands} commands`, '', 'speed without the start', [commands / 1000 / (wall - start.wall)], undefined, 'k/s'))
    } finally {
      master.stop()
    }
  }
  return rows
}
