/** Figures of a distribution. */

/** The nearest rank of ascending values; there must be one. */
export function quantile(ascending: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * ascending.length))
  return ascending[rank - 1] ?? Number.NaN
}

export interface Summary {
  readonly count: number
  readonly min: number
  readonly average: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Undefined of nothing. */
export function summary(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined
  const ascending = Float64Array.from(values).sort() as unknown as readonly number[]
  const sum = values.reduce((total, value) => total + value, 0)
  return {
    count: values.length,
    min: quantile(ascending, 0),
    average: sum / values.length,
    p50: quantile(ascending, 0.5),
    p95: quantile(ascending, 0.95),
    p99: quantile(ascending, 0.99),
    max: quantile(ascending, 1),
  }
}

/** Samples of a run of any length: beyond its room every second one goes, and then only every second is taken. */
export class Samples {
  readonly #room: number
  #values: number[] = []
  #every = 1
  #seen = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #sum = 0

  constructor(room = 10_000) {
    this.#room = room
  }

  add(value: number): void {
    this.#min = Math.min(this.#min, value)
    this.#max = Math.max(this.#max, value)
    this.#sum += value
    if (this.#seen++ % this.#every !== 0) return
    this.#values.push(value)
    if (this.#values.length <= this.#room) return
    this.#values = this.#values.filter((_, index) => index % 2 === 0)
    this.#every *= 2
  }

  get values(): readonly number[] {
    return this.#values
  }

  /** Count, ends and average are those of all; the ranks are those of what was kept. */
  summary(): Summary | undefined {
    const kept = summary(this.#values)
    return kept && { ...kept, count: this.#seen, min: this.#min, max: this.#max, average: this.#sum / this.#seen }
  }
}
