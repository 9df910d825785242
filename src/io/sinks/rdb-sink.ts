/** Where the payload of a full resync goes. */
import type { Room } from '../link.ts'

/** What became of a payload in its sink, where it is not the payload as it came. */
export interface Written {
  readonly compression?: 'gzip' | 'zstd'
  /** Bytes in the file, when it was compressed. */
  readonly bytes?: number
  /** Of the file. */
  readonly sha256?: string
}

/** `write` resolves when the bytes may be overwritten. */
export interface RdbSink {
  /** Whether what was written cannot be removed again. */
  readonly isStdout?: boolean
  /**
   * The memory that the byte at this position of the payload will be written from: what is received there is not copied. Nothing
   * may be put there before all but the last 40 bytes before it were written. Absent where any memory will do.
   */
  readonly room?: Room
  /** Called when the master names the size; throws before a byte is received when there is not enough space for it. */
  reserve(bytes: number): Promise<void>
  write(bytes: Buffer): Promise<void>
  /** After the last byte was verified. */
  commit(): Promise<Written>
  /** After any failure; leaves nothing behind. */
  abandon(): Promise<void>
}

/** Takes everything and keeps nothing: a payload that is verified on its way through. */
export class NullSink implements RdbSink {
  async reserve(): Promise<void> {}
  async write(): Promise<void> {}
  async commit(): Promise<Written> {
    return {}
  }
  async abandon(): Promise<void> {}
}
