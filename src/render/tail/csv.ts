/**
 * RFC 4180, one command per line: [server,] [time,] offset, db, transaction, command, arguments. Unprintable bytes are escaped
 * as in text.
 */
import type { GapEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import type { ByteWriter } from '../base/byte-writer.ts'
import { quotedArguments } from './encoders.ts'
import { type Format, type Label, TimeStamp } from './format.ts'
import { gapSentence } from './gap.ts'

const COMMA = 0x2c

export class CsvFormat implements Format {
  readonly #time: boolean
  readonly #label: Label | undefined
  readonly #stamp = new TimeStamp()

  /** @param label if there are several streams */
  constructor(time: boolean, label?: Label) {
    this.#time = time
    this.#label = label
  }

  command(out: ByteWriter, command: Command, { db, transaction }: StreamState, at: number): void {
    this.#writeName(out)
    if (this.#time) out.ascii(`${this.#stamp.of(at)},`)
    out.number(command.endOffset)
    out.ascii(',')
    if (db !== undefined) out.number(db)
    out.ascii(',')
    if (transaction !== undefined) out.number(transaction)
    quotedArguments(out, command, COMMA, 'csv', Number.POSITIVE_INFINITY)
    out.ascii('\r\n')
  }

  /** `# gap` is not a command of any Redis version. */
  gap(out: ByteWriter, mark: GapEvent): void {
    this.#writeName(out)
    out.ascii(`${this.#time ? ',' : ''}${mark.to.offset},,,"# gap","${gapSentence(mark)}"\r\n`)
  }

  #writeName(out: ByteWriter): void {
    if (this.#label) out.utf8(`"${this.#label.server.replaceAll('"', '""')}",`)
  }
}
