/**
 * One connection, as the engine sees it: bytes that are asked for, one chunk at a time. A socket is one implementation
 * (socket-link.ts); a scripted peer in tests is another.
 */
import type { DialStep } from './dial.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Where the byte at this position, and some bytes after it, are to be put: what is received there need not be copied. Undefined
 * where any memory will do. The one contract for memory between a link, a sink and a file.
 */
export type Room = (position: number) => Buffer | undefined

export interface Link {
  /** How long the connection took, in milliseconds, without the lookup of its name and without TLS. */
  readonly rttMs: number
  /** Our own end, as the server's CLIENT LIST shows it. */
  readonly localName: string
  /** The address that was really connected to, for a name that has several. */
  readonly remoteName: string
  /** Bytes received so far, the last chunk included. */
  readonly received: number
  /**
   * The next chunk, a view that is valid until the next read, or undefined at the end of the stream.
   * @throws ReplError TIMEOUT after limitMs without a byte, LINK_LOST on a reset, ABORTED by the signal
   */
  read(limitMs: number): Promise<Buffer | undefined>
  /**
   * From the read after the next one on, bytes go where `room` says; its positions count the bytes of this link. Where it says
   * nothing, and without one, they go to the link's own memory.
   */
  readInto(room: Room | undefined): void
  write(bytes: Buffer): void
  close(): void
}

interface ConnectOptions {
  readonly limitMs: number
  /** Hears of each step to the connection, also of those that fail. */
  readonly note?: (step: DialStep) => void
  /** The link's own memory. */
  readonly memory?: Buffer
}

/** @throws ReplError MASTER_UNREACHABLE, TLS_FAILED, TIMEOUT or ABORTED */
export type Connect = (endpoint: Endpoint, options: ConnectOptions, signal: AbortSignal) => Promise<Link>
