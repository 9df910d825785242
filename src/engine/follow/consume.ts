/** Takes what was received from the spool, makes commands of it, and knows how far the output is. */

import type { Spool } from '../../io/spool.ts'
import type { Command } from '../../protocol/stream/command.ts'
import { findStart } from '../../protocol/stream/realign.ts'
import { StreamScanner } from '../../protocol/stream/scanner.ts'
import { type Place, type Role, StreamState } from '../../protocol/stream/stream-state.ts'
import type { AttachedMark, PlaceMark, StreamMark } from './follow-events.ts'

/** Whoever shows or counts commands. */
export interface CommandView {
  /** A view, valid until it returns unless `flush` comes first. @param at wall-clock milliseconds of its arrival */
  command(command: Command, role: Role, state: StreamState, at: number): void
  place(mark: PlaceMark): void
  /** The open transaction, and whatever else was only half told, did not happen. */
  discard(): void
  /** Resolves when everything so far is with its reader. */
  flush(): Promise<void>
  /** Whether it has seen enough. */
  readonly isDone: boolean
}

export interface ConsumeOptions {
  /** Whether a place inside a transaction is one to go on from. */
  readonly flat: boolean
  readonly untilOffset?: number | undefined
}

/** How far the output is, and what has passed. */
export interface Progress {
  readonly replid: string
  readonly place: Place
  readonly commands: number
  readonly bytes: number
}

/** How much is collected at most to be sure where commands begin. */
const ALIGN_BYTES = 64 * 1024 * 1024

/** Bytes that begin anywhere, until it can be told where their first command does. */
interface Unaligned {
  readonly begin: AttachedMark
  readonly parts: Buffer[]
  bytes: number
}

export class Consumer {
  readonly #view: CommandView
  readonly #options: ConsumeOptions
  #replid = ''
  #scanner = new StreamScanner(0)
  #state = new StreamState({ db: undefined, transaction: undefined })
  #safe: { offset: number; db: number | undefined; transaction: number | undefined } = { offset: 0, db: undefined, transaction: undefined }
  #shownBehind = 0
  #unaligned: Unaligned | undefined
  #isPastLimit = false
  readonly #limit: number
  #commands = 0
  #bytes = 0

  constructor(view: CommandView, options: ConsumeOptions) {
    this.#view = view
    this.#options = options
    this.#limit = options.untilOffset ?? Number.POSITIVE_INFINITY
  }

  /** Undefined before it is known where the commands to show begin. */
  get progress(): Progress | undefined {
    if (this.#replid === '' || this.#unaligned || this.#safe.offset < this.#shownBehind) return undefined
    return { replid: this.#replid, place: { ...this.#safe }, commands: this.#commands, bytes: this.#bytes }
  }

  get isDone(): boolean {
    return this.#isPastLimit || this.#view.isDone || (this.#safe.offset >= this.#limit && this.progress !== undefined)
  }

  /**
   * Ends with the spool, with the signal, or when enough was seen.
   * @param flushed called when everything up to this place is with its reader
   * @throws ReplError as the spool and the view do, PROTOCOL (STREAM).
   */
  async run(spool: Spool<StreamMark>, flushed: (progress: Progress) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.isDone) {
      const taken = await spool.take()
      // Others that count together with us may have seen enough meanwhile.
      if (!taken || signal.aborted || this.isDone) return
      try {
        if (taken.kind === 'bytes') this.#push(taken.bytes, taken.at)
        else if (taken.mark.type !== 'settle') this.#place(taken.mark)
      } finally {
        // Also when the stream breaks the protocol: what came before was whole.
        await this.#view.flush()
        if (this.progress) await flushed(this.progress)
      }
      if (taken.kind === 'mark' && taken.mark.type === 'settle') taken.mark.resolve({ ...this.#safe })
    }
  }

  #place(mark: PlaceMark): void {
    this.#replid = mark.type === 'gap' ? mark.to.replid : mark.replid
    if (mark.type === 'attached') this.#begin(mark)
    this.#view.place(mark)
  }

  #begin(mark: AttachedMark): void {
    this.#view.discard()
    this.#shownBehind = mark.shownBehind
    this.#safe = { offset: mark.offset, db: mark.db, transaction: mark.transaction }
    this.#state = new StreamState(this.#safe)
    this.#scanner = new StreamScanner(mark.offset)
    this.#unaligned = mark.boundary === undefined ? undefined : { begin: mark, parts: [], bytes: 0 }
  }

  #push(bytes: Buffer, at: number): void {
    const aligned = this.#unaligned ? this.#align(this.#unaligned, bytes) : bytes
    for (const batch of aligned ? this.#scanner.push(aligned) : []) {
      for (let command = batch.next(); command; command = batch.next()) {
        this.#command(command, at)
        if (this.isDone) return
      }
    }
  }

  #command(command: Command, at: number): void {
    const { endOffset } = command
    // A limit inside a command leaves it out, and one inside a transaction all of it.
    this.#isPastLimit = endOffset > this.#limit
    if (this.#isPastLimit) return
    const role = this.#state.observe(command)
    if (endOffset > this.#shownBehind) {
      this.#commands += 1
      this.#bytes += endOffset - command.startOffset
      this.#view.command(command, role, this.#state, at)
    }
    this.#state.passed(role)
    if (this.#state.transaction !== undefined && !this.#options.flat) return
    this.#safe.offset = endOffset
    this.#safe.db = this.#state.db
    this.#safe.transaction = this.#state.transaction
  }

  /** @returns the bytes from the first command on, when enough of them are there to tell */
  #align(unaligned: Unaligned, bytes: Buffer): Buffer | undefined {
    const { begin, parts } = unaligned
    parts.push(Buffer.from(bytes))
    unaligned.bytes += bytes.length
    const boundary = (begin.boundary ?? begin.offset) - begin.offset
    if (unaligned.bytes < Math.min(boundary, ALIGN_BYTES)) return undefined
    const all = Buffer.concat(parts)
    const start = findStart(all, boundary <= all.length ? boundary : undefined)
    this.#unaligned = undefined
    this.#scanner = new StreamScanner(begin.offset + start)
    this.#safe.offset = begin.offset + start
    return all.subarray(start)
  }
}
