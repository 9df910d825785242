/**
 * Compares us with the tools people use today. Prints ratios, since absolute figures depend on the machine.
 * Usage: npm run bench [-- [--quick] [--folder DIR] [--json FILE] [SUITE ...]]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '../src/render/base/table.ts'
import { dumpRows, growthRows } from './dump.ts'
import type { Row } from './pairs.ts'
import { bufferRows, realRows } from './real.ts'
import { startRows } from './start.ts'
import { tailGrowthRows, tailRows } from './tail.ts'

const GIB = 1024 ** 3
const ROUNDS = 5

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, folder: { type: 'string' }, json: { type: 'string' } },
  allowPositionals: true,
})
const part = values.quick ? 1 / 16 : 1
const folder = await mkdtemp(join(values.folder ?? tmpdir(), 'redis-repl-bench-'))

const SUITES: Record<string, () => Promise<Row[]>> = {
  dump: () => dumpRows(folder, 2 * GIB * part, ROUNDS),
  growth: async () => [
    ...(await growthRows([0.2, 2, 8].map((size) => Math.round(size * GIB * part)))),
    ...(await tailGrowthRows(
      folder,
      [1e6, 4e6, 16e6].map((commands) => commands * part),
    )),
  ],
  tail: () => tailRows(folder, 8_000_000 * part, ROUNDS),
  start: () => startRows(ROUNDS * 3),
  real: () => realRows(folder, 400e6 * part, ROUNDS),
  buffer: () => bufferRows(folder, 2_000_000 * part),
}

function shown({ median, spread, unit, target }: Row): string[] {
  const text = (value: number) => (unit === undefined ? value.toFixed(3) : `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`)
  const verdict = target === undefined ? '' : median <= target ? 'met' : 'NOT MET'
  return [
    text(median),
    spread[0] === spread[1] ? '' : `${text(spread[0])} to ${text(spread[1])}`,
    target === undefined ? '' : text(target),
    verdict,
  ]
}

const machine = {
  at: new Date().toISOString(),
  node: process.version,
  cpus: cpus().length,
  model: cpus()[0]?.model ?? 'unknown',
  platform: `${process.platform} ${process.arch}`,
}
const rows: Row[] = []
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
    process.stderr.write(`${name} ...\n`)
    rows.push(...((await SUITES[name]?.()) ?? []))
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.stdout.write(`${machine.at}, Node ${machine.node}, ${machine.cpus} x ${machine.model}; ours to theirs, median of ${ROUNDS} pairs\n`)
process.stdout.write(
  `${table(
    { isUnicode: true, width: 120 },
    ['what', 'beside', 'of', 'median', 'spread', 'at most', ''],
    rows.map((one) => [one.what, one.against, one.figure, ...shown(one)]),
  )}\n`,
)
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ machine, rounds: ROUNDS, rows }, undefined, 2)}\n`)
