/** What a run needs besides its plan: the output streams, the level of detail, and the signals that stop it. */
import type { Visit } from '../engine/visit.ts'
import type { About } from '../render/base/report.ts'
import type { Screen } from '../render/base/screen.ts'
import type { Detail } from '../render/trace/trace.ts'
import type { Waiting } from './waiting.ts'

export interface RunContext {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly detail: Detail
  readonly isJson: boolean
  /** Begins every JSON report. */
  readonly about: About
  /** Writes a report for people to stdout; nothing with -qq. */
  print(text: string): void
  /** Writes the verdict of a run whose product is on stdout, to stderr; nothing with -qq. */
  printNote(text: string): void
  /** What the stream can show, with --color applied. Loads the packages for that. */
  screen(stream: NodeJS.WriteStream): Promise<Screen>
  /** Says on a terminal what the run waits for. */
  readonly waiting: Waiting
  /** Fires on Ctrl-C, SIGTERM or SIGHUP. */
  readonly stop: AbortSignal
  /** Fires when stdout loses its reader or cannot be written. */
  readonly outputEnded: AbortSignal
  /** What the current attachment has shown. The report of a failure includes it. */
  visit: Visit
}
