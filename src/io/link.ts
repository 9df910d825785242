/**
 * One connection, as the engine sees it: it pulls bytes one chunk at a time. A socket is one implementation
 * (socket-link.ts); a scripted peer in tests is another.
 */
import type { DialStep } from './dial.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * Returns the memory for the byte at this position and some bytes after it, so that received bytes need no copy. Undefined if
 * any memory will do. Links, sinks and files share this contract.
 */
export type Room = (position: number) => Buffer | undefined

export interface Link {
  /** The duration of the connect in milliseconds, without the name lookup and TLS. */
  readonly rttMs: number
  /** Our own end, as the server's CLIENT LIST shows it. */
  readonly localName: string
  /** The address of the peer; a name may have several. */
  readonly remoteName: string
  /** Bytes received so far, including the last chunk. */
  readonly received: number
  /**
   * The next chunk, a view valid until the next read, or undefined at the end of the stream.
   * @throws ReplError TIMEOUT after limitMs without a byte, LINK_LOST on a reset, ABORTED by the signal
   */
  read(limitMs: number): Promise<Buffer | undefined>
  /**
   * From the read after the next one, bytes go to the memory that `room` returns; positions count the bytes of this link. If
   * `room` is undefined or returns undefined, they go to the link's own memory.
   */
  readInto(room: Room | undefined): void
  write(bytes: Buffer): void
  close(): void
}

interface ConnectOptions {
  readonly limitMs: number
  /** Called for each step of connecting, including failed ones. */
  readonly note?: (step: DialStep) => void
  /** The link's own memory. */
  readonly memory?: Buffer
}

/** @throws ReplError MASTER_UNREACHABLE, TLS_FAILED, TIMEOUT or ABORTED */
export type Connect = (endpoint: Endpoint, options: ConnectOptions, signal: AbortSignal) => Promise<Link>
