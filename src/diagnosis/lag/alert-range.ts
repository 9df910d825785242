/** Ranges of monitoring plugins: a value outside alerts (Monitoring Plugins Development Guidelines, threshold and ranges). */

export interface AlertRange {
  readonly text: string
  readonly low: number
  readonly high: number
  /** `@`: a value inside alerts. */
  readonly isInside: boolean
}

/** `10`, `10:`, `~:10`, `10:20`, `@10:20`; undefined for anything else. */
export function parseAlertRange(text: string): AlertRange | undefined {
  const [, at, start, end] = /^(@)?(?:(~|-?\d+(?:\.\d+)?):)?(-?\d+(?:\.\d+)?)?$/.exec(text) ?? []
  if (start === undefined && end === undefined) return undefined
  const low = start === undefined ? 0 : start === '~' ? Number.NEGATIVE_INFINITY : Number(start)
  const high = end === undefined ? Number.POSITIVE_INFINITY : Number(end)
  return low > high ? undefined : { text, low, high, isInside: at === '@' }
}

export function alerts({ low, high, isInside }: AlertRange, value: number): boolean {
  const isWithin = value >= low && value <= high
  return isInside ? isWithin : !isWithin
}
