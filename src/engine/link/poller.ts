/** Repeats a query in the background and collects the answers until the next `take()`. */
import { awaitedLater, ignoreFailure } from '../../errors.ts'
import { sleep } from '../../io/clock.ts'

export class Poller<T> {
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #answers: T[] = []

  /** A ReplError of `ask` counts as an empty answer. */
  constructor(ask: () => Promise<readonly T[]>, everyMs: number, signal: AbortSignal) {
    this.#running = awaitedLater(this.#run(ask, everyMs, AbortSignal.any([signal, this.#stop.signal])))
  }

  /** The answers since the last call. */
  take(): T[] {
    const answers = this.#answers
    this.#answers = []
    return answers
  }

  /** Resolves when the last query has been answered. @throws a bug of `ask` */
  async stop(): Promise<void> {
    this.#stop.abort('stopped')
    await this.#running
  }

  async #run(ask: () => Promise<readonly T[]>, everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#answers.push(...((await ask().catch(ignoreFailure)) ?? []))
      await sleep(everyMs, signal).catch(ignoreFailure)
    }
  }
}
