/** What a run needs besides its plan: the output streams, the level of detail, and the signals that stop it. */
import type { Visit } from '../engine/visit.ts'
import type { Detail } from '../render/trace/trace.ts'

export interface RunContext {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly detail: Detail
  readonly isJson: boolean
  /** Fires on Ctrl-C, SIGTERM or SIGHUP. */
  readonly stop: AbortSignal
  /** Fires when stdout loses its reader or cannot be written. */
  readonly outputEnded: AbortSignal
  /** What the current attachment has shown. The report of a failure includes it. */
  visit: Visit
}
