/** RFC 4180, one command a line: offset, db, transaction, command, arguments. Bytes that cannot be printed are as in text. */
import type { GapMark } from '../../engine/follow-events.ts'
import type { Command } from '../../protocol/command.ts'
import type { StreamState } from '../../protocol/stream-state.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { QUOTE, quotedArguments } from './encoders.ts'
import { type Format, TimeStamp } from './format.ts'
import { gapSentence } from './gap.ts'

const COMMA = 0x2c

export class CsvFormat implements Format {
  readonly #time: boolean
  readonly #stamp = new TimeStamp()

  constructor(time: boolean) {
    this.#time = time
  }

  command(out: ByteWriter, command: Command, { db, transaction }: StreamState, at: number): void {
    if (this.#time) out.ascii(`${this.#stamp.of(at)},`)
    out.number(command.endOffset)
    out.ascii(',')
    if (db !== undefined) out.number(db)
    out.ascii(',')
    if (transaction !== undefined) out.number(transaction)
    quotedArguments(out, command, COMMA, QUOTE, Number.POSITIVE_INFINITY)
    out.ascii('\r\n')
  }

  /** A command of no Redis. */
  gap(out: ByteWriter, mark: GapMark): void {
    out.ascii(`${this.#time ? ',' : ''}${mark.to.offset},,,"# gap","${gapSentence(mark)}"\r\n`)
  }
}
