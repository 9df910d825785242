/** Sizes as redis.conf writes them: 1k is 1000 bytes, 1kb is 1024. KiB, MiB and GiB are the same as kb, mb and gb. */
import { usageError } from '../errors.ts'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  kib: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
}
const SHOWN = ['gb', 'mb', 'kb', ''] as const

/**
 * @param flag names the flag in the error, which does not repeat the text: it may be a password in the wrong place
 * @returns bytes
 * @throws ReplError USAGE
 */
export function parseSize(text: string, flag: string, min = 0): number {
  const [, digits, unit = ''] = /^(\d{1,15})([a-z]{0,3})$/i.exec(text) ?? []
  const size = Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN)
  if (!Number.isSafeInteger(size)) throw usageError(`--${flag} takes a size such as 64kb, 512mb or 1gb`)
  if (size < min) throw usageError(`--${flag} takes at least ${sizeText(min)}`)
  return size
}

/** The text that `parseSize` reads as this many bytes, in the largest unit of 1024 that divides it. */
export function sizeText(bytes: number): string {
  const unit = SHOWN.find((name) => bytes > 0 && bytes % (UNITS[name] ?? 1) === 0) ?? ''
  return `${bytes / (UNITS[unit] ?? 1)}${unit}`
}
