/** Sizes as redis.conf writes them: 1k is 1000, 1kb is 1024. */
import { usageError } from '../errors.ts'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
}

/** @throws ReplError USAGE. */
export function parseSize(text: string, flag: string): number {
  const [, digits, unit = ''] = /^(\d{1,15})([a-z]{0,2})$/i.exec(text) ?? []
  const factor = UNITS[unit.toLowerCase()]
  const size = Number(digits) * (factor ?? Number.NaN)
  if (!Number.isSafeInteger(size)) throw usageError(`--${flag} takes a size such as 512mb, not "${text}"`)
  return size
}

/** A master drops a replica that reads nothing for repl-timeout (60 s), and we read up to 1 MiB at once. */
const LOWEST_RATE = 64 * 1024

/** The rate of --max-rate in bytes per second. @throws ReplError USAGE */
export function parseRate(text: string | undefined): { readonly maxRate?: number } {
  if (text === undefined) return {}
  const rate = parseSize(text.replace(/\/s$/, ''), 'max-rate')
  if (rate < LOWEST_RATE) throw usageError('--max-rate takes 64kb or more: a master leaves whoever is slower')
  return { maxRate: rate }
}
