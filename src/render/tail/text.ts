/** For people and for grep: `offset db "COMMAND" "argument" …`, one command per line. */
import type { GapEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import type { ByteWriter } from '../base/byte-writer.ts'
import { quotedArguments } from './encoders.ts'
import { type Format, type Label, TimeStamp } from './format.ts'
import { gapSentence } from './gap.ts'

const SPACE = 0x20
const NEWLINE = 0x0a

export interface TextOptions {
  readonly time: boolean
  /** How many bytes of an argument are shown. */
  readonly maxArg: number
  /** Whether the commands of a transaction are indented. */
  readonly indent: boolean
  /** If there are several streams. */
  readonly label?: Label | undefined
}

export class TextFormat implements Format {
  readonly #options: TextOptions
  readonly #stamp = new TimeStamp()

  constructor(options: TextOptions) {
    this.#options = options
  }

  command(out: ByteWriter, command: Command, state: StreamState, at: number): void {
    this.#writeName(out)
    if (this.#options.time) out.ascii(`${this.#stamp.of(at)} `)
    out.number(command.endOffset)
    out.byte(SPACE)
    if (state.db === undefined) out.ascii('?')
    else out.number(state.db)
    if (this.#options.indent && isInside(command, state)) out.ascii('  ')
    quotedArguments(out, command, SPACE, 'repr', this.#options.maxArg)
    out.byte(NEWLINE)
  }

  #writeName(out: ByteWriter): void {
    const { label } = this.#options
    if (label) out.utf8(`${label.server} `)
  }

  gap(out: ByteWriter, mark: GapEvent): void {
    this.#writeName(out)
    out.ascii(`# gap: ${gapSentence(mark)}\n`)
  }
}

/** Between MULTI and EXEC. */
function isInside(command: Command, { transaction }: StreamState): boolean {
  return transaction !== undefined && transaction !== command.startOffset && command.name !== 'EXEC'
}
