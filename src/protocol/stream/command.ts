/** Commands as positions in the bytes in which they arrived. */
import type { ReplError } from '../../errors.ts'
import { ByteTable } from './byte-table.ts'
import type { Words } from './words.ts'

/** Command names in upper case. */
const NAMES = new ByteTable((name) => name.toString('latin1').toUpperCase(), true)

/** One command: a view into its batch, valid until the next call of `next`. */
export class Command implements Words {
  readonly bytes: Buffer
  readonly words: DataView
  readonly #positions: Int32Array
  readonly #offset: number
  #at = 0

  constructor({ bytes, words }: Words, positions: Int32Array, offset: number) {
    this.bytes = bytes
    this.words = words
    this.#positions = positions
    this.#offset = offset
  }

  /** For CommandBatch only. */
  moveTo(at: number): void {
    this.#at = at
  }

  /** The number of arguments, including the name. */
  get argc(): number {
    return this.#positions[this.#at + 2] as number
  }

  /** Where the command begins in `bytes`. */
  get frameStart(): number {
    return this.#positions[this.#at] as number
  }

  get frameEnd(): number {
    return this.#positions[this.#at + 1] as number
  }

  /** The last byte before the command in the history. */
  get startOffset(): number {
    return this.#offset + this.frameStart
  }

  /** The last byte of the command: the ACK of a replica that has processed it. */
  get endOffset(): number {
    return this.#offset + this.frameEnd
  }

  /** Where an argument begins in `bytes`. */
  argStart(index: number): number {
    return this.#positions[this.#at + 3 + 2 * index] as number
  }

  argEnd(index: number): number {
    return this.#positions[this.#at + 4 + 2 * index] as number
  }

  /** A view into `bytes`. */
  arg(index: number): Buffer {
    return this.bytes.subarray(this.argStart(index), this.argEnd(index))
  }

  /** As latin1: one character per byte. */
  text(index: number): string {
    return this.bytes.toString('latin1', this.argStart(index), this.argEnd(index))
  }

  /** In upper case. */
  get name(): string {
    return NAMES.get(this.bytes, this.argStart(0), this.argEnd(0))
  }
}

/** Consecutive whole commands in the same bytes, and the error in the bytes after them, if any. */
export class CommandBatch {
  readonly #positions: Int32Array
  readonly #end: number
  readonly #command: Command
  readonly #failure: ReplError | undefined
  #at = 0

  /** @param offset the history offset of the byte before the chunk */
  constructor(chunk: Words, positions: Int32Array, end: number, offset: number, failure?: ReplError) {
    this.#positions = positions
    this.#end = end
    this.#command = new Command(chunk, positions, offset)
    this.#failure = failure
  }

  /** The next command; every call reuses one object. @throws ReplError PROTOCOL (STREAM) after the last one. */
  next(): Command | undefined {
    if (this.#at >= this.#end) {
      if (this.#failure) throw this.#failure
      return undefined
    }
    this.#command.moveTo(this.#at)
    this.#at += 3 + 2 * (this.#positions[this.#at + 2] as number)
    return this.#command
  }
}
