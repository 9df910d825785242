/** When to try again: soon at first, then less and less often, never two of us at the same moment. */

const FIRST_MS = 200
const LONGEST_MS = 10_000

export interface RetryPolicy {
  readonly isOn: boolean
  /** For how long to try without success; undefined is for ever. */
  readonly maxMs?: number | undefined
}

export class Backoff {
  readonly #policy: RetryPolicy
  #attempts = 0
  #since: number | undefined

  constructor(policy: RetryPolicy) {
    this.#policy = policy
  }

  /** How long to wait, or undefined when it is time to give up. */
  next(at: number): number | undefined {
    this.#since ??= at
    const { isOn, maxMs } = this.#policy
    if (!isOn || (maxMs !== undefined && at - this.#since >= maxMs)) return undefined
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts)
    this.#attempts += 1
    return ceiling * (0.5 + Math.random() / 2)
  }

  reset(): void {
    this.#attempts = 0
    this.#since = undefined
  }
}
