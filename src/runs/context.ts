/** What a run works with beside its plan: where it writes, how much it says, and what stops it. */
import type { Visit } from '../engine/visit.ts'
import type { Detail } from '../render/trace/trace.ts'

export interface RunContext {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly detail: Detail
  readonly isJson: boolean
  /** Ctrl-C and its like. */
  readonly stop: AbortSignal
  /** stdout has lost its reader. */
  readonly outputEnded: AbortSignal
  /** What the present attachment has shown: a failure is reported with it. */
  visit: Visit
}
