/** A `redis-repl lag --listen` that runs in parallel with the test until end(). */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { owned } from './processes.ts'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const LIMIT_MS = 30_000

export interface Health {
  readonly status: number
  readonly text: string
}

export class Exporting {
  readonly #child: ChildProcess
  readonly #url: string
  #err: string

  private constructor(child: ChildProcess, url: string, err: string) {
    this.#child = child
    this.#url = url
    this.#err = err
    child.stderr?.on('data', (chunk) => (this.#err += chunk))
  }

  /** Serves at any free port. @throws with its output when it ends instead */
  static async start(args: readonly string[]): Promise<Exporting> {
    const child = owned(
      spawn(process.execPath, [RUN, 'lag', '--listen', '127.0.0.1:0', '-i', '200ms', ...args], { stdio: ['ignore', 'ignore', 'pipe'] }),
    )
    let err = ''
    for await (const chunk of child.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      err += chunk
      const [, url] = /^serving (http:\S+)\/metrics/m.exec(err) ?? []
      if (url) return new Exporting(child, url, err)
    }
    throw new Error(`it serves nothing: ${err}`)
  }

  get err(): string {
    return this.#err
  }

  async get(path: '/metrics' | '/healthz' | '/', method = 'GET'): Promise<{ status: number; type: string; text: string }> {
    const response = await fetch(this.#url + path, { method })
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
  }

  async metrics(): Promise<string> {
    return (await this.get('/metrics')).text
  }

  /** @throws with the last pages */
  async until(what: string, holds: (metrics: string, health: Health) => boolean): Promise<void> {
    const end = Date.now() + LIMIT_MS
    for (;;) {
      const [metrics, health] = [await this.metrics(), await this.get('/healthz')]
      if (holds(metrics, health)) return
      if (Date.now() > end) throw new Error(`no ${what}: ${health.status} ${health.text}${metrics}${this.#err}`)
      await sleep(50)
    }
  }

  /** Sends the signal. @returns the exit status; null if it had to be killed */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return exitCode
    this.#child.kill(signal)
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS)
    const [status] = (await once(this.#child, 'exit')) as [number | null]
    clearTimeout(limit)
    return status
  }
}
