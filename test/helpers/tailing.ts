/** A `redis-repl tail` that runs in parallel with the test until end(). */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { owned } from './processes.ts'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** A run that does not end in this time is killed, and the test gets a status of null. */
const END_LIMIT_MS = 90_000
const RECENT_BYTES = 64 * 1024

export class Tailing {
  readonly child: ChildProcess
  readonly #out: Buffer[] = []
  /** The end of the output: some outputs are too large to search repeatedly. */
  #recent = Buffer.alloc(0)
  #err = ''
  readonly #ended: Promise<number | null>

  /** @param output a file to append to, as `>>` does; without one the test reads a pipe */
  constructor(args: readonly string[], output?: string) {
    const { NO_COLOR: _, FORCE_COLOR: __, REDISCLI_AUTH: ___, ...env } = process.env
    const file = output === undefined ? undefined : openSync(output, 'a')
    this.child = owned(spawn(process.execPath, [RUN, 'tail', ...args], { env, stdio: ['ignore', file ?? 'pipe', 'pipe'] }))
    if (file !== undefined) closeSync(file)
    this.child.stderr?.on('data', (chunk) => {
      this.#err += chunk
    })
    this.#ended = new Promise((resolve) => this.child.on('close', resolve))
  }

  /** Reads the pipe from now on. */
  read(): this {
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#out.push(chunk)
      this.#recent = Buffer.concat([this.#recent, chunk]).subarray(-RECENT_BYTES)
    })
    return this
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#out)
  }

  get out(): string {
    return this.stdout.toString()
  }

  get err(): string {
    return this.#err
  }

  /** Waits for these words on stdout or stderr. @throws with the actual output */
  async says(words: RegExp, limitMs = 60_000): Promise<void> {
    const end = Date.now() + limitMs
    while (!words.test(this.#err) && !words.test(this.#recent.toString())) {
      if (Date.now() > end || this.child.exitCode !== null)
        throw new Error(`tail did not say ${words}:\n${this.#err}\n${this.#recent.toString().slice(-2000)}`)
      await sleep(20)
    }
  }

  async following(): Promise<void> {
    await this.says(/following .*, starting\s+after/)
  }

  /** Waits for the end. @returns the exit status */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal) this.child.kill(signal)
    const limit = setTimeout(() => this.child.kill('SIGKILL'), END_LIMIT_MS)
    try {
      return await this.#ended
    } finally {
      clearTimeout(limit)
    }
  }

  /** The position that the summary reports: in the command to resume, or beside the name of the checkpoint. */
  get last(): { readonly offset: number; readonly replid: string } {
    const { replid = '', offset } =
      /^To resume: .*--from (?<replid>[0-9a-f]{40}):(?<offset>\d+)/m.exec(this.#err)?.groups ??
      /last offset (?<offset>\d+) \(replid (?<replid>[0-9a-f]{40})\)/.exec(this.#err)?.groups ??
      {}
    return { offset: Number(offset), replid }
  }
}
