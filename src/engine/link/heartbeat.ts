/**
 * Sends what a master expects from a replica: a sign of life within repl-timeout, and an ACK when the master asks for the
 * replica's offset.
 */
import { every } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'
import type { Ack } from './ack.ts'
import type { SetslotWatch } from './setslot-watch.ts'

const ACK_EVERY_MS = 1000

/** WAIT, SHUTDOWN and SETSLOT request an immediate ACK with it (replication.c, replicationRequestAckFromSlaves). */
const GETACK = encodeCommand(['REPLCONF', 'GETACK', '*'])

export class Heartbeat {
  readonly #link: Link
  readonly #ack: Ack
  readonly #setslots: SetslotWatch | undefined
  /** The last bytes received, at most the length of a GETACK. */
  #tail: Buffer = Buffer.alloc(0)
  #received: number
  /** The offset before the last unanswered GETACK. */
  #getackOffset: number | undefined
  readonly #stop: () => void

  /**
   * @param offset the last byte before the stream
   * @param setslots present when a CLUSTER SETSLOT must be confirmed
   */
  constructor(link: Link, ack: Ack, offset: number, setslots?: SetslotWatch) {
    this.#link = link
    this.#ack = ack
    this.#setslots = setslots
    this.#received = offset
    if (ack.mode === 'honest') ack.delivered.onChange(() => this.#answer(ack.delivered.offset))
    this.#stop = every(ACK_EVERY_MS, () => this.#send(ack.mode === 'honest' ? ack.delivered.offset : 0))
  }

  /** Whether the last command received is a GETACK. It comes from a WAIT, or from a shutdown that sends nothing more. */
  get isAsked(): boolean {
    return this.#tail.equals(GETACK)
  }

  received(chunk: Buffer): void {
    this.#received += chunk.length
    const confirmed = this.#setslots?.received(chunk)
    if (confirmed !== undefined) this.#send(confirmed)
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-GETACK.length)]).subarray(-GETACK.length)
    if (!this.isAsked) return
    // Like a replica, leave out the GETACK itself: it is still being executed.
    this.#getackOffset = this.#received - GETACK.length
    if (this.#ack.mode === 'honest') this.#answer(this.#ack.delivered.offset)
  }

  stop(): void {
    this.#stop()
  }

  #answer(delivered: number): void {
    if (this.#getackOffset === undefined || delivered < this.#getackOffset) return
    this.#getackOffset = undefined
    this.#send(delivered)
  }

  #send(offset: number): void {
    this.#link.write(encodeCommand(['REPLCONF', 'ACK', String(offset)]))
  }
}
