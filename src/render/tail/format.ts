/** What every way of showing a stream has in common. */
import type { AttachedEvent, GapEvent, ResumedEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import type { ByteWriter } from '../base/byte-writer.ts'

export interface Format {
  /** @param at wall-clock milliseconds of its arrival */
  command(out: ByteWriter, command: Command, state: StreamState, at: number): void
  /** Where replid and offset are known anew: the beginning, behind a gap, and another link. */
  attached?(out: ByteWriter, mark: AttachedEvent | ResumedEvent): void
  gap?(out: ByteWriter, mark: GapEvent): void
  /** What was shown since the open transaction began has been taken back. */
  discard?(): void
}

/** Which stream of several a line is of. */
export interface Label {
  /** The same for as long as there is the shard, whoever its master is. */
  readonly shard: string
  /** Whom it came from. */
  server: string
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
