/** Work that no look at a tree waits for, one piece at a time. */
import { ReplError } from '../errors.ts'

export class Background {
  #running: Promise<void> | undefined
  #bug: unknown

  /** Does nothing while the work before still runs. Its ReplErrors pass unnoticed; a bug is thrown at the next start. */
  start(work: () => Promise<void>): void {
    if (this.#bug !== undefined) throw this.#bug
    this.#running ??= work()
      .catch((error) => {
        if (!(error instanceof ReplError)) this.#bug = error
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Resolves when the present work is over. */
  async idle(): Promise<void> {
    await this.#running
  }
}
