/** Runs the command line on a real terminal: the pty of script(1), whose other end is the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { owned } from './processes.ts'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const LIMIT_MS = 60_000

/** Cursor movements, colours and modes (ECMA-48, CSI sequences). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const CONTROL_SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/g

/** A line up to the cursor movement to its first column and the erasure from there. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const ERASED_LINE = /[^\n]*\u001b\[1G\u001b\[0K/g

export class Terminal {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  #raw = ''

  /** 80 columns wide, with UTF-8. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, LC_ALL: ____, ...own } = process.env
    const words = [process.execPath, RUN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
    this.#child = owned(
      spawn('script', ['--quiet', '--return', '--command', `stty cols 80 rows 24; exec ${words}`, '/dev/null'], {
        env: { ...own, TERM: 'xterm', LANG: 'C.UTF-8', ...env },
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
    )
    this.#child.stdout?.setEncoding('utf8')
    this.#child.stdout?.on('data', (chunk: string) => {
      this.#raw += chunk
    })
    this.#ended = new Promise((resolve) => this.#child.on('close', resolve))
  }

  /** Everything written so far, with colours and cursor movements. */
  get raw(): string {
    return this.#raw
  }

  /** What the terminal shows: without erased lines, colours and cursor movements. */
  get text(): string {
    return this.#raw.replaceAll(ERASED_LINE, '').replaceAll(CONTROL_SEQUENCE, '').replaceAll('\r\n', '\n')
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys)
  }

  /** @throws with what the terminal shows instead */
  async says(words: RegExp): Promise<void> {
    const end = Date.now() + LIMIT_MS
    while (!words.test(this.text)) {
      if (Date.now() > end || this.#child.exitCode !== null) throw new Error(`the terminal does not show ${words}:\n${this.text}`)
      await sleep(20)
    }
  }

  /** @returns the exit status of the command */
  async end(): Promise<number | null> {
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), LIMIT_MS)
    try {
      return await this.#ended
    } finally {
      clearTimeout(limit)
    }
  }

  /** For the end of a test: also ends what still runs. */
  stop(): void {
    this.#child.kill('SIGTERM')
  }
}
