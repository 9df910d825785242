/** An RDB that is compressed on its way to its sink: zlib works on the threads of libuv while the next bytes are received. */

import { once } from 'node:events'
import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { ReplError, usageError } from '../../errors.ts'
import type { RdbSink, Written } from './rdb-sink.ts'

export type Compression = 'gzip' | 'zstd'

/** How much may wait for the compressor, and how much of its output is written at once. */
const AHEAD_BYTES = 8 * 1024 * 1024
const OUTPUT_BYTES = 1024 * 1024

/** Since Node 22.15; the types are older. */
interface WithZstd {
  readonly createZstdCompress?: (options: object) => Transform
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}

/** @param level as gzip and zstd count them; undefined is their own. @throws ReplError NOT_SUPPORTED (NO_ZSTD), USAGE */
export function compressor(kind: Compression, level: number | undefined): Transform {
  const sizes = { chunkSize: OUTPUT_BYTES, highWaterMark: AHEAD_BYTES }
  if (kind === 'gzip') {
    if (level !== undefined && level > 9) throw usageError('--level of --gzip is 1 to 9')
    return zlib.createGzip({ ...sizes, ...(level !== undefined && { level }) })
  }
  const { createZstdCompress, constants } = zlib as WithZstd
  if (!createZstdCompress) throw new ReplError('NO_ZSTD', { nodeVersion: process.version })
  const params = level === undefined ? {} : { [constants.ZSTD_c_compressionLevel ?? 0]: level }
  return createZstdCompress({ ...sizes, params })
}

export class CompressingSink implements RdbSink {
  readonly #sink: RdbSink
  readonly #kind: Compression
  readonly #stream: Transform
  readonly #pumped: Promise<void>
  #failure: unknown
  #bytes = 0

  constructor(sink: RdbSink, kind: Compression, stream: Transform) {
    this.#sink = sink
    this.#kind = kind
    this.#stream = stream
    // Whoever writes or commits is told.
    stream.on('error', (error) => (this.#failure ??= error))
    this.#pumped = this.#pump()
  }

  get isStdout(): boolean {
    return this.#sink.isStdout ?? false
  }

  /** How much room it takes nobody knows before. */
  async reserve(): Promise<void> {}

  async write(bytes: Buffer): Promise<void> {
    this.#check()
    // The bytes may be overwritten as soon as we are back.
    if (!this.#stream.write(Buffer.from(bytes))) await Promise.race([once(this.#stream, 'drain').catch(() => undefined), this.#pumped])
    this.#check()
  }

  async commit(): Promise<Written> {
    this.#stream.end()
    await this.#pumped
    this.#check()
    return { ...(await this.#sink.commit()), compression: this.#kind, bytes: this.#bytes }
  }

  async abandon(): Promise<void> {
    this.#stream.destroy()
    await this.#pumped
    await this.#sink.abandon()
  }

  async #pump(): Promise<void> {
    try {
      for await (const output of this.#stream as AsyncIterable<Buffer>) {
        this.#bytes += output.length
        await this.#sink.write(output)
      }
    } catch (error) {
      this.#failure ??= error
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
