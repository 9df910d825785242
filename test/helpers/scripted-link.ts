/** A link without a socket. It delivers scripted chunks and records what is written. */
import { ReplError } from '../../src/errors.ts'
import type { Link, Room } from '../../src/io/link.ts'

export class ScriptedLink implements Link {
  readonly rttMs = 0
  readonly localName = '127.0.0.1:1'
  readonly remoteName = '127.0.0.1:2'
  readonly sent: Buffer[] = []
  isClosed = false
  received = 0
  readonly #chunks: Buffer[]
  #room: Room | undefined

  /** @param chunks one for each read; afterwards reads time out */
  constructor(chunks: readonly Buffer[] = []) {
    this.#chunks = [...chunks]
  }

  async read(limitMs: number): Promise<Buffer | undefined> {
    const chunk = this.#chunks.shift()
    if (!chunk) throw new ReplError('SILENCE', { limitMs })
    const into = this.#room?.(this.received)
    if (into && into.length < chunk.length) this.#chunks.unshift(chunk.subarray(into.length))
    const part = chunk.subarray(0, into?.length)
    this.received += part.length
    if (!into) return part
    part.copy(into)
    return into.subarray(0, part.length)
  }

  readInto(room: Room | undefined): void {
    this.#room = room
  }

  write(bytes: Buffer): void {
    this.sent.push(bytes)
  }

  close(): void {
    this.isClosed = true
  }
}

/** A link that delivers one chunk a second, by a clock of its own. */
export class SlowLink extends ScriptedLink {
  clock = 1_000_000

  override async read(limitMs: number): Promise<Buffer | undefined> {
    if (limitMs <= 1000) {
      this.clock += limitMs
      throw new ReplError('SILENCE', { limitMs })
    }
    this.clock += 1000
    return await super.read(limitMs)
  }
}
