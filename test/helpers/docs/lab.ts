/**
 * Where a line of the documentation is run exactly as it is written: REDIS_REPL_MAP leads the names of one deployment to its servers,
 * and folders such as /backup are folders of the lab.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEPLOYMENTS, type Deployment } from './deployments.ts'
import type { LineRun } from './run-line.ts'

const RUN = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** They are emptied before each line, so that no line depends on the files of another. */
const OUTPUT_FOLDERS = ['/backup', '/var/lib/redis-repl', '/var/lib/prometheus/node-exporter']
const FOLDERS = [...OUTPUT_FOLDERS, '/etc/redis-repl']
const PASSWORDS = ['/etc/redis-repl/password', '/etc/repl.pass']

const PROFILE = `[profiles.prod]
target = "db1.example"
max-seconds = 2
`

/** The deployment whose servers the line names; `none` where it contacts no server. @throws when it names servers of two */
export function deploymentOf(line: string): string {
  const found = Object.entries(DEPLOYMENTS).filter(([, { names }]) => names.test(line))
  if (found.length > 1) throw new Error(`${line}: names the servers of ${found.map(([name]) => name).join(' and ')}`)
  return found[0]?.[0] ?? 'none'
}

export class DocsLab {
  readonly folder: string
  /** What was run here, by the line. */
  readonly ran = new Map<string, LineRun>()
  readonly #deployment: Deployment

  private constructor(folder: string, deployment: Deployment) {
    this.folder = folder
    this.#deployment = deployment
  }

  /** @param name of a deployment, or `none` */
  static async start(name: string): Promise<DocsLab> {
    const folder = await mkdtemp(join(tmpdir(), 'redis-repl-docs-'))
    for (const path of [...FOLDERS, '/bin', '/config/redis-repl', '/.config/fish/completions'])
      await mkdir(join(folder, path), { recursive: true })
    await program(folder, 'redis-repl', `exec ${process.execPath} ${RUN} "$@"`)
    // A consumer that keeps nothing and ends with its input, in the place of a Kafka client.
    await program(folder, 'kcat', "trap '' INT; exec cat > /dev/null")
    for (const path of PASSWORDS) await writeFile(join(folder, path), 'secret\n')
    await writeFile(join(folder, 'config/redis-repl/config.toml'), PROFILE)
    return new DocsLab(folder, (await DEPLOYMENTS[name]?.start(folder)) ?? { ports: {}, stop: async () => {} })
  }

  /** The line with the folders of the lab, which are empty now. */
  async prepare(line: string): Promise<string> {
    for (const path of OUTPUT_FOLDERS) {
      await rm(join(this.folder, path), { recursive: true })
      await mkdir(join(this.folder, path))
    }
    const inLab = (text: string, path: string) => text.replaceAll(new RegExp(`(?<![\\w.])${path}(?![\\w-])`, 'g'), join(this.folder, path))
    return [...FOLDERS, ...PASSWORDS].reduce(inLab, this.#withPairs(line))
  }

  /** A line with --map takes nothing from REDIS_REPL_MAP, so it gets the same pairs as flags. */
  #withPairs(line: string): string {
    const isReal = (text: string, [name, port]: [string, number]) => text.replaceAll(`=${name}`, `=127.0.0.1:${port}`)
    const flags = this.#pairs.map((pair) => `--map ${pair} `).join('')
    return Object.entries(this.#deployment.ports).reduce(isReal, line).replace('--map ', `${flags}--map `)
  }

  get #pairs(): string[] {
    return Object.entries(this.#deployment.ports).map(([name, port]) => `${name}=127.0.0.1:${port}`)
  }

  /** What a shell needs to run a prepared line. */
  environment(): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([name]) => !/^(REDIS|NO_COLOR$|FORCE_COLOR$|XDG_)/.test(name))
    return {
      ...Object.fromEntries(others),
      PATH: `${this.folder}/bin:${process.env.PATH}`,
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      REDIS_REPL_MAP: this.#pairs.join(','),
    }
  }

  /** Output with the names of the documentation where a server told its real address, and without the pairs of REDIS_REPL_MAP. */
  named(output: string): string {
    const named = Object.entries(this.#deployment.ports).reduce((text, [name, port]) => text.replaceAll(`127.0.0.1:${port}`, name), output)
    return named
      .replaceAll(/ --map (\S+)=\1(?!\S)/g, '')
      .replaceAll(join(this.folder, 'config'), '~/.config')
      .replaceAll(this.folder, '')
  }

  async stop(): Promise<void> {
    await this.#deployment.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

async function program(folder: string, name: string, script: string): Promise<void> {
  await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}
