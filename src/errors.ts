/**
 * The one error class of the project and its closed union of codes.
 * An error carries facts, no sentences: diagnosis/errors.ts turns them into what happened, what it means and what to do,
 * and cli/ turns the code into an exit status. Secrets never enter the details.
 */

export type ErrorCode =
  | 'EXPECTATION_FAILED'
  | 'USAGE'
  | 'MASTER_UNREACHABLE'
  | 'TLS_FAILED'
  | 'TIMEOUT'
  | 'AUTH_REQUIRED'
  | 'AUTH_FAILED'
  | 'NO_PERMISSION'
  | 'PROTOCOL'
  | 'NOT_SUPPORTED'
  | 'NOT_REDIS'
  | 'TRY_LATER'
  | 'LINK_LOST'
  | 'PAYLOAD_TRUNCATED'
  | 'PAYLOAD_CORRUPT'
  | 'OUTPUT_FAILED'
  | 'OUTPUT_EXISTS'
  | 'GAP'
  | 'INTERNAL'
  | 'ABORTED'

/** Facts about a failure; which of them are present depends on the code. */
export interface ErrorDetails {
  /** The finer case within the code, such as `REFUSED` or `LINE_TOO_LONG`; diagnosis/errors.ts has a row for each. */
  readonly reason?: string
  /** Where we were connected or wanted to be, without credentials. */
  readonly endpoint?: string
  /** The replication state in which it happened (handshake/states.ts). */
  readonly state?: string
  /** The server's own words, as received. */
  readonly reply?: string
  /** The command the server answered, secrets masked. */
  readonly command?: string
  /** The command that was refused before that one was tried. */
  readonly before?: string
  readonly path?: string
  /** A system error code such as ENOSPC. */
  readonly errno?: string
  readonly limitMs?: number
  readonly bytes?: number
  readonly expectedBytes?: number
  /** A byte of the history, counted as INFO counts. */
  readonly offset?: number
  /** The most that our output buffer on the master was seen to hold. */
  readonly bufferBytes?: number
  /** The lowest limit of that buffer; 0 is none. */
  readonly bufferLimit?: number
  /** What aborted the signal, such as SIGINT. */
  readonly signal?: string
  /** What the user wrote that cannot be used. */
  readonly given?: string
}

export class ReplError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(details.reason ? `${code} (${details.reason})` : code, cause === undefined ? undefined : { cause })
    this.name = 'ReplError'
    this.code = code
    this.details = details
  }

  /** The same error with more facts; the facts it has already win, since they were nearer to the cause. */
  with(details: ErrorDetails): ReplError {
    return new ReplError(this.code, { ...details, ...this.details }, this.cause)
  }
}

/** @param given what of the user's words cannot be used, as a sentence without its full stop */
export function usageError(given: string): ReplError {
  return new ReplError('USAGE', { reason: 'FLAGS', given })
}

/**
 * The end of whatever a signal has stopped. Signals are aborted with a word for what did it, such as SIGINT; ABORTED is never made
 * without one that is.
 */
export function abortedBy({ aborted, reason }: AbortSignal): ReplError {
  if (!aborted) return new ReplError('INTERNAL', { given: 'stopped without a signal' })
  return new ReplError('ABORTED', { signal: typeof reason === 'string' ? reason : 'unknown' })
}

/** @throws ReplError ABORTED */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortedBy(signal)
}

/** For a failure that is dealt with on the spot: ours are, a bug is thrown on. */
export function expectReplError(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  throw error
}

/** For a failure that has no consequence where it is caught: ours has none, a bug is thrown on. */
export function ignoreFailure(error: unknown): undefined {
  expectReplError(error)
}

/** Whatever was thrown: ours as it is, anything else as a bug. */
export function replErrorOf(error: unknown): ReplError {
  if (error instanceof ReplError) return error
  return new ReplError('INTERNAL', { given: error instanceof Error ? error.message : String(error) }, error)
}
