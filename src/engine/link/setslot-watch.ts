/**
 * A CLUSTER SETSLOT in the stream, which Valkey refuses to its client unless every replica confirms it within a moment
 * (cluster_legacy.c, clusterCommandSetSlot; it asks by a GETACK). Only a whole command counts: its bytes may stand in any value.
 */
import { expectReplError } from '../../errors.ts'
import type { Command } from '../../protocol/stream/command.ts'
import { StreamScanner } from '../../protocol/stream/scanner.ts'

export class SetslotWatch {
  /** Undefined while no end of a command is known, and after bytes that break the protocol, which the consumer of the stream reports. */
  #scanner: StreamScanner | undefined
  /** Bytes of the stream before the first known end of a command. */
  #skip = 0
  /** The last byte received, on any link. */
  #offset: number | undefined
  #isPending = false

  /**
   * A link brings the stream after this offset. Where it continues at the next byte, a command that was cut with the last link is
   * still one command.
   * @param boundary an offset at which a command is known to end
   */
  attached(offset: number, boundary: number | undefined): void {
    if (offset === this.#offset) return
    this.#offset = offset
    this.#isPending = false
    this.#skip = boundary === undefined ? 0 : Math.max(0, boundary - offset)
    this.#scanner = boundary === undefined ? undefined : new StreamScanner(offset + this.#skip)
  }

  /** @returns the offset to acknowledge now: all before the GETACK that follows a SETSLOT */
  received(chunk: Buffer): number | undefined {
    this.#offset = (this.#offset ?? 0) + chunk.length
    const skipped = Math.min(this.#skip, chunk.length)
    this.#skip -= skipped
    try {
      return this.#scan(chunk.subarray(skipped))
    } catch (error) {
      expectReplError(error)
      this.#scanner = undefined
      return undefined
    }
  }

  /** @throws ReplError PROTOCOL (STREAM) */
  #scan(bytes: Buffer): number | undefined {
    let confirmed: number | undefined
    for (const batch of this.#scanner?.push(bytes) ?? []) {
      for (let command = batch.next(); command; command = batch.next()) confirmed = this.#judge(command) ?? confirmed
    }
    return confirmed
  }

  #judge(command: Command): number | undefined {
    if (isSubcommand(command, 'CLUSTER', 'SETSLOT')) this.#isPending = true
    if (!this.#isPending || !isSubcommand(command, 'REPLCONF', 'GETACK')) return undefined
    this.#isPending = false
    return command.startOffset
  }
}

function isSubcommand(command: Command, name: string, subcommand: string): boolean {
  return command.name === name && command.argc > 1 && command.text(1).toUpperCase() === subcommand
}
