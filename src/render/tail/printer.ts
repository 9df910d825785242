/** Prints the commands of a stream, each transaction as a whole. */

import type { CommandView } from '../../engine/follow/command-view.ts'
import type { HistoryEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { Role, StreamState } from '../../protocol/stream/stream-state.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { printable } from '../base/printable.ts'
import type { Format, Label } from './format.ts'

/** A larger transaction is printed before its EXEC arrives. */
const HELD_BYTES = 16 * 1024 * 1024

export interface PrinterOptions {
  /** Also the commands that carry no data: PING, REPLCONF, SELECT, and the hello of Sentinels. */
  readonly all: boolean
  /** Prints each command when it arrives, also inside a transaction. */
  readonly flat: boolean
  readonly count?: number | undefined
  readonly isWanted?: ((command: Command, db: number | undefined) => boolean) | undefined
  /** The name that the format gives the stream. */
  readonly label?: Label
  /** Counts the printed commands of all printers that share it. */
  readonly tally?: Tally
}

export interface Tally {
  shown: number
}

export class Printer implements CommandView {
  readonly #format: Format
  readonly #options: PrinterOptions
  readonly #write: (pieces: Iterable<Buffer>) => Promise<void>
  readonly #out = new ByteWriter()
  readonly #tally: Tally
  #shown = 0
  /** Where the open transaction begins in #out (NaN once part of it is written), and how many commands were printed before it. */
  #transaction: { at: number; readonly shown: number } | undefined

  /** @param write takes whole lines, in pieces that are valid until it requests the next piece */
  constructor(format: Format, options: PrinterOptions, write: (pieces: Iterable<Buffer>) => Promise<void>) {
    this.#format = format
    this.#options = options
    this.#tally = options.tally ?? { shown: 0 }
    this.#write = write
  }

  get isDone(): boolean {
    const { count } = this.#options
    return count !== undefined && this.#tally.shown >= count && this.#transaction === undefined
  }

  command(command: Command, role: Role, state: StreamState, at: number): void {
    const isFrame = !this.#options.flat && (role === 'multi' || role === 'exec')
    if (!isFrame) this.#printSingle(command, role, state, at)
    else if (role === 'exec') this.#endTransaction(command, state, at)
    else {
      this.#transaction ??= { at: this.#out.length, shown: this.#shown }
      this.#format.command(this.#out, command, state, at)
    }
  }

  history(event: HistoryEvent): void {
    const { label } = this.#options
    if (label) label.server = printable(event.server)
    if (event.type === 'gap') this.#format.gap?.(this.#out, event)
    else this.#format.attached?.(this.#out, event)
  }

  discard(): void {
    if (this.#transaction) this.#removeTransaction(this.#transaction)
    this.#format.discard?.()
  }

  async flush(): Promise<void> {
    const { length, hasDeferred } = this.#out
    const transaction = this.#transaction
    const isHolding = transaction !== undefined && !hasDeferred && length - transaction.at < HELD_BYTES
    const end = isHolding ? transaction.at : length
    if (transaction) transaction.at = isHolding ? 0 : Number.NaN
    if (end === 0 && !hasDeferred) return
    await this.#write(this.#out.pieces(end))
  }

  #printSingle(command: Command, role: Role, state: StreamState, at: number): void {
    const { all, isWanted } = this.#options
    if (!all && (role === 'upkeep' || role === 'select')) return
    if (isWanted && !isWanted(command, state.db)) return
    this.#shown += 1
    this.#tally.shown += 1
    this.#format.command(this.#out, command, state, at)
  }

  /** A transaction without a wanted command is not printed. */
  #endTransaction(command: Command, state: StreamState, at: number): void {
    const transaction = this.#transaction
    this.#transaction = undefined
    if (transaction && transaction.shown === this.#shown && !Number.isNaN(transaction.at)) this.#removeTransaction(transaction)
    else this.#format.command(this.#out, command, state, at)
  }

  /** Removes the open transaction, unless part of it is already written. */
  #removeTransaction({ at, shown }: { readonly at: number; readonly shown: number }): void {
    this.#transaction = undefined
    if (Number.isNaN(at)) return
    this.#out.cut(at)
    this.#tally.shown -= this.#shown - shown
    this.#shown = shown
  }
}
