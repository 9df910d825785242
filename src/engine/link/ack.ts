/** Which offset a follower acknowledges. WAIT, FAILOVER and SHUTDOWN rely on every ACK. */
import type { SetslotWatch } from './setslot-watch.ts'

/**
 * zero: always ACK 0. That keeps the link alive and starts the stream after a diskless payload (replication.c,
 *   replicaPutOnline). It claims no byte: a real offset would satisfy a WAIT, and FAILOVER could choose us.
 * safe: ACK 0, with two exceptions. We confirm a CLUSTER SETSLOT, since Valkey otherwise refuses it to clients, and we
 *   disconnect from a master that shuts down, so it does not wait for us.
 * honest: the offset up to which everything has reached the output.
 */
export type AckMode = 'safe' | 'zero' | 'honest'

export type Ack =
  | { readonly mode: 'zero' }
  /** @property setslots of the links before this one, where the stream continues over several */
  | { readonly mode: 'safe'; readonly setslots?: SetslotWatch }
  | { readonly mode: 'honest'; readonly delivered: Delivered }

/** The offset that has reached the output on one link. The consumer sets it, the heartbeat watches it. */
export class Delivered {
  #offset = 0
  #listener = () => {}

  get offset(): number {
    return this.#offset
  }

  set(offset: number): void {
    this.#offset = offset
    this.#listener()
  }

  /** Replaces the previous listener. */
  onChange(listener: () => void): void {
    this.#listener = listener
  }
}
