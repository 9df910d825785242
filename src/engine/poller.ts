/** Asks a question again and again in the background and keeps the newest answer for whoever comes by. */
import { sleep } from '../io/clock.ts'

export class Poller<T> {
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #latest: T | undefined

  /** `ask` must not throw; undefined is no answer. */
  constructor(ask: () => Promise<T | undefined>, everyMs: number, signal: AbortSignal) {
    this.#running = this.#run(ask, everyMs, AbortSignal.any([signal, this.#stop.signal]))
  }

  /** The newest answer since the last call. */
  take(): T | undefined {
    const latest = this.#latest
    this.#latest = undefined
    return latest
  }

  /** Resolves when the last question has been answered. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(ask: () => Promise<T | undefined>, everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#latest = (await ask().catch(() => undefined)) ?? this.#latest
      await sleep(everyMs, signal).catch(() => undefined)
    }
  }
}
