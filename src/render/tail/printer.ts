/** Shows the commands of a stream, whole transactions at a time. */

import type { CommandView } from '../../engine/follow/command-view.ts'
import type { HistoryEvent } from '../../engine/follow/events.ts'
import type { Command } from '../../protocol/stream/command.ts'
import type { Role, StreamState } from '../../protocol/stream/stream-state.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { printable } from '../base/printable.ts'
import type { Format, Label } from './format.ts'

/** A transaction of more than this is shown before its EXEC has come. */
const HELD_BYTES = 16 * 1024 * 1024

export interface PrinterOptions {
  /** Also what concerns the link alone: PING, REPLCONF, SELECT. */
  readonly all: boolean
  /** Each command as it comes, transaction or not. */
  readonly flat: boolean
  readonly count?: number | undefined
  readonly isWanted?: ((command: Command, db: number | undefined) => boolean) | undefined
  /** What the format names the stream by. */
  readonly label?: Label
  /** How many were shown, of all printers that share it. */
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
  /** Where the open transaction begins in what is held, and how much was shown before it. */
  #held: { at: number; readonly shown: number } | undefined

  /** @param write takes whole lines, in pieces that are valid until the next is asked for */
  constructor(format: Format, options: PrinterOptions, write: (pieces: Iterable<Buffer>) => Promise<void>) {
    this.#format = format
    this.#options = options
    this.#tally = options.tally ?? { shown: 0 }
    this.#write = write
  }

  get isDone(): boolean {
    const { count } = this.#options
    return count !== undefined && this.#tally.shown >= count && this.#held === undefined
  }

  command(command: Command, role: Role, state: StreamState, at: number): void {
    const isFrame = !this.#options.flat && (role === 'multi' || role === 'exec')
    if (!isFrame) this.#single(command, role, state, at)
    else if (role === 'exec') this.#exec(command, state, at)
    else {
      this.#held ??= { at: this.#out.length, shown: this.#shown }
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
    if (this.#held) this.#takeBack(this.#held)
    this.#format.discard?.()
  }

  async flush(): Promise<void> {
    const { length, hasDeferred } = this.#out
    const held = this.#held
    const isHolding = held !== undefined && !hasDeferred && length - held.at < HELD_BYTES
    const end = isHolding ? held.at : length
    if (held) held.at = isHolding ? 0 : Number.NaN
    if (end === 0 && !hasDeferred) return
    await this.#write(this.#out.pieces(end))
  }

  #single(command: Command, role: Role, state: StreamState, at: number): void {
    const { all, isWanted } = this.#options
    if (!all && (role === 'upkeep' || role === 'select')) return
    if (isWanted && !isWanted(command, state.db)) return
    this.#shown += 1
    this.#tally.shown += 1
    this.#format.command(this.#out, command, state, at)
  }

  /** A transaction of which nothing is wanted is not shown at all. */
  #exec(command: Command, state: StreamState, at: number): void {
    const held = this.#held
    this.#held = undefined
    if (held && held.shown === this.#shown && !Number.isNaN(held.at)) this.#takeBack(held)
    else this.#format.command(this.#out, command, state, at)
  }

  /** Nothing can be taken back of what had to be written already. */
  #takeBack({ at, shown }: { readonly at: number; readonly shown: number }): void {
    this.#held = undefined
    if (Number.isNaN(at)) return
    this.#out.cut(at)
    this.#tally.shown -= this.#shown - shown
    this.#shown = shown
  }
}
