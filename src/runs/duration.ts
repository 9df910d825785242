/** Durations such as `30s`, `1.5m` and `500ms`. A bare number is seconds. */
import { usageError } from '../errors.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, '': 1000, s: 1000, m: 60_000, h: 3_600_000 }
/** The longest delay of a Node timer. */
const MAX_MS = 2 ** 31 - 1

/** @returns milliseconds @throws ReplError USAGE */
export function parseDuration(text: string, flag: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const ms = Number(digits) * (UNITS[unit] ?? Number.NaN)
  if (!(ms <= MAX_MS)) throw usageError(`--${flag} takes a time such as 30s or 2m, not "${text}"`)
  return ms
}
