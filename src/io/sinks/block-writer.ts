/**
 * A file that is written from front to back, in large blocks, by other threads. Where the file system takes them past the
 * page cache (open(2), O_DIRECT) they go there: that costs a fraction of the CPU, and leaves the cache to the server beside us.
 */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { now } from '../clock.ts'

/** Large enough that handing one to a thread costs nothing beside writing it; a multiple of every sector and page. */
export const BLOCK_BYTES = 4 * 1024 * 1024
/** One is filled while the others are on their way. */
const BLOCKS = 3
/** How far ahead of what was written bytes may be received: 40 are held back under an EOF mark. */
const AHEAD_BYTES = 64
/** How long the disk is watched before it is judged. */
const JUDGED_AFTER_MS = 1000
/** Of the time, how much may be spent waiting for it. */
const SLOW_SHARE = 0.5
/** No disk that takes a gigabyte a second is slow: the page cache takes no more than 0.4 to 4 of them. */
const FAST_BYTES_PER_MS = 1e6

export type Allocate = (bytes: number) => Buffer

/** Every method but `close` throws what the file system says. */
export class BlockWriter {
  readonly #file: FileHandle
  /** The same file past the page cache. */
  readonly #direct: FileHandle | undefined
  /** As long as that is the way to go. */
  #isDirect = true
  /** Untouched pages cost no memory. */
  readonly #blocks: Buffer
  /** Of each block, the writing that it waits for. */
  readonly #onTheirWay = new Map<number, Promise<void>>()
  /** In the file, of the next byte. */
  #position = 0
  #failure: unknown
  #began: number | undefined
  #waitedMs = 0

  private constructor(file: FileHandle, direct: FileHandle | undefined, blocks: Buffer) {
    this.#file = file
    this.#direct = direct
    this.#blocks = blocks
  }

  /**
   * A new file that only we may read.
   * @param memory for the blocks; direct writes want it to begin at a page, and else go through the page cache
   */
  static async create(path: string, memory: Allocate): Promise<BlockWriter> {
    const file = await open(path, 'wx', 0o600)
    // Opened once more, since a refusal of O_DIRECT may leave the file behind. Absent on macOS and Windows.
    const direct = constants.O_DIRECT ? await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined) : undefined
    return new BlockWriter(file, direct, memory(BLOCKS * BLOCK_BYTES))
  }

  /**
   * The memory that the byte at this position of the file is written from, to the end of its block: what is received there is not
   * copied. Nothing may be put there before all bytes but the last AHEAD_BYTES before it were written.
   */
  room(position: number): Buffer {
    const at = position % this.#blocks.length
    return this.#blocks.subarray(at, at + BLOCK_BYTES - (at % BLOCK_BYTES))
  }

  /** When it resolves, the bytes may be overwritten. What becomes of them is told by a later call. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    for (let at = 0; at < bytes.length; ) {
      const room = this.room(this.#position)
      const part = bytes.subarray(at, at + room.length)
      if (part.buffer !== room.buffer || part.byteOffset !== room.byteOffset) part.copy(room)
      at += part.length
      this.#position += part.length
      if (part.length === room.length) this.#send(BLOCK_BYTES, this.#isDirect ? this.#direct : undefined)
      await this.#free(this.#position + AHEAD_BYTES)
    }
  }

  /** All of it is on the disk. */
  async sync(): Promise<void> {
    const left = this.#position % BLOCK_BYTES
    if (left > 0) this.#send(left, undefined) // a direct write has to end at a sector
    await Promise.all(this.#onTheirWay.values())
    if (this.#failure !== undefined) throw this.#failure
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await Promise.all([this.#file.close(), this.#direct?.close()])
  }

  /** The last bytes of what was taken, which fill a block or are the end of the file. */
  #send(bytes: number, direct: FileHandle | undefined): void {
    const from = this.#position - bytes
    const block = this.room(from)
    const sent = this.#writeWhole(block.subarray(0, bytes), from, direct)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#onTheirWay.delete(block.byteOffset))
    this.#onTheirWay.set(block.byteOffset, sent)
  }

  async #writeWhole(bytes: Buffer, position: number, direct: FileHandle | undefined): Promise<void> {
    let written = (await direct?.write(bytes, 0, bytes.length, position).catch(this.#notDirectly))?.bytesWritten ?? 0
    while (written < bytes.length) {
      written += (await this.#file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
    }
  }

  /** Some file systems let it be opened, and refuse the write. */
  readonly #notDirectly = (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== 'EINVAL') throw error
    this.#isDirect = false
  }

  /** Waits until the block of this position may be filled. */
  async #free(position: number): Promise<void> {
    const at = position % this.#blocks.length
    const sent = this.#onTheirWay.get(this.#blocks.byteOffset + at - (at % BLOCK_BYTES))
    if (!sent) return
    const began = now()
    this.#began ??= began
    await sent
    const ended = now()
    this.#waitedMs += ended - began
    this.#judge(ended - this.#began)
  }

  /** While a slow disk is waited for the master has to keep its child: then the page cache shall take what it can. */
  #judge(elapsedMs: number): void {
    const isSlow = this.#waitedMs > elapsedMs * SLOW_SHARE && this.#position < elapsedMs * FAST_BYTES_PER_MS
    if (isSlow && elapsedMs > JUDGED_AFTER_MS) this.#isDirect = false
  }
}
