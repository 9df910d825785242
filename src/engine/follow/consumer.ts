/** Parses the bytes of the spool into commands for a view, and tracks the position up to which all are in the output. */
import type { Spool } from '../../io/spool.ts'
import type { Position } from '../../protocol/history.ts'
import type { Command } from '../../protocol/stream/command.ts'
import { findStart } from '../../protocol/stream/realign.ts'
import { StreamScanner } from '../../protocol/stream/scanner.ts'
import { StreamState } from '../../protocol/stream/stream-state.ts'
import type { CommandView } from './command-view.ts'
import type { AttachedEvent, HistoryEvent, Progress, SpoolEntry } from './events.ts'

export interface ConsumeOptions {
  /** Whether a run may resume inside a transaction. */
  readonly flat: boolean
  readonly untilOffset?: number | undefined
}

/** How much to collect at most to find the first command. */
const ALIGN_BYTES = 64 * 1024 * 1024

/** Bytes that may begin inside a command, kept until the first whole command is found. */
interface Unaligned {
  readonly begin: AttachedEvent
  readonly parts: Buffer[]
  bytes: number
}

type Mutable = { -readonly [K in keyof Position]: Position[K] }

export class Consumer {
  readonly #view: CommandView
  readonly #options: ConsumeOptions
  #scanner = new StreamScanner(0)
  #state = new StreamState({ db: undefined, transaction: undefined })
  /** The end of the last whole command or transaction. Mutable, since it changes with every command. */
  #resumable: Mutable = { replid: '', offset: 0, db: undefined, transaction: undefined }
  #showAfter = 0
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

  /** Undefined until the first command to show. */
  get progress(): Progress | undefined {
    if (this.#resumable.replid === '' || this.#unaligned || this.#resumable.offset < this.#showAfter) return undefined
    return { position: { ...this.#resumable }, commands: this.#commands, bytes: this.#bytes }
  }

  get isDone(): boolean {
    return this.#isPastLimit || this.#view.isDone || (this.#resumable.offset >= this.#limit && this.progress !== undefined)
  }

  /**
   * Returns at the end of the spool, on abort, or when `isDone`.
   * @param flushed called when everything up to this position is in the output
   * @throws ReplError of the spool or the view, PROTOCOL (STREAM)
   */
  async run(spool: Spool<SpoolEntry>, flushed: (progress: Progress) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.isDone) {
      const entry = await spool.take()
      // A view that shares its limit with other shards may be done meanwhile.
      if (!entry || signal.aborted || this.isDone) return
      try {
        if (entry.kind === 'bytes') this.#push(entry.bytes, entry.at)
        else if (entry.event.type !== 'settle') this.#enter(entry.event)
      } finally {
        // Also after a protocol violation: the commands before it are whole.
        await this.#view.flush()
        if (this.progress) await flushed(this.progress)
      }
      if (entry.kind === 'event' && entry.event.type === 'settle') entry.event.resolve({ ...this.#resumable })
    }
  }

  #enter(event: HistoryEvent): void {
    if (event.type === 'resumed') this.#resumable.replid = event.position.replid
    if (event.type === 'attached') this.#begin(event)
    this.#view.history(event)
  }

  #begin(event: AttachedEvent): void {
    const { position, showAfter, boundary } = event
    this.#view.discard()
    this.#showAfter = showAfter
    this.#resumable = { db: undefined, transaction: undefined, ...position }
    this.#state = new StreamState(position)
    this.#scanner = new StreamScanner(position.offset)
    this.#unaligned = boundary === undefined ? undefined : { begin: event, parts: [], bytes: 0 }
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
    // A limit inside a command excludes that command; one inside a transaction excludes all of it.
    this.#isPastLimit = endOffset > this.#limit
    if (this.#isPastLimit) return
    const role = this.#state.observe(command)
    if (endOffset > this.#showAfter) {
      this.#commands += 1
      this.#bytes += endOffset - command.startOffset
      this.#view.command(command, role, this.#state, at)
    }
    this.#state.passed(role)
    if (this.#state.transaction !== undefined && !this.#options.flat) return
    this.#resumable.offset = endOffset
    this.#resumable.db = this.#state.db
    this.#resumable.transaction = this.#state.transaction
  }

  /** @returns the bytes from the first command on; undefined until it is found */
  #align(unaligned: Unaligned, bytes: Buffer): Buffer | undefined {
    const { begin, parts } = unaligned
    parts.push(Buffer.from(bytes))
    unaligned.bytes += bytes.length
    const { offset } = begin.position
    const boundary = (begin.boundary ?? offset) - offset
    if (unaligned.bytes < Math.min(boundary, ALIGN_BYTES)) return undefined
    const all = Buffer.concat(parts)
    const start = findStart(all, boundary <= all.length ? boundary : undefined)
    this.#unaligned = undefined
    this.#scanner = new StreamScanner(offset + start)
    this.#resumable.offset = offset + start
    return all.subarray(start)
  }
}
