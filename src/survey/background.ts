/** Runs work in the background, one task at a time, so that a look at a tree never waits for it. */
import { ReplError } from '../errors.ts'

export class Background {
  #running: Promise<void> | undefined
  #bug: unknown

  /** Does nothing while the previous task still runs. Ignores ReplErrors of the task; the next start throws any other error. */
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

  /** Resolves when the current task has ended. */
  async idle(): Promise<void> {
    await this.#running
  }
}
