/** Destinations for the payload of a full resync. */
import type { Room } from '../link.ts'

/** How a sink changed a payload, if it did, and the checksum of the result. */
export interface Written {
  readonly compression?: 'gzip' | 'zstd'
  /** Bytes in the file, if it is compressed. */
  readonly bytes?: number
  /** Of the file. */
  readonly sha256?: string
}

/** `write` resolves when the bytes may be overwritten. */
export interface RdbSink {
  /** True for stdout: written bytes cannot be removed again. */
  readonly isStdout?: boolean
  /**
   * The memory from which the byte at this position of the payload will be written, so that received bytes need no copy. Do not
   * fill it until all but the last 40 preceding bytes have been passed to `write`. Absent if any memory will do.
   */
  readonly room?: Room
  /** Called when the master announces the size. Throws if there is not enough space, before any byte is received. */
  reserve(bytes: number): Promise<void>
  write(bytes: Buffer): Promise<void>
  /** Call once the last byte has been verified. */
  commit(): Promise<Written>
  /** Call after any failure; removes everything written, where that is possible. */
  abandon(): Promise<void>
}

/** Discards the payload, for runs that only verify it. */
export class NullSink implements RdbSink {
  async reserve(): Promise<void> {}
  async write(): Promise<void> {}
  async commit(): Promise<Written> {
    return {}
  }
  async abandon(): Promise<void> {}
}
