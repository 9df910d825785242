/** Reads from a link with a limit on the time without progress. Bare newlines keep a connection open, but are no progress. */
import { ReplError } from '../errors.ts'
import { now } from '../io/clock.ts'
import type { Link } from '../io/link.ts'
import { isBareNewlines } from '../protocol/wire/newlines.ts'

export class ProgressReader {
  /** How long we have waited for reads since the last progress. The time between two reads is ours, and does not count. */
  #waitedMs = 0

  /** Like Link.read, but bare newlines do not restart the limit. @throws ReplError like Link.read */
  async read(link: Link, limitMs: number): Promise<Buffer | undefined> {
    const startedAt = now()
    const chunk = await link.read(Math.max(1, limitMs - this.#waitedMs)).catch((error) => {
      const isSilence = error instanceof ReplError && error.code === 'TIMEOUT'
      this.#waitedMs = 0
      throw isSilence ? new ReplError('SILENCE', { limitMs }) : error
    })
    this.#waitedMs = chunk && isBareNewlines(chunk) ? this.#waitedMs + now() - startedAt : 0
    return chunk
  }
}
