/** For people and for grep: `offset db "COMMAND" "argument" …`, one command per line. */
import type { GapEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { StreamState } from '../../protocol/stream/stream-state.ts'
import type { ByteWriter } from '../base/byte-writer.ts'
import type { Columns } from './columns.ts'
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
  /** Whether printable characters beyond ASCII are shown as they are. */
  readonly isUtf8: boolean
  /** On a terminal: aligns the columns to the left of the command. */
  readonly columns?: Columns | undefined
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
    const { time, columns, label, indent, isUtf8, maxArg } = this.#options
    const stamp = time ? this.#stamp.of(at) : undefined
    if (columns) out.utf8(columns.aligned(label?.server, stamp, command.endOffset, state.db))
    else writePlain(out, label?.server, stamp, command.endOffset, state.db)
    if (indent && isInside(command, state)) out.ascii('  ')
    quotedArguments(out, command, SPACE, isUtf8 ? 'utf8' : 'repr', maxArg)
    out.byte(NEWLINE)
  }

  gap(out: ByteWriter, mark: GapEvent): void {
    const { label } = this.#options
    if (label) out.utf8(`${label.server} `)
    out.ascii(`# gap: ${gapSentence(mark)}\n`)
  }
}

/** The same columns for programs: separated by one space, and without strings, since a stream has millions of lines. */
function writePlain(out: ByteWriter, server: string | undefined, stamp: string | undefined, offset: number, db: number | undefined): void {
  if (server !== undefined) out.utf8(`${server} `)
  if (stamp !== undefined) out.ascii(`${stamp} `)
  out.number(offset)
  out.byte(SPACE)
  if (db === undefined) out.ascii('?')
  else out.number(db)
}

/** Between MULTI and EXEC. */
function isInside(command: Command, { transaction }: StreamState): boolean {
  return transaction !== undefined && transaction !== command.startOffset && command.name !== 'EXEC'
}
