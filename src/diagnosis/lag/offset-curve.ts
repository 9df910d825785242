/**
 * A master's offset over time, from INFO asked again and again, and its inverse: when did it write the byte that a replica
 * lacks? An answer was made at some moment between question and reply, so every figure has rigorous bounds.
 */

/** When something was asked and when the answer came, in monotonic milliseconds. */
export interface Asked {
  readonly askedAt: number
  readonly answeredAt: number
}

/** In milliseconds; without `high` it may be any longer. */
export interface Bounds {
  readonly low: number
  readonly high?: number
}

/** The master stood at this offset from the first answer that told it to the last. */
interface Stand {
  readonly offset: number
  readonly first: Asked
  last: Asked
}

/** Beyond so many stands the older half becomes coarser: its bounds widen, and stay true. */
const MAX_STANDS = 20_000

export class OffsetCurve {
  #stands: Stand[] = []

  /** The newest offset; undefined before the first. */
  get offset(): number | undefined {
    return this.#stands.at(-1)?.offset
  }

  /** @returns false when the offset went back: the history is another one, and everything before it is forgotten */
  push(offset: number, { askedAt, answeredAt }: Asked): boolean {
    const asked = { askedAt, answeredAt }
    const newest = this.#stands.at(-1)
    if (newest?.offset === offset) {
      newest.last = asked
      return true
    }
    const isOnward = newest === undefined || offset > newest.offset
    if (!isOnward) this.clear()
    this.#stands.push({ offset, first: asked, last: asked })
    if (this.#stands.length > MAX_STANDS) this.#thin()
    return isOnward
  }

  clear(): void {
    this.#stands = []
  }

  /**
   * How long ago, seen from the moment of `asked`, the master wrote the byte behind this offset. Zero is said only of whoever
   * has every byte at a later look; undefined when nothing is known of the master.
   */
  behind(offset: number, asked: Asked): Bounds | undefined {
    const next = this.#firstBeyond(offset)
    const before = this.#stands[next - 1]
    const beyond = this.#stands[next]
    if (!before && !beyond) return undefined
    // The master was seen to stand there still when the replica had been asked: nothing was missing.
    if (before && !beyond && before.last.askedAt >= asked.answeredAt) return { low: 0, high: 0 }
    return {
      low: beyond ? Math.max(0, asked.askedAt - beyond.first.answeredAt) : 0,
      ...(before && { high: Math.max(0, asked.answeredAt - before.last.askedAt) }),
    }
  }

  /** The master's offset at a moment, between the two looks around it; undefined outside of what was seen. */
  at(moment: number): number | undefined {
    const stands = this.#stands
    let index = stands.length - 1
    while (index >= 0 && middle((stands[index] as Stand).first) > moment) index -= 1
    const stand = stands[index]
    if (!stand) return undefined
    const next = stands[index + 1]
    const from = middle(stand.last)
    if (!next || moment <= from) return stand.offset
    return stand.offset + ((next.offset - stand.offset) * (moment - from)) / (middle(next.first) - from)
  }

  #firstBeyond(offset: number): number {
    let [low, high] = [0, this.#stands.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#stands[middle] as Stand).offset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #thin(): void {
    const half = this.#stands.length >> 1
    this.#stands = this.#stands.filter((_, index) => index >= half || index % 2 === 0)
  }
}

/** The moment that an answer most likely speaks of. */
export function middle({ askedAt, answeredAt }: Asked): number {
  return (askedAt + answeredAt) / 2
}
