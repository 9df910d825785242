/** The interface that all formats of a stream share. */
import type { AttachedEvent, GapEvent, ResumedEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import type { ByteWriter } from '../base/byte-writer.ts'

export interface Format {
  /** @param at the arrival, in wall-clock milliseconds */
  command(out: ByteWriter, command: Command, state: StreamState, at: number): void
  /** The replid and offset at the start, after a gap, and after a reconnect. */
  attached?(out: ByteWriter, mark: AttachedEvent | ResumedEvent): void
  gap?(out: ByteWriter, mark: GapEvent): void
  /** The output since the start of the open transaction was removed. */
  discard?(): void
}

/** Names the stream of a line, if there are several streams. */
export interface Label {
  /** Constant for the lifetime of the shard, across failovers. */
  readonly shard: string
  /** The server that sends the stream now. */
  server: string
}

/** Caches the text, because many commands arrive at the same moment. */
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
