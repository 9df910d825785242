/** What a follower claims to have processed: each ACK is a promise that others rely on. */
import type { SetslotWatch } from './setslot-watch.ts'

/**
 * zero: ACK 0, whatever happens. It keeps the link alive and starts the stream after a diskless payload (replication.c,
 *   replicaPutOnline), but claims no byte: an honest one would satisfy a WAIT and could have us chosen by FAILOVER.
 * safe: the same, but a CLUSTER SETSLOT is confirmed, since Valkey refuses it to clients otherwise, and a master that shuts
 *   down does not wait for us.
 * honest: what has reached the output.
 */
export type AckMode = 'safe' | 'zero' | 'honest'

export type Ack =
  | { readonly mode: 'zero' }
  /** @property setslots of the links before this one, where the stream continues over several */
  | { readonly mode: 'safe'; readonly setslots?: SetslotWatch }
  | { readonly mode: 'honest'; readonly delivered: Delivered }

/** How far the output is on one link: set by the consumer, watched by the heartbeat. */
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

  /** One listener: the heartbeat of the link. */
  onChange(listener: () => void): void {
    this.#listener = listener
  }
}
