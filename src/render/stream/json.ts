/** For programs: NDJSON, docs/schemas/tail-1.json. The first record names the schema. */
import type { GapMark } from '../../engine/follow-events.ts'
import type { Command } from '../../protocol/command.ts'
import type { StreamState } from '../../protocol/stream-state.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { jsonLine } from '../json.ts'
import { jsonValue } from './encoders.ts'
import { type Format, TimeStamp } from './format.ts'
import { gapSentence } from './gap.ts'

const COMMA = 0x2c

export class JsonFormat implements Format {
  readonly #stamp = new TimeStamp()
  #db: number | undefined
  #at = Number.NaN
  #transaction: number | undefined
  #middle: Buffer = Buffer.alloc(0)

  command(out: ByteWriter, command: Command, { db, transaction }: StreamState, at: number): void {
    out.ascii('{"type":"command","start":')
    out.number(command.startOffset)
    out.ascii(',"end":')
    out.number(command.endOffset)
    const middle = this.#middleOf(db, at, transaction)
    out.copy(middle, 0, middle.length)
    for (let index = 0; index < command.argc; index++) {
      if (index > 0) out.byte(COMMA)
      jsonValue(out, command.bytes, command.argStart(index), command.argEnd(index))
    }
    out.ascii(']}\n')
  }

  /** The same for command after command. */
  #middleOf(db: number | undefined, at: number, transaction: number | undefined): Buffer {
    if (db !== this.#db || at !== this.#at || transaction !== this.#transaction) {
      this.#db = db
      this.#at = at
      this.#transaction = transaction
      const time = this.#stamp.of(at)
      this.#middle = Buffer.from(`,"db":${db ?? null},"time":"${time}","transaction":${transaction ?? null},"argv":[`)
    }
    return this.#middle
  }

  attached(out: ByteWriter, replid: string, offset: number): void {
    out.utf8(jsonLine({ type: 'attached', schema: 'redis-repl/tail/1', replid, offset }))
  }

  gap(out: ByteWriter, mark: GapMark): void {
    const { reason, from, to } = mark
    out.utf8(jsonLine({ type: 'gap', reason, from, to, text: gapSentence(mark) }))
  }
}
