/** A `redis-repl lag --watch` with JSON output that runs in parallel with the test until end(). */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { owned } from './processes.ts'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** What does not end in this time is killed, and the test sees a status of null. */
const END_LIMIT_MS = 30_000

export class Watching {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  #out = ''
  #err = ''

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [RUN, 'lag', '--watch', '-i', '200ms', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = owned(child)
    this.#ended = new Promise((resolve) => this.#child.on('close', resolve))
    this.#child.stdout?.on('data', (chunk) => {
      this.#out += chunk
    })
    this.#child.stderr?.on('data', (chunk) => {
      this.#err += chunk
    })
  }

  /** The last complete measurement as printed; empty before the first one. */
  get last(): string {
    return this.#out.split('\n').at(-2) ?? ''
  }

  /** Waits for a measurement with this master. @throws with the actual output */
  async until(isExpected: (master: string) => boolean, limitMs = 30_000): Promise<void> {
    const end = Date.now() + limitMs
    const from = this.#out.length
    for (;;) {
      const text = this.#out.length > from ? this.last : ''
      if (text !== '' && isExpected((JSON.parse(text) as { master: { name: string } }).master.name)) return
      if (Date.now() > end || this.#child.exitCode !== null) throw new Error(`lag did not show that: ${this.last}${this.#err}`)
      await sleep(50)
    }
  }

  /** Sends the signal. @returns the exit status */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.#child.kill(signal)
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS)
    try {
      return await this.#ended
    } finally {
      clearTimeout(limit)
    }
  }
}
