/** Runs apt and dpkg without root and without touching the system: every state file is in our own folder. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** A private view of the Debian archive that sees only the given suites. */
export class PrivateApt {
  readonly #folder: string
  readonly #mirror: string

  private constructor(folder: string, mirror: string) {
    this.#folder = folder
    this.#mirror = mirror
  }

  /** @throws Error when this machine is not Debian, or its sources name no Debian archive */
  static async open(folder: string): Promise<PrivateApt> {
    for (const tool of ['apt-get', 'apt-cache', 'dpkg-deb']) {
      await run('sh', ['-c', `command -v ${tool}`]).catch(() => {
        throw new Error(`${tool} is not on this machine`)
      })
    }
    const mirror = await debianMirror()
    for (const part of ['lists/partial', 'archives/partial', 'downloads']) await mkdir(join(folder, part), { recursive: true })
    await writeFile(join(folder, 'status'), '')
    return new PrivateApt(folder, mirror)
  }

  /** Fetches the package lists of each suite. @returns the suites that are not available */
  async update(suites: readonly string[]): Promise<string[]> {
    const missing: string[] = []
    for (const suite of suites) {
      // One suite at a time, so that a missing suite does not fail the others.
      const options = await this.#options([suite])
      await run('apt-get', [...options, '-o', 'APT::Get::List-Cleanup=false', '--error-on=any', 'update']).catch(() => missing.push(suite))
    }
    return missing
  }

  /** @returns the version of a package without its epoch, preferably from the first suite; undefined if no suite has it */
  async version(name: string, suites: readonly string[]): Promise<string | undefined> {
    const { stdout } = await run('apt-cache', [...(await this.#options(suites)), 'policy', name])
    const candidate = /Candidate: (?:\d+:)?(\S+)/.exec(stdout)?.[1]
    return candidate === '(none)' ? undefined : candidate
  }

  /** Unpacks the named packages and every shared library they need into a folder. */
  async unpack(names: readonly string[], suites: readonly string[], into: string): Promise<void> {
    const options = await this.#options(suites)
    const packages = [...names, ...(await this.#libraries(names, options))]
    const downloads = join(this.#folder, 'downloads', names[0] ?? '')
    await mkdir(downloads, { recursive: true })
    await run('apt-get', [...options, 'download', ...packages], { cwd: downloads, maxBuffer: 1 << 24 })
    for (const file of await readdir(downloads)) await run('dpkg-deb', ['-x', join(downloads, file), into])
    await run('rm', ['-rf', downloads])
  }

  /** Follows libraries only: a plain recursion would reach perl and half a system through debconf. */
  async #libraries(names: readonly string[], options: readonly string[]): Promise<string[]> {
    const found = new Set<string>()
    let frontier = [...names]
    while (frontier.length > 0) {
      const { stdout } = await run('apt-cache', [...options, 'depends', '--important', ...frontier], { maxBuffer: 1 << 24 })
      const needed = [...stdout.matchAll(/^ [ |](?:Pre)?Depends: (.*)$/gm)].map(([, name]) => name ?? '')
      frontier = [...new Set(needed)].filter((name) => /^(lib|lua-|zlib1g)[\w.+-]*$/.test(name) && !found.has(name))
      for (const name of frontier) found.add(name)
    }
    return [...found]
  }

  /** Pins the first suite for the servers themselves. Libraries come from the last suite, the base. */
  async #options(suites: readonly string[]): Promise<string[]> {
    const key = suites.join('+')
    const sources = join(this.#folder, `${key}.list`)
    const preferences = join(this.#folder, `${key}.pref`)
    const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : ''
    await writeFile(sources, suites.map((suite) => `deb ${signed}${this.#mirror} ${suite} main\n`).join(''))
    const release = suites[0] === 'experimental' || suites[0]?.endsWith('-backports') ? `a=${archiveName(suites[0])}` : `n=${suites[0]}`
    await writeFile(preferences, `Package: redis-* valkey-* redict-*\nPin: release ${release}\nPin-Priority: 1001\n`)
    const settings = {
      'Dir::Etc::sourcelist': sources,
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::preferences': preferences,
      'Dir::Etc::preferencesparts': '/dev/null',
      'Dir::State': this.#folder,
      'Dir::State::lists': join(this.#folder, 'lists'),
      'Dir::State::status': join(this.#folder, 'status'),
      'Dir::Cache': this.#folder,
      'APT::Sandbox::User': '',
      'Acquire::Retries': '3',
    }
    return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  }
}

/** The Release files of backports vary ("stable-backports" or a codename) since bookworm, so match loosely. */
function archiveName(suite: string): string {
  return suite === 'experimental' ? 'experimental' : '*-backports'
}

/** Reads the Debian archive from this machine's apt sources, so that no mirror is named here. */
async function debianMirror(): Promise<string> {
  const folder = '/etc/apt/sources.list.d'
  const extra = await readdir(folder).catch(() => [])
  const files = ['/etc/apt/sources.list', ...extra.map((name) => join(folder, name))]
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '')
    const found = text.match(/^(?:URIs:|deb (?:\[[^\]]*\] )?)\s*(\S+\/debian)\/?(?=\s|$)/m)
    if (found?.[1]) return found[1]
  }
  throw new Error('the apt sources of this machine name no Debian archive')
}
