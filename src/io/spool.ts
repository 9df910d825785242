/**
 * A queue of bytes and events between a receiver and a reader. It stays in memory while the reader keeps up, then spills to
 * disk, up to fixed limits. The file is unlinked once it is open, so it disappears with the process.
 */
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, ReplError } from '../errors.ts'
import { randomHex } from './random-hex.ts'

/** Small enough that a block's output, three times its size as JSON, is still in the CPU cache when it is written. */
const BLOCK_BYTES = 512 * 1024
/** Bytes that arrive within this time share one arrival time. */
const SAME_TIME_MS = 100
const SPARE_BLOCKS = 8

export interface SpoolLimits {
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly folder: string
}

/** Bytes with the wall-clock time of their arrival, or an event between them. */
export type Taken<E> =
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly at: number }
  | { readonly kind: 'event'; readonly event: E }

type Entry<E> =
  | { readonly kind: 'memory'; readonly block: Buffer; length: number; readonly at: number }
  | { readonly kind: 'disk'; length: number; readonly at: number }
  | { readonly kind: 'event'; readonly event: E }

/**
 * One writer, one reader. `push` resolves to false, and stores nothing, if there is no room left.
 * `take` waits for the next entry, or returns undefined at the end. Its bytes are valid until the next take.
 * @throws ReplError OUTPUT_FAILED (SPOOL) if the disk fails; `take` also throws the error given to `end`
 */
export class Spool<E> {
  readonly #limits: SpoolLimits
  readonly #entries: Entry<E>[] = []
  readonly #spare: Buffer[] = []
  #lent: Buffer | undefined
  #inMemory = 0
  #blocks = 0
  #onDisk = 0
  /** Ring positions in the file. */
  #written = 0
  #read = 0
  /** Set from the first write to disk. */
  #file: Promise<FileHandle> | undefined
  #isClosed = false
  #ended: { readonly error?: unknown } | undefined
  #wakeReader: (() => void) | undefined
  #wakeWriters: (() => void)[] = []

  constructor(limits: SpoolLimits) {
    this.#limits = limits
  }

  /** Bytes pushed and not yet taken. */
  get bytes(): number {
    return this.#inMemory + this.#onDisk
  }

  get diskBytes(): number {
    return this.#onDisk
  }

  async push(bytes: Buffer, at: number): Promise<boolean> {
    if (this.#isClosed) return true // the reader is gone
    // A block counts in full, however little it contains.
    const fits = this.#onDisk === 0 && this.#blocks * BLOCK_BYTES + bytes.length <= this.#limits.memoryBytes
    if (!fits && this.#onDisk + bytes.length > this.#limits.diskBytes) return false
    if (fits) this.#remember(bytes, at)
    else await this.#store(bytes, at)
    this.#wakeReader?.()
    return true
  }

  /** An event needs no room. */
  pushEvent(event: E): void {
    this.#entries.push({ kind: 'event', event })
    this.#wakeReader?.()
  }

  /** No entries follow. Those in the spool can still be taken; after them `take` throws the error, if there is one. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? {} : { error }
    this.#wakeReader?.()
  }

  /** Resolves when at most this many bytes are left to take, or at the end. */
  async drainedTo(bytes: number): Promise<void> {
    while (this.bytes > bytes && !this.#ended) await new Promise<void>((resolve) => this.#wakeWriters.push(resolve))
  }

  async take(): Promise<Taken<E> | undefined> {
    if (this.#lent && this.#spare.length < SPARE_BLOCKS) this.#spare.push(this.#lent)
    this.#lent = undefined
    while (this.#entries.length === 0) {
      if (this.#ended?.error !== undefined) throw this.#ended.error
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
      this.#wakeReader = undefined
    }
    const entry = this.#entries.shift() as Entry<E>
    if (entry.kind === 'event') return entry
    const bytes = entry.kind === 'memory' ? this.#recall(entry.block, entry.length) : await this.#load(entry.length)
    for (const wake of this.#wakeWriters.splice(0)) wake()
    return { kind: 'bytes', bytes, at: entry.at }
  }

  async close(): Promise<void> {
    this.end()
    this.#isClosed = true
    for (const wake of this.#wakeWriters.splice(0)) wake()
    // The first write to disk may still be opening the file.
    const file = await this.#file?.catch(() => undefined)
    await file?.close().catch(() => undefined)
  }

  #remember(bytes: Buffer, at: number): void {
    this.#inMemory += bytes.length
    for (let done = 0; done < bytes.length; ) {
      const last = this.#entries.at(-1)
      const isOpen = last?.kind === 'memory' && last.length < BLOCK_BYTES && at - last.at < SAME_TIME_MS
      const entry = isOpen
        ? last
        : ({ kind: 'memory', block: this.#spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES), length: 0, at } as const)
      const copied = bytes.copy(entry.block, entry.length, done)
      if (isOpen) last.length += copied
      else this.#entries.push({ ...entry, length: copied })
      if (!isOpen) this.#blocks += 1
      done += copied
    }
  }

  #recall(block: Buffer, length: number): Buffer {
    this.#inMemory -= length
    this.#blocks -= 1
    this.#lent = block
    return block.subarray(0, length)
  }

  async #store(bytes: Buffer, at: number): Promise<void> {
    this.#file ??= this.#open()
    const file = await this.#file
    await this.#around(this.#written, bytes.length, (position, from, length) => this.#writeAt(file, bytes, from, length, position))
    this.#written = (this.#written + bytes.length) % this.#limits.diskBytes
    this.#onDisk += bytes.length
    for (let done = 0; done < bytes.length; ) {
      const last = this.#entries.at(-1)
      const isOpen = last?.kind === 'disk' && last.length < BLOCK_BYTES && at - last.at < SAME_TIME_MS
      const length = Math.min(bytes.length - done, BLOCK_BYTES - (isOpen ? last.length : 0))
      if (isOpen) last.length += length
      else this.#entries.push({ kind: 'disk', length, at })
      done += length
    }
  }

  async #load(length: number): Promise<Buffer> {
    const block = this.#spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES)
    const file = await this.#file
    await this.#around(this.#read, length, (position, from, count) => this.#readAt(file, block, from, count, position))
    this.#read = (this.#read + length) % this.#limits.diskBytes
    this.#onDisk -= length
    this.#lent = block
    return block.subarray(0, length)
  }

  /** The file is a ring: a range may wrap around to its beginning. */
  async #around(start: number, length: number, act: (position: number, from: number, length: number) => Promise<void>): Promise<void> {
    const first = Math.min(length, this.#limits.diskBytes - start)
    await act(start, 0, first)
    if (first < length) await act(0, first, length - first)
  }

  async #writeAt(file: FileHandle, bytes: Buffer, from: number, length: number, position: number): Promise<void> {
    for (let done = 0; done < length && !this.#isClosed; ) {
      done += (await file.write(bytes, from + done, length - done, position + done).catch(throwSpoolError)).bytesWritten
    }
  }

  async #readAt(file: FileHandle | undefined, block: Buffer, from: number, length: number, position: number): Promise<void> {
    for (let done = 0; done < length; ) {
      const result = await file?.read(block, from + done, length - done, position + done).catch(throwSpoolError)
      if (!result?.bytesRead) throw throwSpoolError({ code: 'EIO' } as NodeJS.ErrnoException)
      done += result.bytesRead
    }
  }

  async #open(): Promise<FileHandle> {
    const path = join(this.#limits.folder, `redis-repl-${process.pid}-${randomHex(4)}.spool`)
    const file = await open(path, 'wx+', 0o600).catch(throwSpoolError)
    await unlink(path).catch(() => undefined)
    return file
  }
}

function throwSpoolError(error: NodeJS.ErrnoException): never {
  throw new ReplError('SPOOL', { errno: errnoOf(error) }, error)
}
