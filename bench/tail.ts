/** `tail` beside `redis-cli --replica`: the same recorded stream to both. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { own, pairs, peer, type Row, row, timed } from './pairs.ts'
import { ReplayMaster } from './replay-master.ts'

/** What we promise: our share of the peer's CPU. */
const PROMISED = { text: 1 / 7, json: 1 / 4, stats: 1 / 10 } as const

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

/** Into a file, as promised, and into /dev/null: what a file takes is the page cache's, and JSON is three times as many bytes. */
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

/** A stream costs at its end what it cost at its beginning. */
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
