/**
 * A master's offset over time, from repeated INFO, and the inverse: when did it write the byte that a replica lacks? The server
 * produced each reply at an unknown moment after the query, so every figure has rigorous bounds.
 */

/** When a query was sent and when its reply arrived, in monotonic milliseconds. */
export interface Asked {
  readonly askedAt: number
  readonly answeredAt: number
}

/** Milliseconds; without `high` there is no upper bound. */
export interface Bounds {
  readonly low: number
  readonly high?: number
}

/** A time without writes, from the first reply with this offset to the last. */
interface Plateau {
  readonly offset: number
  readonly first: Asked
  last: Asked
}

/** Beyond this number the older half is thinned: its bounds become wider, and stay valid. */
const MAX_PLATEAUS = 20_000

export class OffsetCurve {
  #plateaus: Plateau[] = []

  /** The newest offset; undefined before the first push. */
  get offset(): number | undefined {
    return this.#plateaus.at(-1)?.offset
  }

  /** @returns false if the offset went back: a new history began, and everything before it is dropped */
  push(offset: number, { askedAt, answeredAt }: Asked): boolean {
    const times = { askedAt, answeredAt }
    const newest = this.#plateaus.at(-1)
    if (newest?.offset === offset) {
      newest.last = times
      return true
    }
    const isOnward = newest === undefined || offset > newest.offset
    if (!isOnward) this.clear()
    this.#plateaus.push({ offset, first: times, last: times })
    if (this.#plateaus.length > MAX_PLATEAUS) this.#thin()
    return isOnward
  }

  clear(): void {
    this.#plateaus = []
  }

  /**
   * How long before `times` the master wrote the byte after this offset. Zero only if a later query shows that the master had
   * written no such byte; undefined if nothing is known of the master.
   */
  behind(offset: number, times: Asked): Bounds | undefined {
    const next = this.#firstBeyond(offset)
    const before = this.#plateaus[next - 1]
    const beyond = this.#plateaus[next]
    if (!before && !beyond) return undefined
    // A query after the replica's reply still shows this offset, so the replica lacked nothing.
    if (before && !beyond && before.last.askedAt >= times.answeredAt) return { low: 0, high: 0 }
    return {
      low: beyond ? Math.max(0, times.askedAt - beyond.first.answeredAt) : 0,
      ...(before && { high: Math.max(0, times.answeredAt - before.last.askedAt) }),
    }
  }

  /** The master's offset at a moment, interpolated between two polls: undefined before the first, the newest after the last. */
  at(moment: number): number | undefined {
    const plateaus = this.#plateaus
    let index = plateaus.length - 1
    while (index >= 0 && middle((plateaus[index] as Plateau).first) > moment) index -= 1
    const plateau = plateaus[index]
    if (!plateau) return undefined
    const next = plateaus[index + 1]
    const from = middle(plateau.last)
    if (!next || moment <= from) return plateau.offset
    return plateau.offset + ((next.offset - plateau.offset) * (moment - from)) / (middle(next.first) - from)
  }

  #firstBeyond(offset: number): number {
    let [low, high] = [0, this.#plateaus.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#plateaus[middle] as Plateau).offset <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #thin(): void {
    const half = this.#plateaus.length >> 1
    this.#plateaus = this.#plateaus.filter((_, index) => index >= half || index % 2 === 0)
  }
}

/** The most likely moment at which the server produced the reply. */
export function middle({ askedAt, answeredAt }: Asked): number {
  return (askedAt + answeredAt) / 2
}
