/**
 * Writes a file sequentially in large blocks, on libuv's threads. Uses direct I/O where the file system supports it (open(2),
 * O_DIRECT): that takes a fraction of the CPU time, and does not evict the page cache of a server on the same machine.
 */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { now } from '../clock.ts'

/** So large that passing a block to a thread costs little compared to writing it; a multiple of any sector and page size. */
export const BLOCK_BYTES = 4 * 1024 * 1024
/** One is filled while the others are being written. */
const BLOCKS = 3
/** How far bytes may be received ahead of those passed to `write`: an EOF mark is held back with the newlines after it. */
const AHEAD_BYTES = 16 * 1024
/** How long to measure the disk before judging it. */
const JUDGED_AFTER_MS = 1000
/** A disk is slow if we wait for it for more than this share of the time. */
const SLOW_SHARE = 0.5
/** A disk that writes 1 GB/s is never slow: the page cache itself takes only 0.4 to 4 GB/s. */
const FAST_BYTES_PER_MS = 1e6

export type Allocate = (bytes: number) => Buffer

/** All methods but `close` throw file system errors. */
export class BlockWriter {
  readonly #file: FileHandle
  /** The same file, opened for direct I/O. */
  readonly #direct: FileHandle | undefined
  /** Whether to use direct I/O for the next block. */
  #isDirect = true
  /** Untouched pages cost no memory. */
  readonly #blocks: Buffer
  /** The pending write of each block, by its byteOffset. */
  readonly #pendingWrites = new Map<number, Promise<void>>()
  /** The file position of the next byte. */
  #position = 0
  #failure: unknown
  #firstWaitAt: number | undefined
  #waitedMs = 0

  private constructor(file: FileHandle, direct: FileHandle | undefined, blocks: Buffer) {
    this.#file = file
    this.#direct = direct
    this.#blocks = blocks
  }

  /**
   * Creates a file that only its owner may read.
   * @param memory allocates the blocks; if it is not page-aligned, direct I/O fails and writes use the page cache
   */
  static async create(path: string, memory: Allocate): Promise<BlockWriter> {
    const file = await open(path, 'wx', 0o600)
    // A second open, because an open refused for O_DIRECT may still create the file. macOS and Windows lack O_DIRECT.
    const direct = constants.O_DIRECT ? await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined) : undefined
    return new BlockWriter(file, direct, memory(BLOCKS * BLOCK_BYTES))
  }

  /**
   * The memory from which the byte at this position of the file is written, up to the end of its block, so that received bytes
   * need no copy. Do not fill it until all but the last AHEAD_BYTES preceding bytes have been passed to `write`.
   */
  room(position: number): Buffer {
    const at = position % this.#blocks.length
    return this.#blocks.subarray(at, at + BLOCK_BYTES - (at % BLOCK_BYTES))
  }

  /** Once it resolves, the bytes may be overwritten. A later call throws if writing them failed. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    for (let at = 0; at < bytes.length; ) {
      const room = this.room(this.#position)
      const part = bytes.subarray(at, at + room.length)
      if (part.buffer !== room.buffer || part.byteOffset !== room.byteOffset) part.copy(room)
      at += part.length
      this.#position += part.length
      if (part.length === room.length) this.#send(BLOCK_BYTES, this.#isDirect ? this.#direct : undefined)
      await this.#waitForBlock(this.#position + AHEAD_BYTES)
    }
  }

  /** Resolves once all bytes are on disk. */
  async sync(): Promise<void> {
    const left = this.#position % BLOCK_BYTES
    if (left > 0) this.#send(left, undefined) // a direct write must end at a sector
    await Promise.all(this.#pendingWrites.values())
    if (this.#failure !== undefined) throw this.#failure
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await Promise.all([this.#file.close(), this.#direct?.close()])
  }

  /** Starts writing the last bytes received, which fill a block or end the file. */
  #send(bytes: number, direct: FileHandle | undefined): void {
    const from = this.#position - bytes
    const block = this.room(from)
    const pending = this.#writeWhole(block.subarray(0, bytes), from, direct)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => this.#pendingWrites.delete(block.byteOffset))
    this.#pendingWrites.set(block.byteOffset, pending)
  }

  async #writeWhole(bytes: Buffer, position: number, direct: FileHandle | undefined): Promise<void> {
    let written = (await direct?.write(bytes, 0, bytes.length, position).catch(this.#fallBack))?.bytesWritten ?? 0
    while (written < bytes.length) {
      written += (await this.#file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
    }
  }

  /** Some file systems accept O_DIRECT in open and reject the write with EINVAL. */
  readonly #fallBack = (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== 'EINVAL') throw error
    this.#isDirect = false
  }

  /** Waits until the block at this position may be filled. */
  async #waitForBlock(position: number): Promise<void> {
    const at = position % this.#blocks.length
    const pending = this.#pendingWrites.get(this.#blocks.byteOffset + at - (at % BLOCK_BYTES))
    if (!pending) return
    const startedAt = now()
    this.#firstWaitAt ??= startedAt
    await pending
    const endedAt = now()
    this.#waitedMs += endedAt - startedAt
    this.#judge(endedAt - this.#firstWaitAt)
  }

  /** While we wait for a slow disk, the master must keep its child process, so the page cache should take what it can. */
  #judge(elapsedMs: number): void {
    const isSlow = this.#waitedMs > elapsedMs * SLOW_SHARE && this.#position < elapsedMs * FAST_BYTES_PER_MS
    if (isSlow && elapsedMs > JUDGED_AFTER_MS) this.#isDirect = false
  }
}
