/**
 * Unpacks the servers, proxies and promtool for the tests into the user's cache folder: `npm run servers [-- ID ...]`.
 * If no suite offers one any more, the script reports it by name and continues with the others.
 */
import { type Dirent, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { PrivateApt } from './debian.ts'
import {
  CATALOGUE,
  cacheFolder,
  type InstalledProgram,
  installedServers,
  installedTools,
  recordPath,
  TOOLS,
  type Wanted,
} from './server-cache.ts'

/** What to unpack: `programs` names the record's programs, by their paths inside the packages. */
interface Order extends Wanted {
  readonly flavour?: string
  readonly packages: readonly [string, ...string[]]
  readonly programs: Readonly<Record<string, string>>
}

const ORDERS: readonly Order[] = [
  ...CATALOGUE.map((server): Order => {
    const program = (name: string) => `usr/bin/${server.flavour}-${name}`
    const programs = { server: program('server'), cli: program('cli'), checkRdb: program('check-rdb') }
    return { ...server, packages: [`${server.flavour}-server`, `${server.flavour}-tools`], programs }
  }),
  ...TOOLS.map(({ program, ...tool }): Order => ({ ...tool, packages: [tool.id], programs: { server: program } })),
]

/** Unpacks the named programs that are missing. @returns a line for each one that is not available */
export async function fetchServers(ids: readonly string[], report: (line: string) => void): Promise<string[]> {
  const missing = ORDERS.filter(({ id }) => ids.includes(id) && !existsSync(recordPath(id)))
  if (missing.length === 0) return []
  await mkdir(cacheFolder(), { recursive: true })
  const scratch = await mkdtemp(join(cacheFolder(), '.apt-'))
  try {
    const apt = await PrivateApt.open(scratch)
    const suites = [...new Set(missing.flatMap((wanted) => wanted.suites.flat()))]
    report(`reading the package lists of ${suites.join(', ')}`)
    const gone = await apt.update(suites)
    const failures: string[] = gone.map((suite) => `suite ${suite} is not offered by this machine's mirror`)
    for (const wanted of missing) {
      const failure = await fetchOne(apt, wanted, gone, report).catch((error: Error) => error.message)
      if (failure) failures.push(`${wanted.id}: ${failure}`)
    }
    return failures
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function fetchOne(apt: PrivateApt, wanted: Order, gone: readonly string[], report: (line: string) => void) {
  for (const suites of wanted.suites.filter((group) => !group.some((suite) => gone.includes(suite)))) {
    const version = await apt.version(wanted.packages[0], suites)
    if (!version || !wanted.version.test(version)) continue
    report(`unpacking ${wanted.id} (${version} from ${suites[0]})`)
    await install(apt, wanted, suites, version)
    return undefined
  }
  return `no suite offers it (looked in ${wanted.suites.map((group) => group[0]).join(', ')})`
}

async function install(apt: PrivateApt, wanted: Order, suites: readonly string[], version: string): Promise<void> {
  const staging = await mkdtemp(join(cacheFolder(), '.new-'))
  await apt.unpack(wanted.packages, suites, staging)
  const entries = await readdir(staging, { recursive: true, withFileTypes: true })
  // A symlink to the loader may be absolute and point outside this folder, so use only the file itself.
  const pathOf = (entry: Dirent) => relative(staging, join(entry.parentPath, entry.name))
  const files = entries.filter((entry) => entry.isFile()).map(pathOf)
  const loader = files.find((file) => /(^|\/)(ld-linux[\w-]*\.so\.\d|ld-[\d.]+\.so)$/.test(file))
  const libraries = new Set(
    files
      .filter((file) => /\.so(\.|$)/.test(file))
      .map(dirname)
      .filter((path) => /^(usr\/)?lib\/[\w-]+$/.test(path)),
  )
  if (!loader) throw new Error('its package brought no dynamic loader')
  const { id, flavour, programs } = wanted
  const missing = Object.values(programs).find((program) => !entries.some((entry) => pathOf(entry) === program))
  if (missing) throw new Error(`its package brought no ${missing}`)
  const record = { id, flavour, version, suite: suites[0], loader, libraryPath: [...libraries].join(':'), ...programs }
  await writeFile(join(staging, 'server.json'), JSON.stringify(record, null, 2))
  await rm(join(cacheFolder(), wanted.id), { recursive: true, force: true })
  await rename(staging, join(cacheFolder(), wanted.id))
}

async function main(): Promise<void> {
  const names = process.argv.slice(2)
  const ids = names.length > 0 ? names : ORDERS.map(({ id }) => id)
  const failures = await fetchServers(ids, (line) => console.log(line)).catch((error: Error) => [error.message])
  for (const failure of failures) console.error(`not available: ${failure}`)
  const servers = installedServers()
  const list = (found: readonly InstalledProgram[]) => found.map(({ id, version }) => `${id} (${version})`).join(', ') || 'none'
  console.log(`servers at hand: ${list(servers)}`)
  console.log(`tools at hand: ${list(installedTools())}`)
  if (servers.length > 0) return
  console.error(
    'No server to test against. They are unpacked from the Debian archive: this needs a Debian with apt-get, apt-cache and dpkg-deb.',
  )
  process.exitCode = 1
}

if (process.argv[1]?.endsWith('fetch-servers.ts')) await main()
