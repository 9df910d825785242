/** For programs: NDJSON, docs/schemas/tail-1.json. The first record names the schema, the last one says how the run ended. */
import type { StoredEvent } from '../../engine/events.ts'
import type { AttachedEvent, GapEvent, ResumedEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import type { ByteWriter } from '../base/byte-writer.ts'
import { type JsonObject, jsonLine } from '../base/json-line.ts'
import { printable } from '../base/printable.ts'
import { type About, headJson, presentOf, reportJson } from '../base/report.ts'
import { shardJson } from '../cluster/one-shard.ts'
import { jsonArguments } from './encoders.ts'
import { type StreamProgress, streamFigures } from './figures.ts'
import { type Format, type Label, TimeStamp } from './format.ts'
import { gapJson, gapSentence } from './gap.ts'
import { OffsetPair } from './offsets.ts'

const SCHEMA = 'tail/1'

export class JsonFormat implements Format {
  readonly #about: About
  readonly #label: Label | undefined
  readonly #stamp = new TimeStamp()
  #db: number | undefined
  #at = Number.NaN
  #transaction: number | undefined
  #head = new OffsetPair('', '', '')

  /** @param label if there are several streams */
  constructor(about: About, label?: Label) {
    this.#about = about
    this.#label = label
  }

  command(out: ByteWriter, command: Command, { db, transaction }: StreamState, at: number): void {
    out.copy(this.#headOf(db, at, transaction).of(command.startOffset, command.endOffset))
    jsonArguments(out, command)
    out.ascii(']}\n')
  }

  /** Cached, because it is usually the same for consecutive commands. */
  #headOf(db: number | undefined, at: number, transaction: number | undefined): OffsetPair {
    if (db !== this.#db || at !== this.#at || transaction !== this.#transaction) {
      this.#db = db
      this.#at = at
      this.#transaction = transaction
      const time = this.#stamp.of(at)
      const label = this.#label ? `,${JSON.stringify(this.#label).slice(1, -1)}` : ''
      const suffix = `${label},"db":${db ?? null},"time":"${time}","transaction":${transaction ?? null},"argv":[`
      this.#head = new OffsetPair('{"type":"command","start":', ',"end":', suffix)
    }
    return this.#head
  }

  attached(out: ByteWriter, event: AttachedEvent | ResumedEvent): void {
    const { position, server } = event
    const { replid } = position
    // Commands that are read only to learn the database are not shown.
    const offset = event.type === 'attached' ? Math.max(position.offset, event.showAfter) : position.offset
    this.#at = Number.NaN // the following commands may come from another server
    const snapshot = event.type === 'attached' && event.stored && { snapshot: snapshotJson(event.stored) }
    const head = headJson(this.#about, SCHEMA, presentOf(this.#about))
    out.utf8(jsonLine({ type: 'attached', ...head, ...this.#label, server, replid, offset, ...snapshot }))
  }

  gap(out: ByteWriter, event: GapEvent): void {
    const { reason, from, to } = gapJson(event)
    out.utf8(jsonLine({ type: 'gap', ...this.#label, reason, from, to, text: gapSentence(event) }))
  }
}

/** The shard map of a cluster: the first record of --cluster, and one more whenever slots have moved. */
export function shardsRecord(about: About, shards: readonly object[]): JsonObject {
  return { type: 'shards', ...headJson(about, SCHEMA, presentOf(about)), shards }
}

/** The last record of a run that did not fail. A failure is an object of the schema error/1 instead. */
export function endRecord(about: About, streams: readonly StreamProgress[], elapsedMs: number): JsonObject {
  const { text, commands, bytes } = streamFigures(streams, elapsedMs)
  const ends = streams.map(({ server, position: { replid, offset } }) => ({ server: printable(server), replid, offset }))
  return { type: 'end', ...reportJson(about, SCHEMA, undefined, { kind: 'ok', text }, { commands, bytes, streams: ends }) }
}

/** `file` is the name as the user gave it. */
function snapshotJson({ path, bytes, checksum, shard }: StoredEvent): JsonObject {
  return { file: path, bytes, checksum, shard: shardJson(shard) }
}
