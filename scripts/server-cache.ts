/**
 * The real servers for tests and the demo: which ones we want, and where unpacked ones are stored.
 * fetch-servers.ts unpacks them; test/helpers/server.ts starts them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** One release line of a server and the Debian suites that may carry it, best first. */
export interface Wanted {
  /** Folder name and the name in reports, such as `valkey-9.1`. */
  readonly id: string
  readonly flavour: 'redis' | 'valkey' | 'redict'
  /** The pattern of the Debian version, without its epoch. */
  readonly version: RegExp
  /** Each entry is a suite that may have the server, followed by suites for its libraries. */
  readonly suites: readonly (readonly string[])[]
}

export const CATALOGUE: readonly Wanted[] = [
  { id: 'redis-6.0', flavour: 'redis', version: /^6\.0\./, suites: [['bullseye']] },
  { id: 'redis-7.0', flavour: 'redis', version: /^7\.0\./, suites: [['bookworm']] },
  { id: 'redis-8.0', flavour: 'redis', version: /^8\.0\./, suites: [['trixie'], ['forky'], ['sid']] },
  { id: 'redis-8.6', flavour: 'redis', version: /^8\.6\./, suites: [['experimental', 'sid'], ['sid']] },
  { id: 'redict-7.3', flavour: 'redict', version: /^7\.3\./, suites: [['forky'], ['sid'], ['bookworm-backports', 'bookworm']] },
  { id: 'valkey-8.0', flavour: 'valkey', version: /^8\.0\./, suites: [['bookworm-backports', 'bookworm']] },
  { id: 'valkey-8.1', flavour: 'valkey', version: /^8\.1\./, suites: [['trixie']] },
  { id: 'valkey-9.1', flavour: 'valkey', version: /^9\.1\./, suites: [['forky'], ['sid']] },
]

/** A server to run. An unpacked program is started as `loader --library-path libraryPath program`. */
export interface Installed {
  readonly id: string
  readonly flavour: string
  readonly version: string
  readonly suite: string
  /** Absent for a server of the system, which needs no separate loader. */
  readonly loader?: string
  readonly libraryPath?: string
  readonly server: string
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

/** All unpacked servers in the order of the catalogue. Paths in a record are relative to its folder; the result is absolute. */
export function installedServers(): Installed[] {
  if (!existsSync(cacheFolder())) return []
  const present = new Set(readdirSync(cacheFolder()))
  return CATALOGUE.filter(({ id }) => present.has(id) && existsSync(recordPath(id))).map(({ id }) => readRecord(id))
}

function readRecord(id: string): Installed {
  const folder = join(cacheFolder(), id)
  const record = JSON.parse(readFileSync(recordPath(id), 'utf8')) as Installed
  const absolute = (path: string) => join(folder, path)
  return {
    ...record,
    loader: absolute(record.loader ?? ''),
    libraryPath: (record.libraryPath ?? '').split(':').map(absolute).join(':'),
    server: absolute(record.server),
    cli: absolute(record.cli),
    checkRdb: absolute(record.checkRdb),
  }
}

/** The program and leading arguments that start one of the tools of a server. */
export function invocation(installed: Installed, program: 'server' | 'cli' | 'checkRdb'): [string, string[]] {
  const path = installed[program]
  if (!installed.loader) return [path, []]
  return [installed.loader, ['--library-path', installed.libraryPath ?? '', path]]
}
