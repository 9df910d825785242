/**
 * What a replica owes its master while it follows: a sign of life within repl-timeout, and an answer when the master asks how
 * far it is.
 */
import { every } from '../../io/clock.ts'
import type { Link } from '../../io/link.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'
import type { Ack } from './ack.ts'
import type { SetslotWatch } from './setslot-watch.ts'

const ACK_EVERY_MS = 1000

/** How WAIT, SHUTDOWN and SETSLOT ask for an ACK at once (replication.c, replicationRequestAckFromSlaves). */
const GETACK = encodeCommand(['REPLCONF', 'GETACK', '*'])

export class Heartbeat {
  readonly #link: Link
  readonly #ack: Ack
  readonly #setslots: SetslotWatch | undefined
  /** The last bytes received, as many as a GETACK has. */
  #tail: Buffer = Buffer.alloc(0)
  #received: number
  /** After which offset the master last asked. */
  #askedAt: number | undefined
  readonly #stop: () => void

  /**
   * @param offset the last byte before the stream
   * @param setslots where a CLUSTER SETSLOT has to be confirmed
   */
  constructor(link: Link, ack: Ack, offset: number, setslots?: SetslotWatch) {
    this.#link = link
    this.#ack = ack
    this.#setslots = setslots
    this.#received = offset
    if (ack.mode === 'honest') ack.delivered.onChange(() => this.#answer(ack.delivered.offset))
    this.#stop = every(ACK_EVERY_MS, () => this.#send(ack.mode === 'honest' ? ack.delivered.offset : 0))
  }

  /** Whether the last command received is a GETACK: a WAIT, or a master that shuts down and sends nothing more. */
  get isAsked(): boolean {
    return this.#tail.equals(GETACK)
  }

  received(chunk: Buffer): void {
    this.#received += chunk.length
    const confirmed = this.#setslots?.received(chunk)
    if (confirmed !== undefined) this.#send(confirmed)
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-GETACK.length)]).subarray(-GETACK.length)
    if (!this.isAsked) return
    // As a replica does: without the GETACK itself, which it is just executing.
    this.#askedAt = this.#received - GETACK.length
    if (this.#ack.mode === 'honest') this.#answer(this.#ack.delivered.offset)
  }

  stop(): void {
    this.#stop()
  }

  #answer(delivered: number): void {
    if (this.#askedAt === undefined || delivered < this.#askedAt) return
    this.#askedAt = undefined
    this.#send(delivered)
  }

  #send(offset: number): void {
    this.#link.write(encodeCommand(['REPLCONF', 'ACK', String(offset)]))
  }
}
