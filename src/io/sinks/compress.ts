/** Compresses an RDB on its way to a sink. zlib runs on libuv's threads while the next bytes are received. */

import { once } from 'node:events'
import type { Transform } from 'node:stream'
import zlib from 'node:zlib'
import { ReplError, usageError } from '../../errors.ts'
import type { RdbSink, Written } from './rdb-sink.ts'

export type Compression = 'gzip' | 'zstd'

/** Of the names of files. */
export const SUFFIXES: Readonly<Record<Compression, string>> = { gzip: '.gz', zstd: '.zst' }

/** Bytes that may wait for the compressor, and bytes of its output per write. */
const AHEAD_BYTES = 8 * 1024 * 1024
const OUTPUT_BYTES = 1024 * 1024

/** Node 22.15 and later; our Node types are older. */
interface WithZstd {
  readonly createZstdCompress?: (options: object) => Transform
  readonly constants: { readonly ZSTD_c_compressionLevel?: number }
}

/** @param level gzip's or zstd's own scale; their default if undefined. @throws ReplError USAGE */
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
  readonly #completion: Promise<void>
  #failure: unknown
  #bytes = 0

  constructor(sink: RdbSink, kind: Compression, stream: Transform) {
    this.#sink = sink
    this.#kind = kind
    this.#stream = stream
    // The next write or commit throws the error.
    stream.on('error', (error) => (this.#failure ??= error))
    this.#completion = this.#pump()
  }

  get isStdout(): boolean {
    return this.#sink.isStdout ?? false
  }

  /** Does nothing: the compressed size is unknown in advance. */
  async reserve(): Promise<void> {}

  async write(bytes: Buffer): Promise<void> {
    this.#check()
    // Copied, because the caller may overwrite the bytes once we return.
    if (!this.#stream.write(Buffer.from(bytes))) await Promise.race([once(this.#stream, 'drain').catch(() => undefined), this.#completion])
    this.#check()
  }

  async commit(): Promise<Written> {
    this.#stream.end()
    await this.#completion
    this.#check()
    return { ...(await this.#sink.commit()), compression: this.#kind, bytes: this.#bytes }
  }

  async abandon(): Promise<void> {
    this.#stream.destroy()
    await this.#completion
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
