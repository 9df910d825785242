/**
 * Watches for a CLUSTER SETSLOT in the stream. Valkey refuses it to the client unless every replica confirms it in time
 * (cluster_legacy.c, clusterCommandSetSlot; it asks with a GETACK). Only a parsed command counts, since a value may contain
 * the same bytes.
 */
import { expectReplError } from '../../errors.ts'
import type { Command } from '../../protocol/stream/command.ts'
import { StreamScanner } from '../../protocol/stream/scanner.ts'

export class SetslotWatch {
  readonly #scanner: StreamScanner
  /** Stream bytes left before the first known command boundary. */
  #skip: number
  #isPending = false
  /** The stream violates the protocol; its consumer reports that. */
  #isBroken = false

  /**
   * @param offset the last byte before the stream
   * @param boundary an offset at which a command ends
   */
  constructor(offset: number, boundary: number) {
    this.#skip = Math.max(0, boundary - offset)
    this.#scanner = new StreamScanner(Math.max(offset, boundary))
  }

  /** @returns the offset to acknowledge now, right before the GETACK that follows a SETSLOT; undefined without one */
  received(chunk: Buffer): number | undefined {
    const skipped = Math.min(this.#skip, chunk.length)
    this.#skip -= skipped
    if (this.#isBroken) return undefined
    try {
      return this.#scan(chunk.subarray(skipped))
    } catch (error) {
      expectReplError(error)
      this.#isBroken = true
      return undefined
    }
  }

  /** @throws ReplError PROTOCOL (STREAM) */
  #scan(bytes: Buffer): number | undefined {
    let confirmed: number | undefined
    for (const batch of this.#scanner.push(bytes)) {
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
