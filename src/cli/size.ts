/** Sizes as redis.conf writes them: 1k is 1000, 1kb is 1024. */
import { ReplError } from '../errors.ts'

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
  if (!Number.isSafeInteger(size))
    throw new ReplError('USAGE', { reason: 'FLAGS', given: `--${flag} takes a size such as 512mb, not "${text}"` })
  return size
}
