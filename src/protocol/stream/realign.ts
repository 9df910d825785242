/**
 * The first command in bytes that begin anywhere: the backlog is a ring that cuts commands, and an offset from elsewhere may
 * stand inside one.
 */
import { ReplError } from '../../errors.ts'
import { StreamScanner } from './scanner.ts'
import { type Words, withWords } from './words.ts'

const STAR = 0x2a

/**
 * @param boundary where a command is known to end; without one a start is believed that reads well up to the end
 * @returns the index of the first start from which everything reads well, or the boundary itself when there is none
 */
export function findStart(bytes: Buffer, boundary?: number): number {
  const within = withWords(bytes.subarray(0, boundary))
  // Whatever lies on the way of a start that failed fails as well: no byte is tried twice.
  const failed = new Set<number>()
  for (let start = within.bytes[0] === STAR ? 0 : nextStart(within.bytes, 0); start >= 0; start = nextStart(within.bytes, start)) {
    if (readsWell(within, start, failed, boundary !== undefined)) return start
  }
  return within.bytes.length
}

/** A value may hold what looks like a command; it rarely reads on to the boundary. */
function readsWell(within: Words, start: number, failed: Set<number>, toTheEnd: boolean): boolean {
  const scanner = new StreamScanner(0)
  const { length } = within.bytes
  const way: number[] = []
  for (let at = start; at < length && !failed.has(at); ) {
    way.push(at)
    const end = commandEnd(scanner, within, at)
    if (end === length) return true
    if (end === 'incomplete' && !toTheEnd && way.length > 1) return true
    if (typeof end === 'string') break
    at = end
  }
  for (const at of way) failed.add(at)
  return false
}

function commandEnd(scanner: StreamScanner, within: Words, at: number): number | 'incomplete' | 'malformed' {
  try {
    return scanner.frameEnd(within, at) ?? 'incomplete'
  } catch (error) {
    if (error instanceof ReplError) return 'malformed'
    throw error
  }
}

/** Behind the next line end that an array header follows; its CR may lie before the first byte. */
function nextStart(bytes: Buffer, from: number): number {
  const at = bytes.indexOf('\n*', from, 'latin1')
  return at < 0 ? -1 : at + 1
}
