/** What every way of showing a stream has in common. */
import type { GapMark } from '../../engine/follow-events.ts'
import type { Command } from '../../protocol/command.ts'
import type { StreamState } from '../../protocol/stream-state.ts'
import type { ByteWriter } from '../byte-writer.ts'

export interface Format {
  /** @param at wall-clock milliseconds of its arrival */
  command(out: ByteWriter, command: Command, state: StreamState, at: number): void
  /** Where replid and offset are known anew: the beginning, and after a gap. */
  attached?(out: ByteWriter, replid: string, offset: number): void
  gap?(out: ByteWriter, mark: GapMark): void
  /** What was shown since the open transaction began has been taken back. */
  discard?(): void
}

/** The same moment is written again and again. */
export class TimeStamp {
  #at = Number.NaN
  #text = ''

  /** UTC, as ISO 8601. */
  of(at: number): string {
    if (at !== this.#at) {
      this.#at = at
      this.#text = new Date(at).toISOString()
    }
    return this.#text
  }
}
