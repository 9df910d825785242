/** What shows or counts the commands of a stream. */
import type { Command } from '../../protocol/stream/command.ts'
import type { Role, StreamState } from '../../protocol/stream/stream-state.ts'
import type { HistoryEvent } from './events.ts'

export interface CommandView {
  /** A view, valid until it returns unless `flush` comes first. @param at wall-clock milliseconds of its arrival */
  command(command: Command, role: Role, state: StreamState, at: number): void
  history(event: HistoryEvent): void
  /** The open transaction, and whatever else was only half shown, did not happen. */
  discard(): void
  /** Resolves when everything so far is in the output. */
  flush(): Promise<void>
  /** Whether it has seen enough. */
  readonly isDone: boolean
}
