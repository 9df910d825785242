/** Reads from a link with a limit on the time without progress. Bare newlines keep a connection open, but do not count as progress. */
import { type Incomplete, ReplError } from '../errors.ts'
import { now } from '../io/clock.ts'
import type { Link } from '../io/link.ts'
import { isBareNewlines, leadingNewlines } from '../protocol/wire/newlines.ts'

/** Whether a chunk restarts the limit. */
type IsProgress = (chunk: Buffer) => boolean

const isData: IsProgress = (chunk) => !isBareNewlines(chunk)

export class ProgressReader {
  /** How long we have waited for reads since the last progress. The time between two reads is ours, and does not count. */
  #waitedMs = 0
  /** What arrived instead of progress: newlines, or a part of a reply. */
  #incomplete: Incomplete | undefined
  readonly #isReply: boolean

  private constructor(isReply: boolean) {
    this.#isReply = isReply
  }

  /** For a payload or a stream. */
  static ofData(): ProgressReader {
    return new ProgressReader(false)
  }

  /** For one reply. */
  static ofReply(): ProgressReader {
    return new ProgressReader(true)
  }

  /** Like Link.read, but only progress restarts the limit. @throws ReplError like Link.read */
  async read(link: Link, limitMs: number, isProgress = isData): Promise<Buffer | undefined> {
    const startedAt = now()
    const chunk = await link.read(Math.max(1, limitMs - this.#waitedMs)).catch((error) => {
      const isSilence = error instanceof ReplError && error.code === 'TIMEOUT'
      const incomplete = this.#incomplete
      this.#waitedMs = 0
      throw isSilence ? new ReplError('SILENCE', { limitMs, ...(incomplete && { incomplete }) }) : error
    })
    if (chunk) this.#note(chunk, isProgress(chunk) ? undefined : now() - startedAt)
    return chunk
  }

  /** @param waitedMs for a chunk that is not progress */
  #note(chunk: Buffer, waitedMs: number | undefined): void {
    this.#waitedMs = waitedMs === undefined ? 0 : this.#waitedMs + waitedMs
    if (leadingNewlines(chunk) === chunk.length) this.#incomplete = waitedMs === undefined ? undefined : (this.#incomplete ?? 'NEWLINES')
    else this.#incomplete = this.#isReply ? 'REPLY' : undefined
  }
}
