/** Compares `dump-rdb` with redis-cli --rdb and a plain copy, from a master that only sends a payload. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { own, pairs, peakMiB, peer, plainCopy, type Row, row, timed } from './pairs.ts'

const MASTER = fileURLToPath(new URL('rdb-master.ts', import.meta.url))
const MIB = 1024 * 1024

/** Starts a master that sends this many bytes to every replica. */
async function master(bytes: number): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['--import', 'tsx', MASTER, String(bytes)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { port: Number(line), child }
}

async function withMaster<T>(bytes: number, act: (port: number) => Promise<T>): Promise<T> {
  const { port, child } = await master(bytes)
  try {
    return await act(port)
  } finally {
    child.kill()
  }
}

export async function dumpRows(folder: string, bytes: number, rounds: number): Promise<Row[]> {
  const { name, cli } = peer()
  const file = join(folder, 'dump.rdb')
  const clean = () => rm(file, { force: true })
  const size = `${Math.round(bytes / MIB)} MiB`
  return await withMaster(bytes, async (port) => {
    const at = ['-p', String(port)]
    const toFile = own('dump-rdb', ...at, '-q', '-o', file)
    const toNull = `${own('dump-rdb', ...at, '-q')} > /dev/null`
    const beside = await pairs(rounds, toFile, `${cli(...at, '--rdb', file)} > /dev/null`, clean)
    const plain = await pairs(rounds, toFile, plainCopy(port, file), clean)
    // A plain copy may still lose data after it ends; dump-rdb has synced its file.
    const synced = await pairs(rounds, toFile, `${plainCopy(port, file)}; sync '${file}'`, clean)
    const toNowhere = await pairs(rounds, toNull, `${cli(...at, '--rdb', '-')} > /dev/null`, clean)
    const summed = await pairs(rounds, own('dump-rdb', ...at, '-q', '-o', file, '--sha256'), toFile, clean)
    return [
      row(`dump-rdb -o FILE, ${size}`, `${name} --rdb FILE`, 'wall', beside.wall, 0.4),
      row(`dump-rdb -o FILE, ${size}`, `${name} --rdb FILE`, 'cpu', beside.cpu, 0.45),
      row(`dump-rdb > /dev/null, ${size}`, `${name} --rdb -`, 'wall', toNowhere.wall, 0.5),
      row(`dump-rdb > /dev/null, ${size}`, `${name} --rdb -`, 'cpu', toNowhere.cpu),
      row(`dump-rdb -o FILE, ${size}`, 'cat from the socket', 'wall', plain.wall, 1.5),
      row(`dump-rdb -o FILE, ${size}`, 'cat, then sync FILE', 'wall', synced.wall, 1.5),
      row(`dump-rdb -o FILE --sha256, ${size}`, 'dump-rdb -o FILE', 'wall', summed.wall),
    ]
  })
}

/** Memory must not grow with the size, and the speed must not fall. */
export async function growthRows(sizes: readonly number[]): Promise<Row[]> {
  const rows: Row[] = []
  for (const bytes of sizes) {
    const size = `${Math.round(bytes / MIB)} MiB`
    rows.push(
      ...(await withMaster(bytes, async (port) => {
        const args = ['dump-rdb', '-p', String(port), '-q']
        const peak = await peakMiB(args, '/dev/null')
        const { wall } = await timed(`${own(...args)} > /dev/null`)
        const start = await timed(own('--version'))
        return [
          row(`dump-rdb, ${size}`, '', 'peak RSS', [peak], 110, 'MiB'),
          row(`dump-rdb > /dev/null, ${size}`, '', 'speed without the start', [bytes / MIB / (wall - start.wall)], undefined, 'MiB/s'),
        ]
      })),
    )
  }
  return rows
}
