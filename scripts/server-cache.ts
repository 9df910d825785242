/**
 * The real servers for tests and the demo, the proxies that stand in front of them, and promtool: which ones we want, and where
 * unpacked ones are stored. fetch-servers.ts unpacks them; test/helpers/server.ts starts servers, test/helpers/daemon.ts proxies.
 */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A program and the Debian suites that may carry it, best first. */
export interface Wanted {
  /** Folder name and the name in reports, such as `valkey-9.1`. */
  readonly id: string
  /** The pattern of the Debian version, without its epoch. */
  readonly version: RegExp
  /** Each entry is a suite that may have the program, followed by suites for its libraries. */
  readonly suites: readonly (readonly string[])[]
}

/** One release line of a server. */
interface WantedServer extends Wanted {
  readonly flavour: 'redis' | 'valkey' | 'redict'
}

export const CATALOGUE: readonly WantedServer[] = [
  { id: 'redis-6.0', flavour: 'redis', version: /^6\.0\./, suites: [['bullseye']] },
  { id: 'redis-7.0', flavour: 'redis', version: /^7\.0\./, suites: [['bookworm']] },
  { id: 'redis-8.0', flavour: 'redis', version: /^8\.0\./, suites: [['trixie'], ['forky'], ['sid']] },
  { id: 'redis-8.6', flavour: 'redis', version: /^8\.6\./, suites: [['experimental', 'sid'], ['sid']] },
  { id: 'redict-7.3', flavour: 'redict', version: /^7\.3\./, suites: [['forky'], ['sid'], ['bookworm-backports', 'bookworm']] },
  { id: 'valkey-8.0', flavour: 'valkey', version: /^8\.0\./, suites: [['bookworm-backports', 'bookworm']] },
  { id: 'valkey-8.1', flavour: 'valkey', version: /^8\.1\./, suites: [['trixie']] },
  { id: 'valkey-9.1', flavour: 'valkey', version: /^9\.1\./, suites: [['forky'], ['sid']] },
]

const STABLE = [['trixie'], ['bookworm'], ['forky']]

/** One of each is enough, of any version: their id is the name of their Debian package. */
export const TOOLS: readonly (Wanted & { readonly program: string })[] = [
  { id: 'haproxy', version: /^\d/, suites: STABLE, program: 'usr/sbin/haproxy' },
  { id: 'stunnel4', version: /^\d/, suites: STABLE, program: 'usr/bin/stunnel4' },
  // Up to bookworm it is part of the package prometheus.
  { id: 'promtool', version: /^\d/, suites: [['trixie'], ['forky']], program: 'usr/bin/promtool' },
]

/** A program to run. An unpacked one is started as `loader --library-path libraryPath server`. */
export interface InstalledProgram {
  readonly id: string
  readonly version: string
  readonly suite: string
  /** Absent for a server of the system, which needs no separate loader. */
  readonly loader?: string
  readonly libraryPath?: string
  readonly server: string
}

export interface Installed extends InstalledProgram {
  readonly flavour: string
  readonly cli: string
  readonly checkRdb: string
}

/** Where unpacked servers are stored: outside the repository, so that a fresh clone finds them. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(base, 'redis-repl', 'servers')
}

const RECORD = 'server.json'

export function recordPath(id: string): string {
  return join(cacheFolder(), id, RECORD)
}

/** All unpacked servers in the order of the catalogue. */
export function installedServers(): Installed[] {
  return installed(CATALOGUE) as Installed[]
}

export function installedTools(): InstalledProgram[] {
  return installed(TOOLS)
}

function installed(wanted: readonly Wanted[]): InstalledProgram[] {
  return wanted.filter(({ id }) => existsSync(recordPath(id))).map(({ id }) => readRecord(id))
}

/** Paths in a record are relative to its folder; the result is absolute. */
function readRecord(id: string): InstalledProgram {
  const absolute = (path: string) => join(cacheFolder(), id, path)
  const { loader, libraryPath, ...record } = JSON.parse(readFileSync(recordPath(id), 'utf8')) as Required<Installed>
  const programs = PROGRAMS.filter((name) => name in record).map((name) => [name, absolute(record[name])])
  const libraries = libraryPath.split(':').map(absolute).join(':')
  return { ...record, ...Object.fromEntries(programs), loader: absolute(loader), libraryPath: libraries }
}

const PROGRAMS = ['server', 'cli', 'checkRdb'] as const

/** The program and leading arguments that start one of TOOLS, or a program of a server. */
export function invocation<Of extends InstalledProgram>(installed: Of, program: (typeof PROGRAMS)[number] & keyof Of): [string, string[]] {
  const path = installed[program] as string
  if (!installed.loader) return [path, []]
  return [installed.loader, ['--library-path', installed.libraryPath ?? '', path]]
}
