/** When to retry: which errors, and how soon. Exponential backoff with jitter, so that several clients do not retry at the same moment. */
import type { ErrorCode, ReplError } from '../../errors.ts'

/** Errors that a retry may resolve. */
const TRANSIENT: readonly ErrorCode[] = ['LINK_LOST', 'MASTER_UNREACHABLE', 'TIMEOUT', 'TRY_LATER']

export function isTransient({ code, details }: ReplError): boolean {
  // During a failover an address may lead to the former master and to the new one.
  return TRANSIENT.includes(code) || details.reason === 'SEVERAL_SERVERS'
}

const FIRST_MS = 200
const LONGEST_MS = 10_000

export interface RetryPolicy {
  readonly isOn: boolean
  /** Give up after this long without success; undefined means never. */
  readonly maxMs?: number | undefined
}

export class Backoff {
  readonly #policy: RetryPolicy
  #attempts = 0
  #since: number | undefined

  constructor(policy: RetryPolicy) {
    this.#policy = policy
  }

  /** @returns how long to wait in milliseconds, or undefined to give up */
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
