/**
 * Runs the tests: `npm test [-- FILE|FOLDER ...]`, or with --runtime those that depend on the version of Node.
 * Runs four files at a time, then those that measure time one by one. Finally it prints the slowest tests and the totals.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ALONE, RUNTIME, RUNTIME_SERVER } from './test-groups.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Measured on two cores: files mostly wait for servers and timers. */
const CONCURRENCY = 4
/**
 * test/helpers/watchdog.ts ends a test that hangs much earlier. These limits are for a test that blocks its event loop.
 * Node 20 and 22 apply the first to each file. Node 24 applies it to each test, which does not help.
 */
const FILE_LIMIT_MS = 10 * 60_000
const GROUP_LIMIT_MS = 40 * 60_000
const SLOWEST = 10

interface Test {
  readonly file: string
  readonly name: string
  readonly ms: number
}

/** The result of one group of test files. */
interface Outcome {
  readonly isOk: boolean
  readonly tests: readonly Test[]
  readonly totals: Readonly<Record<string, number>>
}

/** All test files under the given files and folders. @throws when one of them has no test file */
function filesUnder(places: readonly string[]): string[] {
  const found = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  const all = found.filter((name) => name.endsWith('.test.ts')).map((name) => join('test', name))
  const under = (place: string) => all.filter((file) => file === place || file.startsWith(`${place}/`))
  for (const place of places) if (under(place).length === 0) throw new Error(`no test file under ${place}`)
  return [...new Set(places.flatMap(under))].sort()
}

async function runGroup(files: readonly string[], concurrency: number, folder: string): Promise<Outcome> {
  if (files.length === 0) return { isOk: true, tests: [], totals: {} }
  const record = join(folder, `${concurrency}.ndjson`)
  const reporters = { spec: 'stdout', './scripts/test-record.js': record }
  const args = [
    ...['--import', 'tsx', '--import', './test/helpers/watchdog.ts'],
    ...['--test', `--test-concurrency=${concurrency}`, `--test-timeout=${FILE_LIMIT_MS}`],
    ...Object.entries(reporters).flatMap(([name, to]) => [`--test-reporter=${name}`, `--test-reporter-destination=${to}`]),
  ]
  const child = spawn(process.execPath, [...args, ...files], { cwd: ROOT, stdio: 'inherit', timeout: GROUP_LIMIT_MS })
  const [status] = (await once(child, 'close')) as [number | null]
  return { isOk: status === 0, ...readRecord(record) }
}

function readRecord(path: string): Pick<Outcome, 'tests' | 'totals'> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  const records = lines.map((line) => JSON.parse(line) as Test | { readonly total: string; readonly count: number })
  const totals = records.flatMap((one) => ('total' in one ? [[one.total, one.count] as const] : []))
  return { tests: records.flatMap((one) => ('total' in one ? [] : [one])), totals: Object.fromEntries(totals) }
}

/** Prints the slowest tests and the totals. @returns whether all groups passed */
function report(outcomes: readonly Outcome[]): boolean {
  const slowest = outcomes.flatMap(({ tests }) => tests).sort((a, b) => b.ms - a.ms)
  console.log(`\nThe ${SLOWEST} slowest tests:`)
  for (const { file, name, ms } of slowest.slice(0, SLOWEST))
    console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${relative(ROOT, file)}: ${name}`)
  const sum = (...names: string[]) => outcomes.flatMap(({ totals }) => names.map((name) => totals[name] ?? 0)).reduce((a, b) => a + b, 0)
  console.log(`\n${sum('pass')} passed, ${sum('fail', 'cancelled')} failed, ${sum('skipped', 'todo')} skipped`)
  if (outcomes.some(({ isOk, totals }) => !isOk && totals.pass === undefined)) console.log('A group of files did not run to its end.')
  return outcomes.every(({ isOk }) => isOk)
}

const cliArgs = process.argv.slice(2)
const isRuntime = cliArgs.includes('--runtime')
if (isRuntime) process.env.REDIS_REPL_TEST_SERVERS ??= RUNTIME_SERVER
const places = cliArgs.filter((arg) => arg !== '--runtime').map((arg) => relative(ROOT, arg))
filesUnder(ALONE) // one that has moved must not join the others unnoticed
const files = filesUnder(places.length > 0 ? places : isRuntime ? RUNTIME : ['test'])
const folder = await mkdtemp(join(tmpdir(), 'redis-repl-tests-'))
try {
  const [alone, others] = [files.filter((file) => ALONE.includes(file)), files.filter((file) => !ALONE.includes(file))]
  const outcomes = [await runGroup(others, CONCURRENCY, folder), await runGroup(alone, 1, folder)]
  if (!report(outcomes)) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true })
}
