/**
 * A file that is written from front to back, in large blocks, by other threads. Where the file system takes them past the
 * page cache (open(2), O_DIRECT) they go there: that costs a fraction of the CPU, and leaves the cache to the server beside us.
 */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { now } from './clock.ts'

/** Large enough that handing one to a thread costs nothing beside writing it; a multiple of every sector and page. */
export const BLOCK_BYTES = 2 * 1024 * 1024
/** One is filled while the others are on their way. */
const BLOCKS = 4
/** How long the disk is watched before it is judged. */
const JUDGED_AFTER_MS = 1000
/** Of the time, how much may be spent waiting for it. */
const SLOW_SHARE = 0.5

/** The one name that is used of it: it is no part of the language, and types of the browser are not wanted here. */
declare const WebAssembly: { readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer } }
const WASM_PAGE_BYTES = 64 * 1024

/** Every method but `close` throws what the file system says. */
export class BlockWriter {
  readonly #file: FileHandle
  /** The same file past the page cache. */
  readonly #direct: FileHandle | undefined
  /** As long as that is the way to go. */
  #isDirect = true
  readonly #spare: Buffer[] = []
  readonly #onTheirWay = new Set<Promise<void>>()
  #block: Buffer | undefined
  #filled = 0
  #position = 0
  #failure: unknown
  #began: number | undefined
  #waitedMs = 0

  private constructor(file: FileHandle, direct: FileHandle | undefined) {
    this.#file = file
    this.#direct = direct
    // Direct writes want memory that begins at a page, and that of WebAssembly does. What is not used is not there.
    const { buffer } = new WebAssembly.Memory({ initial: (BLOCKS * BLOCK_BYTES) / WASM_PAGE_BYTES })
    for (let at = 0; at < buffer.byteLength; at += BLOCK_BYTES) this.#spare.push(Buffer.from(buffer, at, BLOCK_BYTES))
  }

  /** A new file, that only we may read. */
  static async create(path: string): Promise<BlockWriter> {
    const file = await open(path, 'wx', 0o600)
    // Opened once more, since a refusal of O_DIRECT may leave the file behind. Absent on macOS and Windows.
    const direct = constants.O_DIRECT ? await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined) : undefined
    return new BlockWriter(file, direct)
  }

  /** When it resolves, the bytes may be overwritten. What becomes of them is told by a later call. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    for (let at = 0; at < bytes.length; ) {
      this.#block ??= this.#spare.pop() ?? (await this.#nextSpare())
      const taken = bytes.copy(this.#block, this.#filled, at)
      at += taken
      this.#filled += taken
      if (this.#filled === BLOCK_BYTES) this.#send(this.#isDirect ? this.#direct : undefined)
    }
  }

  /** All of it is on the disk. */
  async sync(): Promise<void> {
    if (this.#filled > 0) this.#send(undefined) // a direct write has to end at a sector
    await Promise.all(this.#onTheirWay)
    if (this.#failure !== undefined) throw this.#failure
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await Promise.all([this.#file.close(), this.#direct?.close()])
  }

  #send(direct: FileHandle | undefined): void {
    const block = this.#block as Buffer
    const sent = this.#writeWhole(block.subarray(0, this.#filled), this.#position, direct)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#spare.push(block)
        this.#onTheirWay.delete(sent)
      })
    this.#onTheirWay.add(sent)
    this.#position += this.#filled
    this.#filled = 0
    this.#block = undefined
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

  async #nextSpare(): Promise<Buffer> {
    const began = now()
    this.#began ??= began
    await Promise.race(this.#onTheirWay)
    const ended = now()
    this.#waitedMs += ended - began
    this.#judge(ended - this.#began)
    return this.#spare.pop() as Buffer
  }

  /** While a slow disk is waited for the master has to keep its child: then the page cache shall take what it can. */
  #judge(elapsedMs: number): void {
    if (elapsedMs > JUDGED_AFTER_MS && this.#waitedMs > elapsedMs * SLOW_SHARE) this.#isDirect = false
  }
}
