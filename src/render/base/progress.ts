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

/** Loads ora only for a terminal. */
export async function progressOn(stream: NodeJS.WriteStream, quiet: boolean, now: () => number): Promise<Progress> {
  if (quiet) return SILENT
  if (!stream.isTTY) return new PlainProgress(stream, now)
  const { default: ora } = await import('ora')
  return new TerminalProgress(ora({ stream, discardStdin: false, interval: REDRAW_MS }))
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
    this.#spinner.stop()
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
