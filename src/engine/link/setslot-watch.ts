/**
 * Watches for a CLUSTER SETSLOT in the stream. Valkey refuses it to the client unless every replica confirms it in time
 * (cluster_legacy.c, clusterCommandSetSlot; it asks with a GETACK). Only a parsed command counts, since a value may contain
 * the same bytes.
 */
import { expectReplError } from '../../errors.ts'
import type { Command } from '../../protocol/stream/command.ts'
import { StreamScanner } from '../../protocol/stream/scanner.ts'

export class SetslotWatch {
  /** Undefined until a command boundary is known, and after a protocol violation, which the stream's consumer reports. */
  #scanner: StreamScanner | undefined
  /** Stream bytes left before the first known command boundary. */
  #skip = 0
  /** The last byte received, on any link. */
  #offset: number | undefined
  #isPending = false

  /**
   * A new link delivers the stream after this offset. If that is the next byte, parsing continues inside a command that the end
   * of the last link has cut.
   * @param boundary an offset at which a command ends
   */
  attached(offset: number, boundary: number | undefined): void {
    if (offset === this.#offset) return
    this.#offset = offset
    this.#isPending = false
    this.#skip = boundary === undefined ? 0 : Math.max(0, boundary - offset)
    this.#scanner = boundary === undefined ? undefined : new StreamScanner(offset + this.#skip)
  }

  /** @returns the offset to acknowledge now, right before the GETACK that follows a SETSLOT; undefined without one */
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
