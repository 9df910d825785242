/** Shows or counts the commands of a stream. */
import type { Command } from '../../protocol/stream/command.ts'
import type { Role, StreamState } from '../../protocol/stream/stream-state.ts'
import type { HistoryEvent } from './events.ts'

export interface CommandView {
  /** `command` is valid until this returns, or until an earlier `flush`. @param at arrival, in wall-clock milliseconds */
  command(command: Command, role: Role, state: StreamState, at: number): void
  history(event: HistoryEvent): void
  /** Drops the open transaction and everything else that is incomplete. */
  discard(): void
  /** Resolves when all commands so far are in the output. */
  flush(): Promise<void>
  /** Whether the view needs no more commands. */
  readonly isDone: boolean
}
