/**
 * What a replica owes its master while it follows: a sign of life within repl-timeout, and an answer when the master asks how
 * far it is. Each answer is a claim, so by default there is none that anybody could rely on.
 */
import { every } from '../../io/clock.ts'
import type { Transport } from '../../io/socket-link.ts'
import { encodeCommand } from '../../protocol/wire/multibulk.ts'

const ACK_EVERY_MS = 1000

/**
 * zero: ACK 0, whatever happens. It keeps the link alive and starts the stream behind a diskless payload (replication.c,
 *   replicaPutOnline), but claims no byte: an honest one would satisfy a WAIT and could have us chosen by FAILOVER.
 * safe: the same, but a CLUSTER SETSLOT is confirmed, since Valkey refuses it to clients otherwise, and a master that shuts
 *   down is not kept waiting.
 * honest: what has reached the output.
 */
export type AckMode = 'safe' | 'zero' | 'honest'

/** How WAIT, SHUTDOWN and SETSLOT ask for an ACK at once (replication.c, replicationRequestAckFromSlaves). */
const GETACK = encodeCommand(['REPLCONF', 'GETACK', '*'])
/** Compared without case: it comes as the client wrote it. */
const SETSLOT = '\r\nsetslot\r\n'

export class Heartbeat {
  readonly #link: Transport
  readonly #mode: AckMode
  readonly #isCluster: boolean
  /** The last bytes received, as many as a GETACK has. */
  #tail: Buffer = Buffer.alloc(0)
  #received: number
  #delivered = 0
  /** Behind which offset the master last asked. */
  #askedAt: number | undefined
  #isSetslotPending = false
  readonly #stop: () => void

  /** @param offset the last byte before the stream */
  constructor(link: Transport, mode: AckMode, offset: number, isCluster = false) {
    this.#link = link
    this.#mode = mode
    this.#isCluster = isCluster
    this.#received = offset
    this.#stop = every(ACK_EVERY_MS, () => this.#ack(mode === 'honest' ? this.#delivered : 0))
  }

  /** Whether the last that came was a GETACK: a WAIT, or a master that shuts down and sends nothing more. */
  get isAsked(): boolean {
    return this.#tail.equals(GETACK)
  }

  received(chunk: Buffer): void {
    this.#received += chunk.length
    if (this.#isCluster && this.#mode === 'safe') this.#confirmSetslot(Buffer.concat([this.#tail, chunk]))
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-GETACK.length)]).subarray(-GETACK.length)
    if (!this.isAsked) return
    // As a replica does: without the GETACK itself, which it is just executing.
    this.#askedAt = this.#received - GETACK.length
    this.#answer()
  }

  /** @param seen what has come, and so much of what came before that nothing is cut; under load other commands follow the GETACK */
  #confirmSetslot(seen: Buffer): void {
    const setslot = seen.toString('latin1').toLowerCase().lastIndexOf(SETSLOT)
    const getack = seen.lastIndexOf(GETACK)
    this.#isSetslotPending ||= setslot >= 0
    if (!this.#isSetslotPending || getack < 0 || getack < setslot) return
    this.#isSetslotPending = false
    this.#ack(this.#received - (seen.length - getack))
  }

  /** What has reached the output, for the mode that says so. */
  delivered(offset: number): void {
    this.#delivered = offset
    this.#answer()
  }

  stop(): void {
    this.#stop()
  }

  #answer(): void {
    if (this.#mode !== 'honest' || this.#askedAt === undefined || this.#delivered < this.#askedAt) return
    this.#askedAt = undefined
    this.#ack(this.#delivered)
  }

  #ack(offset: number): void {
    this.#link.write(encodeCommand(['REPLCONF', 'ACK', String(offset)]))
  }
}
