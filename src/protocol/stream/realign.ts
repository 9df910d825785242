/**
 * Finds the first command in bytes that may begin inside a command: the backlog is a ring that cuts commands, and an offset
 * from another source can be anywhere.
 */
import { ReplError } from '../../errors.ts'
import { StreamScanner } from './scanner.ts'
import { type Words, withWords } from './words.ts'

const STAR = 0x2a

/**
 * @param boundary where a command is known to end; without one, a start counts if everything up to the end of the bytes parses
 * @returns the first index from which everything parses; if there is none, the boundary or the length of the bytes
 */
export function findStart(bytes: Buffer, boundary?: number): number {
  const input = withWords(bytes.subarray(0, boundary))
  // If a start fails, the starts of all commands parsed from it fail too, so none is tried twice.
  const failed = new Set<number>()
  for (let start = input.bytes[0] === STAR ? 0 : nextStart(input.bytes, 0); start >= 0; start = nextStart(input.bytes, start)) {
    if (isParsable(input, start, failed, boundary !== undefined)) return start
  }
  return input.bytes.length
}

/** A value may contain something that looks like a command, but parsing from there rarely ends at the boundary. */
function isParsable(input: Words, start: number, failed: Set<number>, hasBoundary: boolean): boolean {
  const scanner = new StreamScanner(0)
  const { length } = input.bytes
  const starts: number[] = []
  for (let at = start; at < length && !failed.has(at); ) {
    starts.push(at)
    const end = commandEnd(scanner, input, at)
    if (end === length) return true
    if (end === 'incomplete' && !hasBoundary && starts.length > 1) return true
    if (typeof end === 'string') break
    at = end
  }
  for (const at of starts) failed.add(at)
  return false
}

function commandEnd(scanner: StreamScanner, input: Words, at: number): number | 'incomplete' | 'malformed' {
  try {
    return scanner.frameEnd(input, at) ?? 'incomplete'
  } catch (error) {
    if (error instanceof ReplError) return 'malformed'
    throw error
  }
}

/** The position of the next `*` after a line feed, or -1. The CR before it may precede the first byte. */
function nextStart(bytes: Buffer, from: number): number {
  const at = bytes.indexOf('\n*', from, 'latin1')
  return at < 0 ? -1 : at + 1
}
