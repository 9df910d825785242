/** Progress on stderr: one redrawn line (ora) on a terminal, otherwise a plain line per phase and every ten seconds. */
import type { Ora } from 'ora'

const REDRAW_MS = 100
const PLAIN_EVERY_MS = 10_000

export interface Progress {
  /** @param detail the progress within the phase; may be empty */
  update(phase: string, detail: string): void
  /** Writes a line that stays. */
  note(text: string): void
  end(): void
}

const SILENT: Progress = { update: () => {}, note: () => {}, end: () => {} }

/** A terminal has one line that is redrawn, for all parts of a run. */
const SPINNERS = new WeakMap<NodeJS.WriteStream, Ora>()

/** Loads ora only for a terminal that can redraw a line. */
export async function progressOn(stream: NodeJS.WriteStream, quiet: boolean, now: () => number): Promise<Progress> {
  if (quiet) return SILENT
  if (!stream.isTTY || process.env.TERM === 'dumb') return new PlainProgress(stream, now)
  const { default: ora } = await import('ora')
  const spinner = SPINNERS.get(stream) ?? ora({ stream, discardStdin: false, interval: REDRAW_MS, isEnabled: true })
  SPINNERS.set(stream, spinner)
  return new TerminalProgress(spinner)
}

class TerminalProgress implements Progress {
  readonly #spinner: Ora

  constructor(spinner: Ora) {
    this.#spinner = spinner
  }

  update(phase: string, detail: string): void {
    this.#spinner.text = detail ? `${phase}: ${detail}` : phase
    if (!this.#spinner.isSpinning) this.#spinner.start()
  }

  note(text: string): void {
    const wasSpinning = this.#spinner.isSpinning
    if (wasSpinning) this.#spinner.clear()
    process.stderr.write(`${text}\n`)
    if (wasSpinning) this.#spinner.render()
  }

  end(): void {
    // Stopping clears the line of the cursor, which may hold something else.
    if (this.#spinner.isSpinning) this.#spinner.stop()
  }
}

class PlainProgress implements Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #now: () => number
  #phase = ''
  #last = 0

  constructor(stream: NodeJS.WriteStream, now: () => number) {
    this.#stream = stream
    this.#now = now
  }

  update(phase: string, detail: string): void {
    const isDue = phase !== this.#phase || this.#now() - this.#last >= PLAIN_EVERY_MS
    if (!isDue) return
    this.#phase = phase
    this.#last = this.#now()
    this.#stream.write(`${detail ? `${phase}: ${detail}` : phase}\n`)
  }

  note(text: string): void {
    this.#stream.write(`${text}\n`)
  }

  end(): void {}
}
