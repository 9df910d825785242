/**
 * The project's only error class, with closed unions of its codes and reasons and the facts of each reason.
 * Errors carry facts, not sentences. diagnosis/errors/ turns the facts into what happened, what it means and what to do;
 * cli/ turns the code into an exit status. Facts never contain secrets.
 */

import { codeOf } from './errors/codes.ts'
import type { Context, ErrorCode, None } from './errors/facts.ts'
import type { Details, Failure, Reason, ReasonFacts } from './errors/reasons.ts'

export { REASONS } from './errors/codes.ts'
export type * from './errors/facts.ts'
export type * from './errors/reasons.ts'

/** The facts that every reason in R needs. */
type FactsOf<R extends Reason> = (R extends Reason ? (facts: ReasonFacts[R]) => void : never) extends (facts: infer F) => void ? F : never

type ErrorArguments<R extends Reason> =
  None extends FactsOf<R> ? [facts?: FactsOf<R> & Context, cause?: unknown] : [facts: FactsOf<R> & Context, cause?: unknown]

/** R ties the facts to the reason in the constructor. No property depends on R, so plain ReplError covers every reason. */
export class ReplError<R extends Reason = Reason> extends Error implements Failure {
  readonly code: ErrorCode
  readonly details: Details

  constructor(reason: R, ...[facts, cause]: ErrorArguments<R>) {
    const details = { reason, ...facts } as Details
    const code = codeOf(details)
    super(reason === code ? code : `${code} (${reason})`, cause === undefined ? undefined : { cause })
    this.name = 'ReplError'
    this.code = code
    this.details = details
  }

  /** A copy with more facts. Existing facts win, because they were added closer to the cause. */
  with(context: Context): ReplError {
    return fromFailure({ details: { ...context, ...this.details } }, this.cause)
  }

  /** For use as a fact of another error. */
  toFailure(): Failure {
    return { code: this.code, details: this.details }
  }
}

/** The reverse of `toFailure`. */
export function fromFailure({ details }: Pick<Failure, 'details'>, cause?: unknown): ReplError {
  const { reason, ...facts } = details
  return new (ReplError as new (reason: Reason, facts: object, cause: unknown) => ReplError)(reason, facts, cause)
}

/** @param problem what is wrong with the user's input, as a sentence without its full stop */
export function usageError(problem: string): ReplError {
  return new ReplError('FLAGS', { problem })
}

/**
 * The error for work that an AbortSignal stopped. The abort reason is a string such as SIGINT.
 * @returns ABORTED, or INTERNAL if the signal is not aborted
 */
export function abortError({ aborted, reason }: AbortSignal): ReplError {
  if (!aborted) return new ReplError('INTERNAL', { message: 'stopped without a signal' })
  return new ReplError('ABORTED', { signal: typeof reason === 'string' ? reason : 'unknown' })
}

/** @throws ReplError ABORTED */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal)
}

/** For a promise that is awaited later, where its rejection is thrown. Until then it counts as handled. */
export function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** For catch blocks that handle a ReplError. Any other error is a bug and is rethrown. */
export function expectReplError(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  throw error
}

/** For catch blocks that ignore a ReplError. Any other error is a bug and is rethrown. */
export function ignoreFailure(error: unknown): undefined {
  expectReplError(error)
}

/** Returns a ReplError unchanged, and wraps anything else as INTERNAL. */
export function replErrorOf(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  return new ReplError('INTERNAL', { message: error instanceof Error ? error.message : String(error) }, error)
}

/** The system error code of a failed call, or UNKNOWN. */
export function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? 'UNKNOWN'
}
