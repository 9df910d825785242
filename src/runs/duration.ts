/** Durations such as `500ms`, `30s`, `1.5m`, `1h` and `1d`. A bare number is seconds. */
import { usageError } from '../errors.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** The longest delay of a Node timer: 24.8 days. */
const MAX_MS = 2 ** 31 - 1

export interface DurationRange {
  /** In milliseconds. */
  readonly min?: number
  readonly max?: number
}

/**
 * @param flag names the flag in the error, which does not repeat the text: it may be a password in the wrong place
 * @returns milliseconds
 * @throws ReplError USAGE
 */
export function parseDuration(text: string, flag: string, { min = 0, max = MAX_MS }: DurationRange = {}): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  if (digits === undefined) throw usageError(`--${flag} takes a duration such as 500ms, 30s or 5m`)
  const ms = Number(digits) * (UNITS[unit] ?? Number.NaN)
  if (ms < min) throw usageError(`--${flag} takes at least ${durationText(min)}`)
  if (ms > max) throw usageError(`--${flag} takes at most ${max === MAX_MS ? '24d' : durationText(max)}`)
  return ms
}

/** The shortest text that `parseDuration` reads as this many milliseconds, in the largest unit that divides it. */
export function durationText(ms: number): string {
  const [unit, factor] = Object.entries(UNITS).findLast(([name, factor]) => name !== '' && ms >= factor && ms % factor === 0) ?? ['ms', 1]
  return ms === 0 ? '0' : `${ms / factor}${unit}`
}
