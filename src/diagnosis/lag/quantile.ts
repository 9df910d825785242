/** Quantiles and summaries of a distribution. */

/** By nearest rank. @param ascending at least one value */
export function quantile(ascending: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * ascending.length))
  return ascending[rank - 1] ?? Number.NaN
}

export interface Summary {
  readonly count: number
  readonly min: number
  readonly average: number
  readonly p50: number
  /** Absent with fewer than 20 values. */
  readonly p95?: number
  /** Absent with fewer than 100 values. */
  readonly p99?: number
  readonly max: number
}

/** Undefined without values. */
export function summary(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined
  const ascending = Float64Array.from(values).sort() as unknown as readonly number[]
  const sum = values.reduce((total, value) => total + value, 0)
  return {
    count: values.length,
    min: quantile(ascending, 0),
    average: sum / values.length,
    p50: quantile(ascending, 0.5),
    ...(values.length >= 20 && { p95: quantile(ascending, 0.95) }),
    ...(values.length >= 100 && { p99: quantile(ascending, 0.99) }),
    max: quantile(ascending, 1),
  }
}

/** Samples of a run of any length. At its capacity it halves the kept samples, and the share of new samples that it keeps. */
export class Samples {
  readonly #capacity: number
  #values: number[] = []
  #stride = 1
  #count = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY
  #sum = 0

  constructor(capacity = 10_000) {
    this.#capacity = capacity
  }

  add(value: number): void {
    this.#min = Math.min(this.#min, value)
    this.#max = Math.max(this.#max, value)
    this.#sum += value
    if (this.#count++ % this.#stride !== 0) return
    this.#values.push(value)
    if (this.#values.length <= this.#capacity) return
    this.#values = this.#values.filter((_, index) => index % 2 === 0)
    this.#stride *= 2
  }

  get values(): readonly number[] {
    return this.#values
  }

  /** Count, min, max and average cover all samples; the quantiles cover the kept samples. */
  summary(): Summary | undefined {
    const kept = summary(this.#values)
    return kept && { ...kept, count: this.#count, min: this.#min, max: this.#max, average: this.#sum / this.#count }
  }
}
